#!/usr/bin/env bash
# lifeguard scan tells of Debian's ProFTPD, unrecorded, the pools that nothing refers to: none before
# and after clean commands, the two that one SIGHUP leaves behind; also in a session and a core file.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
need_proftpd

scan()
{
    "$LIFEGUARD" scan --format=json "$1" >"$WORK/scan.json" 2>"$WORK/err"
}

# FILTER on the findings of the scan.
findings()
{
    jq -c "[.systems[].findings[] | $1]" "$WORK/scan.json"
}

unreachable()
{
    findings 'select(.rule == "unreachable-subpool") | .pool.path'
}

# Sends each of the arguments as an FTP command, and reads its answer.
ask()
{
    local command line
    for command; do
        printf '%s\r\n' "$command" >&"$control"
        while read -r -t 60 line <&"$control"; do
            [[ $line != [0-9][0-9][0-9]\ * ]] || break
        done
    done
}

clean_commands()
{
    local i
    for i in {1..12}; do
        ask NOOP PWD "CWD /" FEAT "STAT"
    done
}

is_running()
{
    grep -q '^TracerPid:	0$' "/proc/$PROFTPD_PID/status" && kill -0 "$PROFTPD_PID"
}

leaks='["permanent_pool > mod_memcache/0.1","permanent_pool > mod_quotatab/1.3.1: Backend Pool"]'
! proftpd_delay_is_shared || leaks=$(jq -c '["permanent_pool > mod_delay/0.8"] + .' <<<"$leaks")

work
proftpd_prepare "$WORK/proftpd" modules
proftpd_start || exit 1
status "nothing is unreachable then" 0 "$LIFEGUARD" scan --format=json "$PROFTPD_PID"
cp "$WORK/out" "$WORK/scan.json"
is "... and nothing dangles" "$(findings .)" '[]'
is "... the system is known, and all that is judged" \
    "$(jq -c '.systems[] | [.api, .obstacle, .walk.broken, .walk.lost_links, .walk.free_list]' "$WORK/scan.json")" \
    '["proftpd",null,0,0,true]'
daemon_pools >"$WORK/pools"
is "... and the pools and their bytes are those that another walk finds" \
    "$(jq -r '.systems[].pools[] | "\(.bytes)\t\(.tag // "")"' "$WORK/scan.json" | sort | md5sum)" \
    "$(md5sum <"$WORK/pools")"

open_session || exit 1
status "nothing is unreachable in a session" 0 "$LIFEGUARD" scan --brief "$session"
clean_commands
status "... nor after 60 clean commands" 0 "$LIFEGUARD" scan --brief "$session"
close_session

ok "one restart" proftpd_restart
status "a scan then finds something" 1 "$LIFEGUARD" scan --format=json "$PROFTPD_PID"
cp "$WORK/out" "$WORK/scan.json"
is "... the pools that it left behind" "$(unreachable | jq -c sort)" "$leaks"
is "... each once" "$(findings 'select(.rule == "unreachable-subpool") | .count')" "$(jq -c 'map(1)' <<<"$leaks")"
status "... and people are told" 1 "$LIFEGUARD" scan --brief "$PROFTPD_PID"
ok "... by name" grep -q 'ERROR unreachable-subpool: `mod_memcache/0.1` under `permanent_pool`: 1 of' "$WORK/out"
ok "the daemon was not stopped, and runs on" is_running

open_session || exit 1
scan "$session"
is "a session has them, too, from its parent" "$(unreachable | jq -c sort)" "$leaks"
close_session

if command -v gcore >/dev/null; then
    gcore -o "$WORK/core" "$PROFTPD_PID" >/dev/null 2>&1
    status "a core file" 1 "$LIFEGUARD" scan --format=json "$WORK/core.$PROFTPD_PID"
    cp "$WORK/out" "$WORK/scan.json"
    is "... has them by name" "$(unreachable | jq -c sort)" "$leaks"
    is "... and tells whose it is" "$(jq -c '.target | [.pid, .program]' "$WORK/scan.json")" \
        "[$PROFTPD_PID,\"$PROFTPD\"]"
    head -c 100000 "$WORK/core.$PROFTPD_PID" >"$WORK/short"
    status "one that is cut off cannot be read" 2 "$LIFEGUARD" scan "$WORK/short"
    ok "... and it is said why" grep -q "$WORK/short: is cut off" "$WORK/err"
else
    skip "a core file" "gcore is not installed"
fi
proftpd_stop

# refused WHY PID: no scan of that process, and why not
refused()
{
    status "no scan: $1" 2 "$LIFEGUARD" scan "$2"
    is "... and it is said why" "$(grep -o "$1" "$WORK/err" || cat "$WORK/err")" "$1"
}

refused "there is no such process" 999999999
# Its parent is one that does not ask for its status, by then.
: >"$WORK/pids"
bash -c '(until [ "$(</proc/$$/comm)" = sleep ]; do :; done) & echo $!; exec sleep 60' >"$WORK/pids" &
for ((tries = 0; tries < 3000; tries++)); do
    ! grep -q '^State:.Z' "/proc/$(<"$WORK/pids")/status" 2>/dev/null || break
    sleep 0.02
done
refused "it has ended" "$(<"$WORK/pids")"
kill $!
if [ -d /proc/2 ] && [ ! -e /proc/2/exe ] && ! [ -s /proc/2/maps ]; then
    refused "it is a thread of the kernel" 2
fi
if [ "$(id -u)" -eq 0 ]; then
    status "no scan of another user's process" 2 \
        setpriv --reuid=65534 --regid=65534 --clear-groups "$LIFEGUARD" scan $$
    ok "... and it is said why" grep -q "another user's" "$WORK/err"
fi
status "no scan of the command itself" 2 bash -c 'exec "$1" scan $$' - "$LIFEGUARD"
ok "... and it is said why" grep -q "is this command itself" "$WORK/err"
status "what is no core file is refused" 2 "$LIFEGUARD" scan "$LIFEGUARD"
ok "... by name" grep -q "$LIFEGUARD: is no core file" "$WORK/err"
status "a process without pools gives no verdict" 3 "$LIFEGUARD" scan $$
done_testing
