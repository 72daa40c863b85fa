#!/usr/bin/env bash
# lifeguard keep sums up processes that ended long ago, so that a recording does not grow by how many
# there were: what is found stays the same, in whichever steps it is done, and whenever keep is
# killed. SEED=N repeats a run; SOAK=1: a hundred thousand sessions, and two hundred kills.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

SOAK=${SOAK:-0}
SEED=${SEED:-$$}
RANDOM=$SEED
SESSIONS=700
KEPT=256 # at most so many that could be summed up are not
echo "# SEED=$SEED"

# What a recording comes to: all but times, the numbers of processes, and a line for each.
came_to()
{
    "$LIFEGUARD" report --format=json "$WORK/$1" | jq -S 'del(.processes, .recording.summed_up) |
        del(.findings[] | .pids, .first, .last, .held_per_day, .worst.pid) |
        walk(if type == "object" then del(.pid, .at, .index, .time) else . end)'
}

is_as_before()
{
    came_to "$1" | diff - "$WORK/before" | head -n 20
}

sums()
{
    echo "$WORK/$1"/keep.*.state
}

traces()
{
    find "$WORK/$1" -name '*.trace*' | wc -l
}

summed_up()
{
    "$LIFEGUARD" report --format=json "$WORK/$1" | jq .recording.summed_up
}

# keep NAME, to its end.
keep()
{
    "$LIFEGUARD" keep -d 0.1 "$WORK/$1" >"$WORK/out" 2>"$WORK/err"
}

# The sessions' traces, in random order.
shuffled()
{
    find "$WORK/whole" -name '*.trace.zst' ! -samefile "$master" |
        shuf --random-source=<(yes "$SEED$1")
}

# take NAME FROM TO: copies these of the sessions' traces.
take()
{
    shuffled "$1" | sed -n "$2,$3p" | xargs -r cp -p -t "$WORK/$1"
}

begin_copy()
{
    rm -rf "${WORK:?}/$1"
    mkdir -m 700 "$WORK/$1"
    cp -p "$master" "$WORK/$1"
}

# In two steps, with others that are there each time.
in_steps()
{
    local first=$((520 + RANDOM % (SESSIONS - 520)))
    begin_copy steps
    take steps 1 "$first"
    keep steps || return
    (($(summed_up steps) >= first - KEPT)) || return
    take steps $((first + 1)) $SESSIONS
    keep steps
}

# Another file than the one of that inode.
has_new_sums()
{
    local inode
    inode=$(stat -c %i "$(sums "$1")" 2>/dev/null) && [ "$inode" != "$2" ]
}

# Summed up, and killed before the traces go.
sum_up()
{
    local before pid
    before=$(stat -c %i "$(sums "$1")" 2>/dev/null)
    "$LIFEGUARD" keep -d 0.1 "$WORK/$1" >/dev/null 2>&1 &
    pid=$!
    wait_until has_new_sums "$1" "$before"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    has_new_sums "$1" "$before"
}

# Twice, with more that ended before the first ones' traces have gone.
summed_up_twice()
{
    local left
    begin_copy twice
    take twice 1 600
    sum_up twice || return
    left=$(summed_up twice)
    take twice 601 $SESSIONS
    sum_up twice || return
    (($(summed_up twice) > left && $(traces twice) == SESSIONS + 1))
}

# killed N: at so many random moments.
killed()
{
    local round pid
    for ((round = 0; round < $1; round++)); do
        ((round % 8)) || { rm -rf "$WORK/killed" && cp -a "$WORK/whole" "$WORK/killed"; }
        "$LIFEGUARD" keep -d 0.1 "$WORK/killed" >/dev/null 2>&1 &
        pid=$!
        sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
        kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        [ -z "$(is_as_before killed)" ] || return
    done
}

