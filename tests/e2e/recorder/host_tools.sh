#!/usr/bin/env bash
# Beside other tools in or around the same process the program does what it does without us, and all
# of it is recorded: other allocators and other preloaded libraries, in either order, sanitizers,
# tracers, profilers. SOAK=1: more of them.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work

recorder="$BUILD/liblifeguard.so"
plan=3x20
"$BUILD/samples/poold" --drive $plan --fault=growing-pool >"$WORK/alone" 2>&1

# What a recording of it counts and finds: the same each time. Of the events those on pools: a name is
# told again where another pool took its place in the table of those that are known.
sums()
{
    "$LIFEGUARD" report --format=json "$1" | jq -c '[.recording.lost_events, ([.processes[].events] | add),
        .recording.coverage.mismatches, ([.findings[] | [.rule, .fingerprint, .count, .bytes]] | sort)]'
}

# beside NAME COMMAND...: COMMAND runs the program in whose environment the recorder is.
beside()
{
    local name=$1
    shift
    mkdir -m 700 "$WORK/$name"
    status "beside $name it ends as ever" 0 env LIFEGUARD_QUIET=1 LIFEGUARD_DIR="$WORK/$name" "$@"
    is "... says what it says" "$(<"$WORK/out")" "$(<"$WORK/alone")"
    is "... and is recorded alike" "$(sums "$WORK/$name")" "$recorded"
}

mkdir -m 700 "$WORK/nothing"
LIFEGUARD_QUIET=1 LIFEGUARD_DIR="$WORK/nothing" LD_PRELOAD="$recorder" "$BUILD/samples/poold" \
    --drive $plan --fault=growing-pool >"$WORK/out"
recorded=$(sums "$WORK/nothing")
ok "the program by itself has findings" grep -q growing-pool <<<"$recorded"
drive=("$BUILD/samples/poold" --drive $plan --fault=growing-pool)

# preloaded NAME FILE PACKAGE...: a library of Debian's, before the recorder and behind it.
preloaded()
{
    local why library
    if ! why=$("$SOURCE/samples/fetch" "$1" "tools/$1" "usr/lib/x86_64-linux-gnu/$2" "${@:3}" 2>&1); then
        skip "$1" "$why"
        return
    fi
    library="$SOURCE/build/tools/$1/usr/lib/x86_64-linux-gnu/$2"
    beside "$1-first" env LD_LIBRARY_PATH="${library%/*}" LD_PRELOAD="$library:$recorder" "${drive[@]}"
    beside "$1-last" env LD_LIBRARY_PATH="${library%/*}" LD_PRELOAD="$recorder:$library" "${drive[@]}"
}
preloaded jemalloc libjemalloc.so.2 libjemalloc2
preloaded tcmalloc libtcmalloc_minimal.so.4 libtcmalloc-minimal4
if ((${SOAK:-0})); then
    preloaded mimalloc libmimalloc.so.2.0 libmimalloc2.0
    preloaded eatmydata libeatmydata.so libeatmydata1
fi

# traced NAME COMMAND...: a tool around it.
traced()
{
    if "${@:2}" true >/dev/null 2>&1; then
        beside "$1" "${@:2}" env LD_PRELOAD="$recorder" "${drive[@]}"
    else
        skip "$1" "it cannot be used here"
    fi
}
traced strace strace -f -qq -o /dev/null
traced perf perf record -q -g -o "$WORK/perf.data"

for sanitizer in address undefined thread; do
    if ${CC:-cc} -g -O1 -fsanitize=$sanitizer -rdynamic "$SOURCE"/samples/poold/*.c \
        -o "$WORK/poold-$sanitizer" 2>"$WORK/err"; then
        mkdir -m 700 "$WORK/$sanitizer"
        LIFEGUARD_QUIET=1 ASAN_OPTIONS=detect_leaks=0 status "built with -fsanitize=$sanitizer it ends as ever" 0 \
            "$LIFEGUARD" record -f -o "$WORK/$sanitizer" -- "$WORK/poold-$sanitizer" --drive $plan \
            --fault=growing-pool
        is "... says what it says" "$(<"$WORK/out")" "$(<"$WORK/alone")"
        is "... nothing is lost" "$(sums "$WORK/$sanitizer" | jq -c '[.[0], .[2], (.[3] | length > 0)]')" \
            '[0,0,true]'
    else
        skip "-fsanitize=$sanitizer" "$(head -1 "$WORK/err")"
    fi
done
done_testing
