#!/usr/bin/env bash
# Shells complete lifeguard's commands, options and values, all of them.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# What there is to complete the last of the words with, each followed by a space.
completions()
{
    COMP_WORDS=(lifeguard "$@")
    COMP_CWORD=$#
    _lifeguard "$LIFEGUARD" "${*: -1}" 2>/dev/null
    printf '%s ' "${COMPREPLY[@]}"
}

all_commands()
{
    "$LIFEGUARD" --help | sed -nE 's/^  ([a-z]+) .*/\1/p'
}

# What getopt_long knows, by what is accepted: a known option is never told to be unknown.
unknown_options()
{
    local command option
    for command in $(all_commands); do
        for option in $(completions "$command" --); do
            ! "$LIFEGUARD" "$command" "$option=" 2>&1 </dev/null | grep -q 'unknown option' ||
                "$LIFEGUARD" "$command" "$option" --help >/dev/null 2>&1 || echo "$command $option"
        done
    done
}

# Options that the manual page of their command does not have; those of names are in lifeguard(1).
undocumented_options()
{
    local command option
    for command in $(all_commands); do
        for option in $(completions "$command" --); do
            grep -q "Fl Fl ${option#--}\\b" "$SOURCE/man/lifeguard-$command.1" ||
                { grep -q NAMES-OPTION "$SOURCE/man/lifeguard-$command.1" &&
                    grep -q "^.It Fl Fl ${option#--}\\b" "$SOURCE/man/lifeguard.1"; } ||
                echo "$command $option"
        done
    done
}

work
cd "$WORK" || exit 1
. "$SOURCE/analyzer/completion.bash"
compopt() { :; } # only within a completion
export DEBUGINFOD_URLS=http://127.0.0.1:9 # --debuginfod is refused without; nothing is asked here

is "every command" "$(completions '' | tr ' ' '\n' | grep -v -e '^-' -e '^$' -e '^help$')" "$(all_commands)"
is "... by its beginning" "$(completions rep)" 'report '
for command in $(all_commands); do
    is "every option of $command" "$(completions "$command" --)" \
        "$("$LIFEGUARD" "$command" --help | grep -oE '^  (-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' |
            sort -u | tr '\n' ' ')"
done
is "... and each is understood" "$(unknown_options)" ''
is "... and has its place in the manual" "$(undocumented_options)" ''
is "an option by its beginning" "$(completions check --sup)" '--suppressions '
is "a value after =" "$(completions report --format = js)" 'json '
is "... none typed yet" "$(completions tree --at =)" 'exit peak fork '
is "... that an option may be without" "$(completions record --walk = u)" 'units '
is "a description's name for --api" "$(completions record --api = pro)" 'proftpd '
is "a rule" "$(completions report --rule = grow)" 'growing-pool growing-in-unit '
is "... the last of several" "$(completions report --rule = leaked-subpool,grow)" \
    'leaked-subpool,growing-pool leaked-subpool,growing-in-unit '
is "... each that there is" "$(completions report --rule = '' | xargs -n 1 | sort)" \
    "$(sed -n '/^.Ss Rules/,/^.Ss One/s/^.It Sy //p' "$SOURCE/man/lifeguard-report.1" | sort)"
is "a signal" "$(completions record --stop-signal = TE)" 'SIGTERM '
mkdir 'a recording' && touch 'a file'
is "a directory for DIR" "$(completions report 'a ')" 'a recording '
is "... and as a value" "$(completions check --source-root 'a ')" 'a recording '
is "a file for FILE" "$(completions check --baseline 'a f')" 'a file '
is "... and a core file for scan" "$(completions scan 'a f')" 'a file '
is "a program" "$(completions record tru | tr ' ' '\n' | grep -xm 1 true)" true
is "what api does" "$(completions api '')" 'list show check '
is "a description's name" "$(completions api show pro)" 'proftpd '
is "... or file" "$(completions api check 'a f')" 'a file '
is "... and the program to hold it against" \
    "$(completions api check proftpd tru | tr ' ' '\n' | grep -xm 1 true)" true
is "nothing for a command that there is not" "$(completions frobnicate --)" ' '

# zsh and fish, by what is made of the same help.
zsh_options()
{
    zsh -f -c 'source_of=$(<$1); words=(lifeguard $2 --) CURRENT=3
        _arguments() { print -l -- "$@"; }; compadd() { :; }
        eval "${source_of/_lifeguard \"\$@\"/}"; _lifeguard' - "$1" "$2" |
        grep -oE -- '--[a-z-]+=?-?\[' | tr -d '[=' | sed 's/-$//' | sort -u | tr '\n' ' '
}

fish_completes()
{
    HOME=$WORK fish -N -c 'source $argv[1]; complete -C $argv[2]' "$1" "$2" | cut -f 1
}

zsh=$BUILD/completion/zsh fish=$BUILD/completion/fish
if command -v zsh >/dev/null; then
    ok "zsh understands what is made for it" zsh -n "$zsh"
    for command in $(all_commands); do
        is "zsh: every option of $command" "$(zsh_options "$zsh" "$command")" \
            "$(completions "$command" --)"
    done
else
    skip "zsh" "it is not installed"
fi
if command -v fish >/dev/null; then
    is "fish: every command" "$(fish_completes "$fish" 'lifeguard ' | grep -vx 'help' | sort)" \
        "$(all_commands | sort)"
    for command in $(all_commands); do
        is "fish: every option of $command" \
            "$(fish_completes "$fish" "lifeguard $command --" | sed 's/=$//' | grep '^--' | sort -u | tr '\n' ' ')" \
            "$(completions "$command" --)"
    done
    is "fish: a value" "$(fish_completes "$fish" 'lifeguard report --format js')" json
    is "fish: a rule" "$(fish_completes "$fish" 'lifeguard report --rule growing-p')" growing-pool
else
    skip "fish" "it is not installed"
fi
done_testing
