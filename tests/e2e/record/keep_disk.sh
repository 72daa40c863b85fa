#!/usr/bin/env bash
# lifeguard keep on a disk that is full: it says so, loses nothing, goes on as soon as there is room,
# and does not say that all is done where it is not.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/keep.sh"

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

work
disk=$WORK/disk
recording=$disk/recording
mkdir "$disk"
mount -t tmpfs -o size=4m,mode=755 lifeguard-test "$disk" 2>/dev/null ||
    skip_all "no file system can be mounted here"
at_exit umount -l "$disk"
mkdir -m 700 "$recording"
start_program
ok "a program works" tell round 30
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
tell round 30
end_program
start_program
ok "of two programs that work one has ended" tell round 30
said >"$WORK/before"
fill_disk
start_keep kept
ok "on a full disk they are kept as they are" wait_until grep -q 'No space left' "$WORK/kept.err"
sleep 0.3
is "... which is said once" "$(grep -c . "$WORK/kept.err")" 1
empty_disk
ok "... until there is room" wait_until grep -q 'goes on' "$WORK/kept.err"
ok "... when it is compressed" compgen -G "$recording/*.trace.zst"
end_program
keep_ended
is "... and all is done in the end" "$ended" 0
is "... with nothing lost" "$(said | diff - "$WORK/before")" ''
done_testing
