#!/usr/bin/env bash
# A limit of all traces of a directory together: the program goes on, and that it was reached is said.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

KB=1024

# What a daemon with 20 sessions prints.
serve()
{
    "$BUILD/samples/poold" --drive 20x50
}

# Bytes on the disk, of all that is in DIR.
taken()
{
    find "$1" -type f -printf '%b\n' | awk '{ blocks += $1 } END { print blocks * 512 }'
}

work
serve >"$WORK/plain"
LIFEGUARD_QUIET=1 LIFEGUARD_MAX_TOTAL=128K LIFEGUARD_DIR=$WORK/recording \
    LD_PRELOAD=$BUILD/liblifeguard.so serve >"$WORK/recorded"
is "the daemon does what it does" "$(cat "$WORK/recorded")" "$(cat "$WORK/plain")"
ok "its traces take no more than they may" test "$(taken "$WORK/recording")" -le $((160 * KB))
status "there is no verdict" 3 "$LIFEGUARD" check "$WORK/recording"
ok "... as the limit was reached" grep -q 'All traces of the directory together have reached their limit' \
    "$WORK/out"
ok "... which is told" grep -q '(128.0 KB, --max-total)' "$WORK/out"
ok "info says so, too" grep -q -- '--max-total' <("$LIFEGUARD" info "$WORK/recording")
before=$(find "$WORK/recording" -name '*.trace*' | wc -l)
LIFEGUARD_QUIET=1 LIFEGUARD_MAX_TOTAL=128K LIFEGUARD_DIR=$WORK/recording \
    LD_PRELOAD=$BUILD/liblifeguard.so serve >"$WORK/recorded"
is "the next run has no room either" "$(find "$WORK/recording" -name '*.trace*' | wc -l)" "$before"
status "it is kept" 0 "$LIFEGUARD" keep "$WORK/recording"
ok "... which says so, too" grep -q 'have reached their limit (--max-total)' "$WORK/err"
status "record gives the limit" 0 "$LIFEGUARD" record --max-total=128K -o "$WORK/other" -- \
    "$BUILD/samples/poold" --drive 20x50
ok "... and says that recording stopped" grep -q 'of them recording stopped before' "$WORK/err"
status "... that is reached" 3 "$LIFEGUARD" check "$WORK/other"
status "... and begins anew with -f" 0 "$LIFEGUARD" record -f --max-total=64M -o "$WORK/other" -- \
    "$BUILD/samples/poold" --drive 20x50
is "... and says nothing of that" "$(grep -c 'recording stopped' "$WORK/err")" 0
status "... where it is not" 0 "$LIFEGUARD" check "$WORK/other"
head -c 4096 /dev/urandom >"$WORK/other/total"
status "what is no count says nothing wrong" 3 "$LIFEGUARD" check "$WORK/other"
: >"$WORK/other/total"
status "... and an empty one nothing" 0 "$LIFEGUARD" check "$WORK/other"
for size in 0 -1 12X 5MB ''; do
    status "'$size' is no size" 2 "$LIFEGUARD" record --max-total="$size" -o "$WORK/none" true
done
done_testing
