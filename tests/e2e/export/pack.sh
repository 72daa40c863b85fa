#!/usr/bin/env bash
# Traces at rest: packed by record or by pack, read like any other, and never lost on the way.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
poold=$BUILD/samples/poold

preloaded()
{
    env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/recording" "$@"
}

# What every command that reads a recording says of it.
sayings()
{
    local command
    for command in 'report --format=json' report info 'tree --format=json' 'tree --at=peak' check; do
        # shellcheck disable=SC2086 # a command and its option
        "$LIFEGUARD" $command "$WORK/recording"
        echo "$?"
    done 2>&1
}

reads_as_before()
{
    sayings | diff "$WORK/before" -
}

# $1 is what lies in the recording from now on: unpacked or packed.
restore()
{
    rm -rf "$WORK/recording"
    cp -a --sparse=always "$WORK/$1" "$WORK/recording"
}

files()
{
    find "$WORK/recording" -mindepth 1 -printf '%f %s %T@ %i\n' | sort
}

count()
{
    find "$WORK/recording" -mindepth 1 -name "$1" | wc -l
}

# The longest file of the recording whose name ends with $1.
longest()
{
    find "$WORK/recording" -name "*$1" -printf '%s %p\n' | sort -n | sed -n '$s/^[0-9]* //p'
}

differing()
{
    local trace
    for trace in "$WORK"/unpacked/*.trace; do
        zstd -dcq "$WORK/recording/${trace##*/}.zst" >"$WORK/trace"
        cmp -n "$(stat -c %s "$WORK/trace")" "$WORK/trace" "$trace"
    done
}

work
mkdir -m 700 "$WORK/recording"
ok "a master, sessions and faults are recorded without record" preloaded \
    "$poold" --drive 4x2000,20 --fault=leaked-subpool --fault=growing-pool-restart
sayings >"$WORK/before"
cp -a --sparse=always "$WORK/recording" "$WORK/unpacked"
status "they are packed" 0 "$LIFEGUARD" pack "$WORK/recording"
ok "... which tells the sizes" grep -qE '^lifeguard: 5 traces packed, [0-9.]+ .B to [0-9.]+ .B$' "$WORK/out"
is "... each in its place" "$(count '*.trace.zst') $(count '*')" '5 5'
is "... for their owner's eyes only" "$(stat -c %a "$WORK"/recording/* | sort -u)" 600
ok "... and every command says the same as before" reads_as_before
is "... zstd unpacks what was there" "$(differing)" ''
files >"$WORK/files"
status "once more" 0 "$LIFEGUARD" pack "$WORK/recording"
ok "... there is nothing to do" grep -q 'nothing to pack' "$WORK/out"
is "... and nothing is done" "$(files)" "$(<"$WORK/files")"
cp -a "$WORK/recording" "$WORK/packed"
zstd -dq --rm "$(longest .zst)"
ok "one that is packed in part reads the same" reads_as_before

