#!/usr/bin/env bash
# The truth table, tests/truth/*.table: what each program does, and exactly what is to be found in
# it. Precision and recall over all rows are 1: nothing else is found, and nothing is missed. The rows
# of kinds.table are truth_kinds.sh's.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/truth/rows.sh"
. "$SOURCE/tests/truth/judge.sh"
. "$SOURCE/tests/truth/ftp.sh"

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
judged
done_testing
