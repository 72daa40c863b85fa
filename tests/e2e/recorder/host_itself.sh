#!/usr/bin/env bash
# What a host may do to itself, and is as without the recorder then: threads before main, small
# stacks, debuggers, disks that copy on write.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work

recorded()
{
    rm -rf "$WORK/recording"
    "$LIFEGUARD" record -o "$WORK/recording" -- "$@" >"$WORK/out" 2>"$WORK/err" &&
        "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
}

"$LIFEGUARD" record -f -o "$WORK/recording" -- "$BUILD/e2e/early_thread" >"$WORK/out" 2>"$WORK/err"
is "a program whose thread runs before main" "$? $(<"$WORK/out")" "0 done"
"$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
ok "... is not hooked, and that is said" grep -q "other threads run already" "$WORK/info"

ok "a thread with the smallest stack" recorded "$BUILD/e2e/small_stacks" thread
# handler SIZE WHAT: bound before, as the loader takes more to find a function.
handler()
{
    LD_BIND_NOW=1 recorded "$BUILD/e2e/small_stacks" handler "$@"
}
for size in 8192 +1100; do
    ok "a signal handler on $size bytes" handler "$size" returns
    is "... nothing below its stack is overwritten" "$(<"$WORK/out")" 0
    ok "... one that forks" handler "$size" forks
    is "... nor in its child" "$(<"$WORK/out")" 0
    handler "$size" ends
    is "... one that ends the process, whose pools are walked" $? 3
    report "$WORK/recording"
    is "... to its end" "$(json '[.recording.lost_events, .processes[0].exit]')" "[0,3]"
done
read -r first usual < <("$BUILD/e2e/small_stacks" measure)
ok "calls with their stack measured" recorded "$BUILD/e2e/small_stacks" measure
read -r recorded_first recorded_usual <"$WORK/out"
ok "... take 2 KiB more at first" test $((recorded_first - first)) -lt 2048
ok "... and less than 1 KiB when they are known" test $((recorded_usual - usual)) -lt 1024
ok "pools within pools, 20000 deep" recorded "$BUILD/e2e/small_stacks" nested 20000

for how in strict prctl; do
    ok "a program that may not read the time stamp counter any more, by $how" recorded \
        "$BUILD/e2e/no_counter" $how
    is "... nor may its child, which ends as ever" "$(<"$WORK/out")" 0
    report "$WORK/recording"
    is "... all is recorded" \
        "$(json '[.recording.lost_events, (.processes | map(.events >= 3000))]')" "[0,[true,true]]"
done

if command -v gdb >/dev/null && gdb -batch -ex "run" --args true >"$WORK/gdb" 2>&1; then
    mkdir -m 700 "$WORK/debugged"
    ok "a program with a breakpoint in a pool function" gdb -batch -nx \
        -ex "set breakpoint pending on" -ex "set startup-with-shell off" \
        -ex "set environment LD_PRELOAD $BUILD/liblifeguard.so" \
        -ex "set environment LIFEGUARD_DIR $WORK/debugged" \
        -ex "break make_sub_pool" -ex "run" -ex "continue 3" -ex "delete" -ex "continue" \
        -ex 'quit $_exitcode' --args "$BUILD/e2e/small_stacks" nested 10
    "$LIFEGUARD" info "$WORK/debugged" >"$WORK/info"
    ok "... it is not hooked, and that is said" grep -q "has a breakpoint" "$WORK/info"
else
    skip "a program with a breakpoint in a pool function" "gdb cannot run programs here"
fi

# Somebody else fills the disk that a slow program is recorded to.
on_btrfs()
{
    truncate -s 128M "$WORK/disk" && mkfs.btrfs -q -m single "$WORK/disk" && mkdir "$WORK/mount" &&
        mount -o loop "$WORK/disk" "$WORK/mount" 2>/dev/null && mkdir -m 700 "$WORK/mount/recording"
}
fill()
{
    local size
    for size in 64k 4k 512; do
        dd if=/dev/zero of="$WORK/mount/filler.$1.$size" bs="$size" 2>/dev/null
    done
    sync -f "$WORK/mount"
}
if [ "$(id -u)" = 0 ] && command -v mkfs.btrfs >/dev/null && on_btrfs; then
    at_exit umount "$WORK/mount"
    mkfifo "$WORK/go"
    LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/mount/recording" \
        "$BUILD/e2e/small_stacks" stepwise <"$WORK/go" >"$WORK/out" &
    program=$!
    exec {go}>"$WORK/go"
    for step in 1 2 3; do
        echo >&"$go"
        fill $step
    done
    exec {go}>&-
    wait $program
    is "a program recorded to btrfs, which another fills" $? 0
else
    skip "a program recorded to btrfs, which another fills" "no root, no mkfs.btrfs or no loop device"
fi
done_testing