# What a pack leaves that was killed before a trace was removed, and before one had its name.
restore unpacked
cp -a "$WORK"/packed/* "$WORK/recording"
ok "traces that are there packed and as they were count once" reads_as_before
head -c 1000 "$(longest .zst)" >"$WORK/recording/.1.trace.zst.part"
status "... and are packed" 0 "$LIFEGUARD" pack "$WORK/recording"
is "... with nothing left over" "$(find "$WORK/recording" -mindepth 1 | wc -l)" 5
ok "... nor lost" reads_as_before

killed_anywhere()
{
    local round pid
    for ((round = 0; round < 10; round++)); do
        restore unpacked
        "$LIFEGUARD" pack "$WORK/recording" &
        pid=$!
        sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
        kill -KILL "$pid"
        wait "$pid" 2>/dev/null
        "$LIFEGUARD" report --format=json "$WORK/recording" | cmp - "$WORK/report.json" || return
    done
}
report "$WORK/unpacked"
ok "nothing is lost when pack is killed" killed_anywhere

# --- packed traces that are damaged -----------------------------------------------------------

printf '[gate]\nfail-on = never\n' >"$WORK/never.policy"

# refused NAME COMMAND...: COMMAND spoils $trace, which costs that one alone.
refused()
{
    local name=$1
    shift
    restore packed
    trace=$(longest .zst)
    "$@"
    status "$name" 0 "$LIFEGUARD" report "$WORK/recording"
    ok "... the file is named" grep -q "ATTENTION A trace cannot be used: .*[0-9]\.trace\.zst: " "$WORK/out"
    ok "... the others are reported" grep -q 'recorded  4 processes' "$WORK/out"
    status "... and there is no verdict: 3" 3 "$LIFEGUARD" check --policy "$WORK/never.policy" \
        "$WORK/recording"
}

# doubted NAME COMMAND...: what is whole is read, and there is no verdict.
doubted()
{
    local name=$1
    shift
    restore packed
    trace=$(longest .zst)
    "$@"
    status "$name" 0 "$LIFEGUARD" report --format=json "$WORK/recording"
    ok "... the other processes are whole" \
        jq -e '[.processes[].exit] | map(select(. == 0)) | length == 4' "$WORK/out"
    status "... and there is no verdict: 3" 3 "$LIFEGUARD" check --policy "$WORK/never.policy" \
        "$WORK/recording"
    ok "... the place is told" grep -q 'damaged: at offset [0-9]' "$WORK/err" "$WORK/out"
}

change_a_byte()
{
    local byte place=$(($(stat -c %s "$trace") / 2))
    byte=$(od -An -tu1 -j "$place" -N 1 "$trace")
    # shellcheck disable=SC2059 # the byte, as printf writes it
    printf "\\x$(printf %x $((byte ^ 0x55)))" |
        dd of="$trace" bs=1 seek="$place" conv=notrunc status=none
}

cut_short()
{
    truncate -s 100 "$trace"
}

cut_in_half()
{
    truncate -s "$(($(stat -c %s "$trace") / 2))" "$trace"
}

# As large as it says, and more than a reader should hold.
bomb()
{
    head -c 3G /dev/zero | zstd -q >"$trace"
}

other_data()
{
    zstd -q -f "$poold" -o "$trace"
}

# shellcheck disable=SC2046 # two words
of_another_process()
{
    cp $(find "$WORK/recording" -name '*.zst' ! -path "$trace" | head -n 1) "$trace"
}

refused "one cut off in its first frame cannot be read" cut_short
doubted "one cut in half is read as far as it goes" cut_in_half
doubted "one with a byte changed, too" change_a_byte
refused "something else that is packed is no trace" other_data
if (ulimit -S -v 1000000 && "$LIFEGUARD" --version) >"$WORK/out" 2>&1; then
    ulimit -S -v 1000000
    refused "neither is what would unpack to gigabytes" bomb
else
    skip "what would unpack to gigabytes" "a sanitizer takes more address space than that"
fi
ulimit -S -v unlimited
refused "nor a copy of another trace" of_another_process

# --- while it runs ----------------------------------------------------------------------------

restore packed
"$LIFEGUARD" record -f -o "$WORK/recording" -- "$poold" >"$WORK/port" 2>"$WORK/err" &
recorder=$!
at_exit eval "kill $recorder 2>/dev/null || :"
wait_until [ -s "$WORK/port" ]
is "record -f removes packed traces" "$(count '*.zst')" 0
status "the trace of a process that runs" 0 "$LIFEGUARD" pack "$WORK/recording"
ok "... is left alone" grep -q '1 still being written' "$WORK/out"
is "... as it is" "$(count '*.zst') $(count '*.trace')" '0 1'
kill -TERM "$recorder"
wait "$recorder"
is "... and packed when it has ended, by record" "$(count '*.zst') $(count '*.trace')" '1 0'
status "... as info reads it" 0 "$LIFEGUARD" info "$WORK/recording"

# The recorder knows of no packed traces: it may give a process the name of one.
mv "$(longest .zst)" "$WORK/other"
restore unpacked
mv "$WORK/other" "$(longest .trace).zst"
status "where a packed trace has its name already" 0 "$LIFEGUARD" pack "$WORK/recording"
is "... it gets another" "$(count '*.1.trace.zst') $(count '*')" '1 6'
done_testing
