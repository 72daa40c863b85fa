#!/usr/bin/env bash
# lifeguard keep: looks after a recording while it is written, tells what is found when it is found,
# and ends with the recording or when it is told to; also beside lifeguard attach.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/poold.sh"
. "$SOURCE/tests/e2e/keep.sh"

# Keeps what attach records of the daemon $daemon and its sessions; it stays until it is told to end.
start_attach()
{
    "$LIFEGUARD" attach --keep --children -o "$WORK/attached" "$daemon" 2>"$WORK/attach.err" &
    attach_pid=$!
    at_exit eval "kill $attach_pid 2>/dev/null"
    wait_until grep -q 'lifeguard top' "$WORK/attach.err"
}

start_daemon()
{
    "$BUILD/samples/poold" -p 0 --fault=growing-pool >"$WORK/port" &
    daemon=$!
    at_exit eval "kill $daemon 2>/dev/null"
    wait_until [ -s "$WORK/port" ]
    port=$(grep -oE '[0-9]+' "$WORK/port" | tail -n 1)
}

is_packed()
{
    compgen -G "$WORK/attached/*.trace.zst" >/dev/null
}

work
recording=$WORK/recording
status "what is not there cannot be kept" 2 "$LIFEGUARD" keep "$WORK/recording"
ok "... which is said" grep -q "$WORK/recording: No such file" "$WORK/err"
if [ "$(id -u)" = 0 ]; then
    install -d -m 700 -o 65534 "$WORK/another"
    status "nor what is another user's" 2 "$LIFEGUARD" keep "$WORK/another"
    ok "... as is said" grep -q "$WORK/another: is another user's, who is to run this" "$WORK/err"
else
    skip "what is another user's" "only root can make that"
fi
status "nor in no time" 2 "$LIFEGUARD" keep -d 0 "$WORK"
mkdir -m 700 "$WORK/recording"
exec {begun}>"$recording/1.trace" # somebody is about to begin one
start_keep waited
sleep 0.5 # it is looked at ten times a second
start_program
ok "a program works" tell round 30
ok "its leak is found while it runs" wait_until grep -q '^ERROR leaked-subpool: ' "$WORK/waited"
ok "... and goes on" tell round 30
sleep 0.3
exec {begun}>&-
rm "$recording/1.trace"
kill -TERM "$keep_pid"
keep_ended
is "keep ends when it is told to" "$ended" 0
is "... having told it once" "$(grep -c leaked-subpool "$WORK/waited")" 1
is "... and nothing else" "$(cat "$WORK/waited.err")" ''
start_keep again
ok "another one tells it, too" wait_until grep -q '^ERROR leaked-subpool: ' "$WORK/again"
end_program
keep_ended
is "keep ends when the recording does" "$ended" 0
start_keep after
keep_ended
is "... and at once when it had ended before" "$ended" 0
is "... having told the same" "$(cut -d: -f1,2 "$WORK/after")" "$(cut -d: -f1,2 "$WORK/again")"

start_program
ok "another program works" tell round 30
start_keep moved
ok "... and is kept" wait_until grep -q '^ERROR leaked-subpool: ' "$WORK/moved"
mv "$WORK/recording" "$WORK/rotated"
mkdir -m 700 "$WORK/recording"
keep_ended
is "keep ends when the recording is moved away" "$ended" 2
is "... and says so, once" "$(cat "$WORK/moved.err")" \
    "lifeguard keep: $WORK/recording: is another directory now"
end_program
status "... and keeps it where it is, then" 0 "$LIFEGUARD" keep "$WORK/rotated"

start_daemon
start_attach
is "attach --keep begins to record" $? 0
ok "... a session" client 20
ok "... whose trace is packed when it has ended" wait_until is_packed
kill -TERM "$attach_pid"
wait "$attach_pid"
is "... until it is told to end" $? 0
is "... with nothing left running" "$(pgrep -f -- "--keep --children -o $WORK/attached")" ''
is "... and nothing else said" "$(grep -v '^lifeguard: process\|^  ' "$WORK/attach.err")" ''
report "$WORK/attached"
is "... what grew is found" "$(json '.findings[] | [.rule, .kind]')" '["growing-pool","session"]'
ok "the daemon goes on" kill "$daemon"
done_testing
