# Completion of lifeguard's command line for bash. Commands, options and the values they take are
# those that --help tells.

# The values of option $1 in the help $2: "FILE", "text|json" ...; nothing when it takes none.
_lifeguard_value()
{
    sed -nE "s/.*[[ ]$1\[?[= ]([A-Z][A-Z:=|]*|[a-z]+\|[a-zA-Z|]*).*/\1/p" <<<"$2" | head -n 1
}

# The built-in descriptions of pool systems.
_lifeguard_apis()
{
    "$program" api list 2>/dev/null | sed -nE 's/^([^ ]+).*/\1/p'
}

# The rules that the help in $help names; of a list with commas, the last is completed.
_lifeguard_complete_rules()
{
    local before=
    [[ $cur != *,* ]] || before=${cur%,*},
    COMPREPLY=($(compgen -P "$before" -W "$(sed -n '/^Rules:/,/\.$/p' <<<"$help" |
        grep -oE '[a-z-]+[,.]' | tr -d ,.)" -- "${cur##*,}"))
}

# Candidates for $cur where a value of the kind $1 stands, of option $2.
_lifeguard_complete_value()
{
    case $1 in
    R) _lifeguard_complete_rules ;;
    'NAME|FILE') COMPREPLY=($(compgen -W "$(_lifeguard_apis)" -- "$cur") $(compgen -f -- "$cur")) ;;
    COMMAND) COMPREPLY=($(compgen -c -- "$cur")) ;;
    DIR) COMPREPLY=($(compgen -d -- "$cur")) ;;
    NAME)
        [[ $2 == --stop-signal ]] && COMPREPLY=($(compgen -A signal -- "SIG${cur#SIG}"))
        ;;
    *FILE) COMPREPLY=($(compgen -f -- "$cur")) ;;
    *[a-z]*) COMPREPLY=($(compgen -W "$(tr '|' '\n' <<<"$1" | grep -v '[A-Z]')" -- "$cur")) ;;
    esac
}

# After api: what to do, a description, a program.
_lifeguard_complete_api()
{
    if ((COMP_CWORD == 2)); then
        COMPREPLY=($(compgen -W $'list\nshow\ncheck' -- "$cur"))
    elif [[ ${COMP_WORDS[2]} != list && $option == "${COMP_WORDS[2]}" ]]; then
        COMPREPLY=($(compgen -W "$(_lifeguard_apis)" -- "$cur"))
        [[ $option == show ]] || COMPREPLY+=($(compgen -f -- "$cur"))
    elif [[ ${COMP_WORDS[2]} == check ]]; then
        COMPREPLY=($(compgen -c -- "$cur") $(compgen -f -- "$cur"))
    fi
}

_lifeguard_complete_operand()
{
    case $1 in
    record) COMPREPLY=($(compgen -c -- "$cur") $(compgen -f -- "$cur")) ;;
    attach | detach) COMPREPLY=($(compgen -W "$(ps -eo pid= 2>/dev/null | tr -d ' ')" -- "$cur")) ;;
    diff | scan) COMPREPLY=($(compgen -f -- "$cur")) ;;
    api) _lifeguard_complete_api ;;
    *) COMPREPLY=($(compgen -d -- "$cur")) ;;
    esac
}

_lifeguard()
{
    local IFS=$' \t\n' cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} program=${1/#\~/$HOME} help value=
    COMPREPLY=()
    compopt -o filenames
    if ((COMP_CWORD == 1)); then
        help=$("$program" --help 2>/dev/null)
        COMPREPLY=($(compgen -W "$(sed -nE 's/^  ([a-z]+) .*/\1/p' <<<"$help") help --help --version --color=always --color=never" \
            -- "$cur"))
        return
    fi
    help=$("$program" "$command" --help 2>/dev/null) || return
    IFS=$'\n'
    # bash takes "=" for a word of its own.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $option == = ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    [[ $option != -o ]] || option=--output
    [[ $option != --* ]] || value=$(_lifeguard_value "$option" "$help")
    if [[ -n $value ]]; then
        _lifeguard_complete_value "$value" "$option"
    elif [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$(sed -nE 's/^  (-[a-z], )?(--[a-z-]+).*/\2/p' <<<"$help")" \
            -- "$cur" | sort -u))
    else
        _lifeguard_complete_operand "$command"
    fi
}

complete -F _lifeguard lifeguard
