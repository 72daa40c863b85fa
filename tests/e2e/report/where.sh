#!/usr/bin/env bash
# lifeguard where: which pool and allocation an address is or was in, with its backtraces; nothing is
# guessed. The command of samples/gdb says the same.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work

# The lines that $1 said, but for backtraces' frames.
words()
{
    grep -v '^      #' "$WORK/out" | sed 's/0x[0-9a-f]*/A/g; s/^[a-z]* [0-9]*: //; s/^ *//'
}

ok "a program tells where its data is" sh -c \
    '"$0" record --guard=all -o "$1/rec" -- "$2" places >"$1/places" 2>/dev/null' \
    "$LIFEGUARD" "$WORK" "$BUILD/e2e/host_guard"
read -r alive dead pool < <(tail -n 1 "$WORK/places")

status "in data of a pool" 0 "$LIFEGUARD" where "$WORK/rec" $((alive + 3))
is "... which is alive" "$(words)" 'A: byte 3 of 100 B at A, of a pool that is alive
pool     permanent_pool > alive
allocated at
pool made at'
ok "... each with its backtrace" test "$(grep -c '#1  places .*host_guard.c' "$WORK/out")" -ge 1
status "in data of a destroyed pool" 0 "$LIFEGUARD" where "$WORK/rec" "$dead"
is "... who ended it is told" "$(words)" 'A: byte 0 of 24 B at A, of a pool that has ended
pool     permanent_pool > dead
allocated at
pool made at
pool destroyed at'
status "behind the end of an allocation" 0 "$LIFEGUARD" where "$WORK/rec" $((alive + 104))
is "... so far" "$(words | head -n 1)" 'A: 4 B behind 100 B at A, of a pool that is alive'
status "in a pool itself" 0 "$LIFEGUARD" where "$WORK/rec" $((pool + 8))
is "... which it is" "$(words | head -n 2)" 'A: in the pool itself, which is at A, of a pool that is alive
pool     permanent_pool > alive'

ok "a program that is recorded with addresses" sh -c \
    '"$0" record --addresses -o "$1/all" -- "$2" places >"$1/places" 2>/dev/null' \
    "$LIFEGUARD" "$WORK" "$BUILD/e2e/host_guard"
read -r living ended _ < <(tail -n 1 "$WORK/places")
status "... in data of a pool" 0 "$LIFEGUARD" where "$WORK/all" $((living + 3))
is "... which is alive" "$(words)" 'A: byte 3 of 104 B at A, of a pool that is alive
pool     permanent_pool > alive
allocated at
pool made at'
status "... in data of a destroyed pool" 0 "$LIFEGUARD" where "$WORK/all" $((ended + 23))
is "... who ended it is told" "$(words)" 'A: byte 23 of 24 B at A, of a pool that has ended
pool     permanent_pool > dead
allocated at
pool made at
pool destroyed at'
status "... behind it" 0 "$LIFEGUARD" where "$WORK/all" $((ended + 24))
ok "... nothing is known of" grep -q 'nothing is known of it' "$WORK/out"
status "what is not known" 0 "$LIFEGUARD" where "$WORK/rec" 0x1000
ok "... is said to be so" grep -q 'nothing is known of it' "$WORK/out"
status "before the pool was there" 0 "$LIFEGUARD" where --at=+0s "$WORK/rec" "$pool"
status "no address" 2 "$LIFEGUARD" where "$WORK/rec" here
status "... none at all" 2 "$LIFEGUARD" where "$WORK/rec"
status "no such process" 2 "$LIFEGUARD" where --pid=1 "$WORK/rec" "$alive"
status "no core file" 2 "$LIFEGUARD" where --core="$WORK/places" "$WORK/rec"
ok "... says so" grep -q 'places: is no core file' "$WORK/err"
status "a core file, and an address" 2 "$LIFEGUARD" where --core="$WORK/places" "$WORK/rec" "$alive"
status "no recording" 2 "$LIFEGUARD" where "$WORK/none" "$alive"

if command -v gdb >/dev/null; then
    LIFEGUARD=$LIFEGUARD status "gdb's command" 0 gdb -nx -batch \
        -ex "source $SOURCE/samples/gdb/lifeguard.gdb" -ex "lifeguard-where $WORK/rec $dead"
    ok "... says the same" grep -q 'byte 0 of 24 B .* has ended' "$WORK/out"
    # The program in gdb ends where it touches what is dead, and leaves a core.
    LD_PRELOAD='' gdb -nx -batch -ex 'set debuginfod enabled off' \
        -ex "set environment LD_PRELOAD $BUILD/liblifeguard.so" \
        -ex "set environment LIFEGUARD_DIR $WORK/core.rec" \
        -ex 'set environment LIFEGUARD_GUARD all,stop' -ex run \
        -ex "generate-core-file $WORK/core" -ex kill \
        --args "$BUILD/e2e/host_guard" stale >"$WORK/gdb" 2>&1
    status "in a core file's process, what its signal is of" 0 \
        "$LIFEGUARD" where --core="$WORK/core" "$WORK/core.rec"
    is "... is told" "$(grep -v '^      #' "$WORK/out" | sed 's/0x[0-9a-f]*/A/g; s/[0-9]\{2,\}:/PID:/; s/process [0-9]*/process PID/' | head -n 3)" \
        'process PID got SIGSEGV at A
master PID: A: byte 3 of 24 B at A, of a pool that has ended
    pool     permanent_pool > stale'
else
    skip "gdb's command" "there is no gdb"
fi
done_testing
