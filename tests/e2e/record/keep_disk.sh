#!/usr/bin/env bash
# lifeguard keep on a disk that is full: it says so, loses nothing, goes on as soon as there is room,
# and does not say that all is done where it is not.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

API=$SOURCE/tests/e2e/programs/memory.api

# A page at a time, until not one is left.
fill_disk()
{
    dd if=/dev/zero of="$disk/filler" bs=4096 conv=notrunc oflag=append 2>/dev/null
    [ "$(stat -f -c %a "$disk")" -eq 0 ]
}

empty_disk()
{
    rm "$disk/filler"
}

# What is said of the recording, but for times.
said()
{
    "$LIFEGUARD" report --format=json "$recording" |
        jq -S '.recording.lost_events, .recording.doubts, .findings' | grep -v '"first\|"last\|"held_per_day'
}

# start_program: a program that is recorded, and does what it is told.
start_program()
{
    coproc program { LIFEGUARD_QUIET=1 LIFEGUARD_DIR="$recording" LIFEGUARD_API="$API" \
        LD_PRELOAD="$BUILD/liblifeguard.so" exec "$BUILD/e2e/memory" obey; }
    program_pid=$program_PID
    at_exit eval "kill $program_pid 2>/dev/null"
}

# works TIMES: the program does, so often.
works()
{
    local i answer
    for ((i = 0; i < $1; i++)); do
        echo round >&"${program[1]}" && read -r -t 60 answer <&"${program[0]}" || return
    done
}

start_keep()
{
    "$LIFEGUARD" keep -d 0.1 "$recording" >"$WORK/kept" 2>"$WORK/kept.err" &
    keep_pid=$!
    at_exit eval "kill $keep_pid 2>/dev/null"
}

# With $ended, as nothing is recorded any more.
keep_ends()
{
    wait "$keep_pid"
    ended=$?
}

end_program()
{
    exec {program[1]}>&-
    wait "$program_pid"
}

work
disk=$WORK/disk
recording=$disk/recording
mkdir "$disk"
mount -t tmpfs -o size=4m,mode=755 lifeguard-test "$disk" 2>/dev/null ||
    skip_all "no file system can be mounted here"
at_exit umount -l "$disk"
mkdir -m 700 "$recording"
start_program
ok "a program works" works 30
end_program
said >"$WORK/before"
ok "the disk is full" fill_disk
status "what cannot be compressed is not said to be done" 2 "$LIFEGUARD" keep "$recording"
ok "... but why, and that nothing is lost" \
    grep -q 'No space left on device; what was not compressed is there as it was' "$WORK/err"
is "... as is so" "$(said | diff - "$WORK/before")" ''
empty_disk
status "where there is room again, it is done" 0 "$LIFEGUARD" keep "$recording"
is "... of all that there was" "$(said | diff - "$WORK/before")" ''
ok "... compressed" compgen -G "$recording/*.trace.zst"

rm -rf "${recording:?}"/*
start_program
works 30
end_program
start_program
ok "of two programs that work one has ended" works 30
said >"$WORK/before"
fill_disk
start_keep
ok "on a full disk they are kept as they are" wait_until grep -q 'No space left' "$WORK/kept.err"
sleep 0.3
is "... which is said once" "$(grep -c . "$WORK/kept.err")" 1
empty_disk
ok "... until there is room" wait_until grep -q 'goes on' "$WORK/kept.err"
ok "... when it is compressed" compgen -G "$recording/*.trace.zst"
end_program
keep_ends
is "... and all is done in the end" "$ended" 0
is "... with nothing lost" "$(said | diff - "$WORK/before")" ''
done_testing