# damage FILE OFFSET BYTES
damage()
{
    printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# refused WORDS: no verdict is given on what cannot be read, and it is said why.
refused()
{
    status "... and there is no verdict" 3 "$LIFEGUARD" check --policy "$WORK/never.policy" \
        "$WORK/folded"
    ok "... as is said" grep -q "$1" "$WORK/out" "$WORK/err"
    cp -pn "$WORK"/whole/*.zst "$WORK/folded"
    status "... nor does keep go on with it" 2 keep folded
    ok "... as it says" grep -q "$1" "$WORK/err"
}

# On a disk with little room.
on_a_full_disk()
{
    mkdir "$WORK/disk"
    if ! mount -t tmpfs -o size=8m,mode=700 lifeguard-test "$WORK/disk" 2>/dev/null; then
        skip "on a full disk" "no file system can be mounted here"
        return
    fi
    at_exit umount -l "$WORK/disk"
    cp -a "$WORK/whole" "$WORK/disk/recording"
    dd if=/dev/zero of="$WORK/disk/filler" bs=4096 2>/dev/null
    status "on a full disk sums are not said to be written" 2 keep disk/recording
    ok "... but why" grep -q 'No space left' "$WORK/err"
    is "... with nothing lost" "$(is_as_before disk/recording)" ''
    rm "$WORK/disk/filler"
    status "... and they are where there is room again" 0 keep disk/recording
    is "... with the same found" "$(is_as_before disk/recording)" ''
}

# The daemon is started again: what its two runs have in sums is not added up, and that is said.
two_runs()
{
    local both='processes that are summed up, which are not counted'
    LIFEGUARD_QUIET=1 LIFEGUARD_DIR="$WORK/folded" LD_PRELOAD="$BUILD/liblifeguard.so" \
        "$BUILD/samples/poold" --drive 530x1
    status "another run is kept beside it" 0 keep folded
    is "... in sums of its own" "$(find "$WORK/folded" -name '*.state' | wc -l)" 2
    is "... with nothing of the other's" \
        "$("$LIFEGUARD" report --format=json "$WORK/folded" 2>"$WORK/err" | jq -c .findings)" '[]'
    status "of all runs there is no verdict" 3 "$LIFEGUARD" check --run=all \
        --policy "$WORK/never.policy" "$WORK/folded"
    ok "... as is said" grep -q "$both" "$WORK/out"
    ok "... by report, too" grep -q "$both" <("$LIFEGUARD" report --run=all "$WORK/folded")
    is "... not of one" "$(grep -c "$both" <("$LIFEGUARD" report --run=1 "$WORK/folded"))" 0
    is "... which counts its own" "$("$LIFEGUARD" report --run=1 --format=json "$WORK/folded" |
        jq .recording.work.session)" $SESSIONS
}

# A hundred thousand sessions, a part of them at a time.
months()
{
    local begun most=0 taken
    rm -rf "$WORK/months"
    "$LIFEGUARD" record --keep -o "$WORK/months" -- "$BUILD/samples/poold" --drive 100000x6,20@500 \
        --fault=growing-pool --fault=leaked-subpool 2>"$WORK/err" &
    begun=$!
    at_exit eval "kill $begun 2>/dev/null"
    while kill -0 $begun 2>/dev/null; do
        taken=$(du -k -s "$WORK/months" 2>/dev/null | cut -f1)
        ((${taken:-0} <= most)) || most=$taken
        sleep 1
    done
    wait $begun
    keep months
    echo "# $most KB at most, $(du -k -s "$WORK/months" | cut -f1) in the end," \
        "$(du -k "$(sums months)" | cut -f1) of them sums of $(summed_up months) processes"
    report "$WORK/months"
    is "in a hundred thousand sessions each is counted" \
        "$(json '[.recording.work.session, .findings[0].count]')" '[100000,600000]'
}

work
printf '[gate]\nfail-on = never\n' >"$WORK/never.policy"
"$LIFEGUARD" record -o "$WORK/whole" -- "$BUILD/samples/poold" --drive ${SESSIONS}x8,12 \
    --fault=growing-pool --fault=growing-pool-restart --fault=leaked-subpool \
    --fault=permanent-alloc --fault=use-after-destroy 2>"$WORK/err"
is "a daemon serves $SESSIONS sessions" $? 0
"$LIFEGUARD" pack "$WORK/whole" >/dev/null 2>&1
master=$(find "$WORK/whole" -name '*.trace.zst' -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
came_to whole >"$WORK/before"
cp -a "$WORK/whole" "$WORK/folded"
status "they are kept" 0 keep folded
ok "... most of them in sums" test "$(summed_up folded)" -ge $((SESSIONS - KEPT))
is "... and the others as they were" "$(traces folded)" $((SESSIONS + 1 - $(summed_up folded)))
is "... of which the same is found" "$(is_as_before folded)" ''
report "$WORK/folded"
valid_report
is "... in as many processes" "$(json '.findings[] | select(.rule == "leaked-subpool") |
    (.pids | length) + .pids_left_out')" $SESSIONS
ok "... as report says" grep -qE '^ +summed up [0-9]+ processes' <("$LIFEGUARD" report "$WORK/folded")
ok "... and info" grep -q 'are summed up' <("$LIFEGUARD" info "$WORK/folded")
ok "... and processes" grep -q 'are summed up' <("$LIFEGUARD" processes "$WORK/folded")
is "... and a comparison finds no difference" \
    "$("$LIFEGUARD" diff --format=json "$WORK/whole" "$WORK/folded" | jq -c '.summary')" \
    "$("$LIFEGUARD" diff --format=json "$WORK/whole" "$WORK/whole" | jq -c '.summary')"
ok "in any two steps it is the same" in_steps
is "... that is found" "$(is_as_before steps)" ''
ok "where more are summed up, traces of those before are there still" summed_up_twice
is "... and not counted again" "$(is_as_before twice)" ''
killed $((SOAK ? 200 : 6))
is "whenever keep is killed, nothing is lost or counted twice" $? 0
status "... and another one goes on" 0 keep killed
is "... to the same" "$(is_as_before killed)" ''
cp -a "$WORK/whole" "$WORK/two"
keep two & "$LIFEGUARD" keep -d 0.1 "$WORK/two" >/dev/null 2>&1
wait $!
is "two that keep do each other no harm" "$(is_as_before two)" ''
on_a_full_disk
cp -a "$WORK/folded" "$WORK/kept"
two_runs
rm -rf "$WORK/folded"
mv "$WORK/kept" "$WORK/folded"
cp -p "$(sums folded)" "$WORK/sums"
damage "$(sums folded)" $(($(stat -c %s "$WORK/sums") / 2)) '\x55\xaa\x55'
ok "sums that are damaged are refused" grep -q 'is damaged: what it holds' \
    <("$LIFEGUARD" report "$WORK/folded" 2>&1)
refused 'is damaged'
cp -p "$WORK/sums" "$(sums folded)"
damage "$(sums folded)" 8 '\x63'
ok "so are those of another version" grep -q 'another version' \
    <("$LIFEGUARD" report "$WORK/folded" 2>&1)
refused 'another version'
"$LIFEGUARD" record -f -o "$WORK/folded" -- "$BUILD/samples/poold" --drive 1x8 2>"$WORK/err"
is "a recording in its place begins anew" "$(summed_up folded)" 0
((!SOAK)) || months
done_testing
