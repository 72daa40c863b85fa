#!/usr/bin/env bash
# lifeguard top: the real ProFTPD, watched while it works, on a terminal and in batches; what is
# watched is not touched.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

TMUX_SOCKET=lifeguard-$$

# A user that may not log in has a shell that runs nothing.
tmux_do()
{
    env -u TMUX SHELL=/bin/sh tmux -L "$TMUX_SOCKET" -f /dev/null "$@"
}

screen_shows()
{
    local tries
    for ((tries = 0; tries < 600; tries++)); do
        tmux_do capture-pane -p >"$WORK/screen"
        grep -qE "$1" "$WORK/screen" && return
        sleep 0.1
    done
    cat "$WORK/screen"
    return 1
}

screen_lacks()
{
    local tries
    for ((tries = 0; tries < 600; tries++)); do
        tmux_do capture-pane -p >"$WORK/screen"
        grep -qE "$1" "$WORK/screen" || return 0
        sleep 0.1
    done
    return 1
}

keys()
{
    tmux_do send-keys "$@"
}

traffic()
{
    while :; do
        proftpd_restart && ftp_curl --output /dev/null @/ --next --output /dev/null @/sub/ || sleep 0.2
    done >/dev/null 2>&1
}

# They are sparse, and as long as they may ever become.
traces()
{
    find "$WORK/recording" -name '*.trace' -printf '%f %s %b %T@\n' | sort
    for pid in "$PROFTPD_PID" "$session"; do
        head -c 1000000 "$WORK/recording/$pid.trace" | sha256sum
    done
}

end_traffic()
{
    [ -n "$traffic" ] || return
    kill "$traffic"
    wait "$traffic" 2>/dev/null
    traffic=
}

# Rows of the table that are PID's.
rows_of()
{
    awk -v pid="$1" '$1 == pid' "$2"
}

# A daemon that changes its user shows its mappings to root alone.
test_batches()
{
    local watched=$PROFTPD_PID
    if ! cat "/proc/$watched/maps" >/dev/null 2>&1; then
        status "another's process by its pid: 2" 2 "$LIFEGUARD" top -b -n 1 "$watched"
        ok "... and why" grep -q 'Permission denied' "$WORK/err"
        watched=$WORK/recording
    fi
    status "batches of a process by its pid, or of its recording" 0 \
        "$LIFEGUARD" top -b -n 2 -d 0.5 "$watched"
    cp "$WORK/out" "$WORK/batches"
    is "two of them" "$(grep -c '^lifeguard top, ' "$WORK/batches")" 2
    ok "the master's pools" test "$(rows_of "$PROFTPD_PID" "$WORK/batches" | wc -l)" -gt 20
    ok "and the session's" grep -qE "^ *$session session .*permanent_pool > Session Pool" \
        "$WORK/batches"
    status "in the order of names, as a tree" 0 "$LIFEGUARD" top -b -n 1 --sort=name \
        --pid="$session" "$WORK/recording"
    ok "a pool under its parent" grep -qE '  +(Session Pool|session.pool)$' "$WORK/out"
    is "only that process" "$(awk '$2 == "master" || $2 == "session" { print $1 }' "$WORK/out" |
        sort -u)" "$session"
    status "only some pools" 0 "$LIFEGUARD" top -b -n 1 --filter='EVENT pool' "$WORK/recording"
    is "... have that in their paths" "$(grep -E '^ *[0-9]+ (master|session) ' "$WORK/out" |
        grep -vc 'Event Pool')" 0
    ok "what they have in memory, beside their pools" \
        grep -qE '^RSS [0-9.]+ MB; the most [0-9.]+ MB of (master|session) [0-9]+, whose pools have [0-9.]+ [KM]B$' \
        "$WORK/batches"
}

end_watcher()
{
    [ -n "$watcher" ] || return
    kill "$watcher"
    wait "$watcher" 2>/dev/null
    watcher=
}

# The table of the last batch that is whole in FILE, but for what depends on the time.
last_table()
{
    awk '/^lifeguard top, / { last = table; table = "" }
        $2 ~ /^(master|session)$/ && $5 > 0 { $0 = substr($0, 1, 35) " " substr($0, 69); table = table $0 "\n" }
        END { printf "%s", table ? table : last }' "$1" | sort
}

batches()
{
    grep -c '^lifeguard top, ' "$1"
}

has_batches()
{
    [ "$(batches "$WORK/watched")" -ge "$1" ]
}

# What was read bit by bit, while it was written, is what is read now in one go.
test_reading_on()
{
    ok "a picture again and again" wait_until has_batches 4
    wait_until has_batches $(($(batches "$WORK/watched") + 4))
    end_watcher
    is "read bit by bit or in one go: the same" "$(last_table "$WORK/watched")" \
        "$(last_table "$WORK/figures")"
    is "... the same findings" "$(grep -E '^(ERROR|warning|note) ' "$WORK/watched" | tail -n \
        "$(grep -cE '^(ERROR|warning|note) ' "$WORK/figures")" | sort -u)" \
        "$(grep -E '^(ERROR|warning|note) ' "$WORK/figures" | sort -u)"
}

