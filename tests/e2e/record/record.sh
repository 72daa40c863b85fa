#!/usr/bin/env bash
# lifeguard record stands aside: the program's own exit status, nothing overwritten, and the next
# command to type at the end.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

recorded()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$@"
}

kill_recorder()
{
    [ -z "$recorder" ] || kill "$recorder"
}

# wait_for_line FILE WORD
wait_for_line()
{
    wait_until grep -q "$2" "$1"
}

poold=$BUILD/samples/poold
work
cd "$WORK" || exit 1

status "the program's exit status is record's" 7 recorded sh -c 'exit 7'
status "... and 128 + N when a signal ended it" 143 recorded sh -c 'kill -TERM $$'
status "... KILL too" 137 recorded sh -c 'kill -KILL $$'
status "a program that is not there: 127" 127 recorded "$WORK/nowhere"
touch "$WORK/plain"
status "a file that is no program: 126" 126 recorded "$WORK/plain"
is "the program's output is its own" "$(recorded echo out 2>/dev/null)" out
is "... and its input" "$(echo in | recorded cat 2>/dev/null)" in

status "a recording is made" 0 "$LIFEGUARD" record -o "my recording" -- "$poold" --drive 2x3
ok "... for its owner's eyes only" test "$(stat -c %a 'my recording')" = 700
is "... each file too" "$(stat -c %a 'my recording'/*.trace.zst | sort -u)" 600
next=$(grep -o 'lifeguard report .*' "$WORK/err" | head -n 1)
status "the next command is on stderr, to be pasted as it is" 0 \
    sh -c "PATH=$(printf %q "$BUILD"):\$PATH; $next"
is "... and record says nothing on stdout" "$("$LIFEGUARD" record -o quiet -- true 2>/dev/null)" ''

status "it is not overwritten" 2 "$LIFEGUARD" record -o "my recording" -- touch started
ok "... and the program not started" test ! -e started
ok "... and -f is suggested" grep -q -e ' -f' "$WORK/err"
touch "my recording/notes"
status "... but with -f it is" 0 "$LIFEGUARD" record -f -o "my recording" -- "$poold" --drive 0x0
ok "... and what is no trace stays" test -e "my recording/notes"
touch "my recording/notes.trace"
"$LIFEGUARD" record -f -o running -- "$poold" >port 2>/dev/null &
recorder=$!
at_exit kill_recorder
wait_for_line port listening
status "traces that are still written are not removed" 2 \
    "$LIFEGUARD" record -f -o running -- "$poold" --drive 1x1
ok "... and the trace is named" grep -q 'running/[0-9]*.trace: is still written' "$WORK/err"
kill "$recorder" && wait "$recorder" && recorder=
status "... and that recording is whole" 0 report running
status "a file that no recorder made is none of its traces" 0 \
    "$LIFEGUARD" record -f -o "my recording" -- "$poold" --drive 0x0
ok "... and stays" test -e "my recording/notes.trace"
rm "my recording/notes.trace"
status "the new one is whole" 0 report "my recording"
is "... and without the sessions of the old one" "$(json '.processes | length')" 1

mkdir by-hand
status "LD_PRELOAD and LIFEGUARD_DIR do without the command" 0 env \
    LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/by-hand" "$poold" --drive 2x3
status "... and give the same recording" 0 report by-hand
is "... of master and sessions" "$(json '[.processes[].kind] | sort')" \
    '["master","session","session"]'

# AddressSanitizer's library ends a program in which another one comes first.
build_sanitized()
{
    gcc -fsanitize=address -O1 -rdynamic "$SOURCE"/samples/poold/*.c -o sanitized 2>/dev/null &&
        ./sanitized --drive 0x0
}
if build_sanitized; then
    status "a program with AddressSanitizer" 0 "$LIFEGUARD" record -o sanitizing -- ./sanitized --drive 1x3
    status "... is recorded" 0 report sanitizing
    is "... session and all" "$(json '[.processes[].kind] | sort')" '["master","session"]'
else
    skip "a program with AddressSanitizer" "gcc makes none here"
fi
status "what is filled in for LIFEGUARD_DIR alone is no directory to record into" 2 \
    "$LIFEGUARD" record -o "$WORK/{pid}" -- true
ok "... which is said" grep -q '{pid} is filled in for LIFEGUARD_DIR alone' "$WORK/err"
is "... and nothing is made" "$(find "$WORK" -name '*{pid}*' | wc -l)" 0
status "poison where the description has no way to it" 0 "$LIFEGUARD" record --poison \
    --api="$SOURCE/tests/e2e/programs/memory.api" -o "$WORK/unpoisoned" -- "$BUILD/e2e/memory" pools 3
ok "... is said at once" grep -q -- '--poison does nothing for a pool system' "$WORK/err"
status "... and where it has, nothing is" 0 "$LIFEGUARD" record --poison -o "$WORK/poisoned" -- \
    "$BUILD/samples/poold" --drive 1x3
is "... said" "$(grep -c -- '--poison' "$WORK/err")" 0
done_testing
