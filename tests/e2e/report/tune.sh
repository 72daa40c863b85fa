#!/usr/bin/env bash
# lifeguard tune: the blocks of poold as simulated are those that were recorded, and what it says of
# another size is what poold has when it is built with that.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# tuned RECORDING [OPTION...]: into $WORK/tune.json.
tuned()
{
    "$LIFEGUARD" tune --format=json "${@:2}" "$1" >"$WORK/tune.json"
}

tune()
{
    jq -c "$1" "$WORK/tune.json"
}

# NAME A B: they are within 3 %.
near()
{
    ok "$1 ($2, $3)" awk -v a="$2" -v b="$3" \
        'BEGIN { exit !(b > 0 && a >= 0.97 * b && a <= 1.03 * b) }'
}

record_built()
{
    LIFEGUARD_QUIET=1 "$LIFEGUARD" record "${@:3}" -o "$WORK/$1" -- "$2" --drive 2x60,5 \
        --fault=leaked-subpool --fault=growing-pool --fault=hoard 2>"$WORK/record.err"
}

# build SIZE: poold with blocks of a multiple of SIZE.
build()
{
    (cd "$SOURCE" && "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE= -O2 -g -iquote . -rdynamic -DBLOCK_ROUND="$1" \
        samples/poold/*.c -o "$WORK/poold.$1")
}

# What is tried for SIZE: PROGRAM's sessions at most, all as they end.
predicted()
{
    tune ".settings[] | select(.name == \"PR_TUNABLE_POOL_SIZE\" and .bytes == $1) |
        $2" | head -n 1
}
most='(.processes[] | select(.kind == "session").malloc_bytes)'

work
status "poold is recorded" 0 record_built full "$BUILD/samples/poold"
status "its blocks are simulated" 0 tuned "$WORK/full" --size=256,1024,2048
ok "... hundreds of times they were looked at" test "$(tune .simulated.pools)" -gt 300
is "... and always as simulated" "$(tune '.simulated | [.mismatches, .unknown, .samples]')" '[0,0,[]]'
is "... the size that it was built with is known" \
    "$(tune '.settings[0] | [.name, .bytes, .recorded]')" '["PR_TUNABLE_POOL_SIZE",512,true]'
is "... what all pools had is what their places had" "$(tune '.total.block_bytes')" \
    "$(tune '[.places[].block_bytes] | add')"
is "... and what was simulated" "$(tune '.settings[0].block_bytes')" "$(tune '.total.block_bytes')"
is "... what wastes most is first, with who makes it" \
    "$(tune '.places[0] | [.pool, any(.created[]; .function == "leak_subpool"),
        .wasted_bytes == .block_bytes - .asked_bytes]')" '["leaked command pool",true,true]'
is "... the worst session had the most of all it had free and in pools" \
    "$(tune '.processes[] | select(.kind == "session") | .malloc_bytes >= .asked_bytes + .free_bytes')" \
    true
cp "$WORK/tune.json" "$WORK/full.json"

for size in 256 1024; do
    if ! build "$size"; then
        failed "poold is built with blocks of $size"
        continue
    fi
    cp "$WORK/full.json" "$WORK/tune.json"
    predicted_most=$(predicted "$size" "$most") predicted_all=$(predicted "$size" .block_bytes)
    status "poold with blocks of $size is recorded" 0 record_built "built.$size" "$WORK/poold.$size"
    tuned "$WORK/built.$size"
    is "... which is found" "$(tune '.settings[0].bytes')" "$size"
    is "... its blocks are as simulated" "$(tune .simulated.mismatches)" 0
    near "... and all its pools have what was predicted" "$predicted_all" \
        "$(tune .total.block_bytes)"
    near "... its worst session, too" "$predicted_most" "$(tune ".processes[] | select(.kind == \"session\").malloc_bytes")"
done

cp "$BUILD/samples/poold" "$WORK/gone"
"$LIFEGUARD" record -o "$WORK/less" -- "$WORK/gone" --drive 1x100,2 2>"$WORK/record.err"
rm "$WORK/gone"
tuned "$WORK/less" 2>/dev/null
is "without the program it is not known who called pallocsz(), which is told" \
    "$(tune '.simulated | [.mismatches > 0, .samples[0].pool, (.why | test("pallocsz"))]')" \
    '[true,"session.xfer.p",true]'

# Of one session alone.
pid=$(jq '.processes[] | select(.kind == "session").pid' "$WORK/full.json")
tuned "$WORK/full" --pid="$pid"
is "of a session alone, the master's are left out" "$(tune '[.processes[].kind]')" '["session"]'
ok "... and its pools are fewer" test "$(tune .total.pools)" -lt "$(jq .total.pools "$WORK/full.json")"

"$LIFEGUARD" tune --top=2 "$WORK/full" >"$WORK/text"
ok "people are told so" grep -q "^Simulated: each of .* as simulated\.$" "$WORK/text"
ok "... and what was recorded" grep -Eq '^  512 B, as recorded +[0-9]' "$WORK/text"
is "... of two places" "$(sed -n '/WASTED/,/^$/p' "$WORK/text" | grep -c '`')" 2

status "survivors alone are recorded" 0 record_built survivors "$BUILD/samples/poold" --survivors
status "... their blocks are told" 0 "$LIFEGUARD" tune "$WORK/survivors"
ok "... and that others are not known" grep -q '^Only survivors were recorded' "$WORK/out"
tuned "$WORK/survivors"
is "... to programs, too" "$(tune '[.simulated, .settings, (.places | length > 0)]')" '[null,[],true]'

for size in 0 127 64k 512, ,512 '' 99999999999999999999; do
    status "'$size' is no size" 2 "$LIFEGUARD" tune --size="$size" "$WORK/full"
done
status "no such process" 2 "$LIFEGUARD" tune --pid=1 "$WORK/full"
status "no such recording" 2 "$LIFEGUARD" tune "$WORK/none"
done_testing
