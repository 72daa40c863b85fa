#!/usr/bin/env bash
# The truth table, tests/truth/*.table: what each program does, and exactly what is to be found in
# it. Precision and recall over all rows are 1: nothing else is found, and nothing is missed.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/truth/rows.sh"
nl=$'\n'
rows=0 clean=0 found=0 wrong=0 missed=0

# How many lines of $actual and $expected comm leaves with $1.
count()
{
    comm "$1" <(printf '%s' "${actual:+$actual$nl}") <(printf '%s' "${expected:+$expected$nl}") | wc -l
}

# judge NAME RECORDING EXPECTED [STOCK]: one row; STOCK is what is in every row of its kind
judge()
{
    local actual expected
    actual=$(findings "$2") || actual="no report"
    expected=$(sed '/^$/d' <<<"$3${4-}" | sort)
    if [[ $1 == *busy* || $1 == *stream* ]]; then
        actual=$(without_counts <<<"$actual" | sort)
        expected=$(without_counts <<<"$expected" | sort)
    fi
    is "$1" "$actual" "$expected"
    rows=$((rows + 1))
    [ -n "$3" ] || clean=$((clean + 1))
    if [ "$actual" = "$expected" ]; then
        found=$((found + $(grep -c . <<<"$expected")))
    else
        found=$((found + $(count -12)))
        wrong=$((wrong + $(count -23)))
        missed=$((missed + $(count -13)))
    fi
}

# A row of poold's: its arguments, after options of record's.
poold_row()
{
    record_poold "$1" "$WORK/recording"
    judge "poold $1" "$WORK/recording" "$2"
}

# Sends the command $1, and returns what kind of reply came: its first digit.
ftp_command()
{
    local line
    printf '%s\r\n' "$1" >&"$control" || return
    while read -r -t 20 line <&"$control"; do
        [[ ! $line =~ ^[1-5][0-9][0-9]\  ]] || break
    done
    reply=${line:0:1}
    [ -n "$line" ]
}

# The command $1 with a data connection, which takes all that comes, or brings $2 bytes.
ftp_data()
{
    local data line
    printf 'EPSV\r\n' >&"$control"
    read -r -t 20 line <&"$control" && line=${line##*|||} && line=${line%%|*} || return
    exec {data}<>"/dev/tcp/127.0.0.1/$line" || return
    printf '%s\r\n' "$1" >&"$control"
    read -r -t 20 line <&"$control"
    if [ -n "${2-}" ]; then
        head -c "$2" /dev/zero >&"$data"
    else
        cat <&"$data" >/dev/null
    fi
    exec {data}>&-
    read -r -t 20 line <&"$control" && [[ $line == 2* ]]
}

# One round of a row of ProFTPD's: commands, ";" between them.
ftp_round()
{
    local command
    while IFS= read -r command; do
        case $command in
        LIST* | NLST* | MLSD* | RETR*) ftp_data "$command" ;;
        STOR* | APPE*) ftp_data "$command" 20000 ;;
        *) ftp_command "$command" ;;
        esac || return
    done <<<"${1//; /$'\n'}"
}

# The trace of the session and that of its master, as a recording of their own.
session_recording()
{
    rm -rf "$WORK/one"
    mkdir -m 700 "$WORK/one"
    ln "$WORK/recording/$master".* "$WORK/recording/$1".* "$WORK/one"
}

declare -a names=() expectations=() sessions=() controls=()

# A row of ProFTPD's in a session of its own, which stays: the master pauses when one ends.
open_row()
{
    local round rounds=${1%% *}
    open_session || { failed "ftp $1: no session" && return; }
    for ((round = 0; round < rounds; round++)); do
        ftp_round "${1#* }" || { failed "ftp $1: round $round" && break; }
    done
    names+=("$1") expectations+=("$2") sessions+=("$session") controls+=("$control")
}

close_rows()
{
    for control in "${controls[@]}"; do
        printf 'QUIT\r\n' >&"$control"
        exec {control}>&-
    done
    for session in "${sessions[@]}"; do
        for ((tries = 0; tries < 200; tries++)); do
            [ -e "/proc/$session" ] || break
            sleep 0.02
        done
    done
}

proftpd_sessions()
{
    local row
    proftpd_prepare "$WORK/proftpd" faults &&
        proftpd_start "$LIFEGUARD" record -f -o "$WORK/recording" -- || return
    master=$PROFTPD_PID
    each_row ftp open_row
    close_rows
    # When the master serves again, it has dealt with those that ended.
    open_session && close_session && proftpd_stop || return
    for row in "${!names[@]}"; do
        session_recording "${sessions[row]}"
        judge "ftp ${names[row]}" "$WORK/one" "${expectations[row]}" "$stock$login"
    done
}

# A row of a master's: how many restarts, and the directives of the module, ";" between them.
restarts_row()
{
    local restart
    proftpd_prepare "$WORK/proftpd" faults &&
        printf '%s\n' "${1#* }" | sed 's/; /\n/g' >>"$WORK/proftpd/modules.conf" &&
        proftpd_start "$LIFEGUARD" record -f -o "$WORK/recording" -- || return
    for ((restart = 0; restart < ${1%% *}; restart++)); do
        proftpd_restart || return
    done
    proftpd_stop
    judge "restarts $1" "$WORK/recording" "$2" "$stock$(restarted "${1%% *}")"
}

# A row of a program that uses another pool system: which one, then its arguments.
system_row()
{
    local own=''
    [[ $1 != apr* ]] || own=$apr
    ! record_system "$1" "$WORK/recording" || judge "$1" "$WORK/recording" "$2$own"
}

# What APR does as it is initialised.
apr='permanent-pool-alloc warning master "global_pool" 2 80
'
# What Debian's ProFTPD does by itself: at its start, at a login, and at each restart.
stock='permanent-pool-alloc warning master "permanent_pool" 2 48
permanent-pool-alloc warning master "permanent_pool" 1 40
'
login='permanent-pool-alloc warning session "permanent_pool" 1 8
'
# restarted COUNT: where mod_delay lies apart, it forgets its pool and its events, too.
restarted()
{
    printf 'permanent-pool-alloc error master "permanent_pool" %d %d\n' "$1" $(($1 * 40))
    ! proftpd_delay_is_shared || printf '%s error master "%s" %d %d\n' \
        growing-pool 'Controls Pool' "$1" $(($1 * 8)) growing-pool 'Event Pool' $(($1 * 4)) \
        $(($1 * 192)) leaked-subpool 'mod_delay/0.8' "$1" $(($1 * 80))
}

work
each_row poold poold_row
build_systems
each_row systems system_row
each_row growth system_row
each_row kinds system_row
if [ "$(id -u)" -ne 0 ]; then
    skip "ProFTPD" "what it does at a login depends on whether it is root's"
elif ! why=$("$SOURCE/samples/proftpd/fetch" 2>&1 && "$SOURCE/samples/proftpd/fetch" headers 2>&1); then
    skip "ProFTPD" "$why"
else
    . "$SOURCE/samples/proftpd/harness.sh"
    at_exit proftpd_kill
    proftpd_sessions || failed "ProFTPD with a session for each row"
    each_row restarts restarts_row
fi
is "precision and recall over $rows rows, $clean of them clean: true, false, and missed findings" \
    "$((found > 0)) $wrong $missed" '1 0 0'
awk -v t="$found" -v f="$wrong" -v m="$missed" \
    'BEGIN { printf "# precision %.3f, recall %.3f: %d findings\n", t / (t + f), t / (t + m), t }'
done_testing