# A session whose client is gone may still be on its way out.
others_have_ended()
{
    local trace pid
    for trace in "$WORK"/recording/*.trace; do
        pid=$(basename "$trace" .trace)
        [ "$pid" = "$PROFTPD_PID" ] || [ "$pid" = "$session" ] || [ ! -e "/proc/$pid" ] || return 1
    done
}

# As the tree of the recording has it: nothing happens meanwhile.
test_figures()
{
    wait_until others_have_ended
    at_exit kill -CONT "$PROFTPD_PID" "$session"
    kill -STOP "$PROFTPD_PID" "$session"
    traces >"$WORK/before"
    status "of a daemon that stands still" 0 "$LIFEGUARD" top -b -n 2 -d 0.2 "$WORK/recording"
    cp "$WORK/out" "$WORK/figures"
    "$LIFEGUARD" tree --pid="$PROFTPD_PID" --format=json "$WORK/recording" >"$WORK/tree"
    is "as many pools as in the tree" "$(rows_of "$PROFTPD_PID" "$WORK/figures" |
        awk '{ sum += $5 } END { print sum / 2 }')" "$(jq '[.processes[0].pools[] |
        recurse(.children[])] | length' "$WORK/tree")"
    is "nothing grows" "$(rows_of "$PROFTPD_PID" "$WORK/figures" | grep -cE '[+-][1-9][0-9.]* .?B')" 0
    is "the traces are as they were" "$(traces)" "$(cat "$WORK/before")"
    if command -v strace >/dev/null; then
        strace -f -o "$WORK/calls" -e trace=openat,fcntl,flock,kill,ptrace,mmap "$LIFEGUARD" top -b \
            -n 1 "$WORK/recording" >/dev/null
        is "they are only read" "$(grep -F .trace "$WORK/calls" | grep -vc O_RDONLY)" 0
        is "no lock, no lease, no signal" "$(grep -cE \
            'F_SETLK|F_SETLEASE|F_OFD|flock\(|ptrace\(|kill\([0-9]+, [^0]' "$WORK/calls")" 0
    else
        skip "they are only read" "strace is not installed"
    fi
    test_reading_on
    kill -CONT "$PROFTPD_PID" "$session"
}

test_screen()
{
    command -v tmux >/dev/null || { skip "on a terminal" "tmux is not installed"; return; }
    at_exit tmux_do kill-server
    ok "starts on a terminal" tmux_do new-session -d -x 130 -y 40 \
        "LC_ALL=C.UTF-8 $LIFEGUARD top -d 0.3 $WORK/recording; echo ended with \$?; exec sleep 60"
    ok "shows pools" screen_shows 'master .*permanent_pool > Event Pool'
    ok "and rates" screen_shows "$PROFTPD_PID master .*[+-][0-9]"
    ok "and what is found, in one line" screen_shows '^[0-9]+ errors, [0-9]+ warnings, [0-9]+ notes; the first: ERROR '
    keys e
    ok "... or in a line each" screen_shows '^ERROR .*restart'
    keys e
    ok "what each process has in all, and in memory" \
        screen_shows "^master +$PROFTPD_PID +[0-9.]+ MB +[0-9.]+ [KM]?B +[0-9]"
    tmux_do resize-window -x 80 -y 24
    ok "in 80 columns it tells each pool by the end of its path" \
        screen_shows "^ *$PROFTPD_PID +[0-9.]+ [KM]?B .*  (permanent_pool|\.\.).* > [A-Za-z]"
    ok "... and these differ" test \
        "$(awk -v pid="$PROFTPD_PID" '$1 == pid && NF > 8 { print $NF }' "$WORK/screen" | sort -u | wc -l)" -gt 2
    keys '?'
    ok "a key tells the keys" screen_shows '^  space  freeze'
    keys x
    ok "... and any other goes back" screen_lacks '^  space  freeze'
    tmux_do resize-window -x 130 -y 40
    keys n
    ok "the tree" screen_shows '  permanent_pool$|   Event Pool$'
    keys b
    ok "by bytes" screen_shows 'by bytes'
    keys /
    keys -l Event
    ok "a filter" screen_shows 'filter: Event_'
    keys Enter
    ok "leaves out what it does not match" screen_lacks ' master .*(config_rec|Controls)'
    keys ' '
    ok "freezes" screen_shows FROZEN
    keys ' ' p
    ok "one process" screen_lacks "^ *$session session"
    keys q
    ok "ends" screen_shows '^ended with 0'
}

need_proftpd
work
at_exit proftpd_kill
record_proftpd modules || exit 1
proftpd_restart
open_session
"$LIFEGUARD" top -b -d 0.3 "$WORK/recording" >"$WORK/watched" 2>/dev/null &
watcher=$!
at_exit end_watcher
traffic &
traffic=$!
at_exit end_traffic
for i in 1 2 3 4; do
    proftpd_restart >/dev/null 2>&1
done
test_batches
test_screen
end_traffic
test_figures
close_session
status "a process that is not recorded" 2 "$LIFEGUARD" top -b -n 1 $$
ok "... says so" grep -q 'is not recorded' "$WORK/err"
status "an empty directory" 2 "$LIFEGUARD" top -b -n 1 "$WORK/recording/none"
status "an unknown order" 2 "$LIFEGUARD" top --sort=colour "$WORK/recording"
TERM=dumb status "no terminal" 2 env -u TERM "$LIFEGUARD" top "$WORK/recording"
sed 's/^connection .*/& session=transfer-agent/' "$SOURCE/preload/api/proftpd.api" >"$WORK/words.api"
"$LIFEGUARD" record -o "$WORK/words" --api "$WORK/words.api" -- \
    "$BUILD/samples/poold" --drive 2x1 2>"$WORK/err"
"$LIFEGUARD" top -b -n 1 "$WORK/words" | sed -n '/ KIND /,/^$/ { /./p }' >"$WORK/table"
ok "a process may be called by a long word" grep -q ' transfer-agent ' "$WORK/table"
is "... which makes the room for all" \
    "$(grep -cvE '^ {4}PID KIND {16}BYTES |^.{7} (transfer-agent|master {8}) .{8} B ' "$WORK/table")" 0
done_testing
