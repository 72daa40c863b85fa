#!/usr/bin/env bash
# What a host may do that a recorder is easily hurt by, or by which it hurts the host: the program
# ends as ever, and what could not be recorded is told.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
children=$((${SOAK:-0} ? 400 : 20))

# record RECORDING WORD...: leaves what info says in $WORK/info.
record()
{
    local to=$WORK/$1
    shift
    LD_PRELOAD=$BUILD/liblifeguard.so LIFEGUARD_DIR=$to "$@" >"$WORK/out" || return
    "$LIFEGUARD" info "$to" >"$WORK/info"
}

host()
{
    local to=$1
    shift
    record "$to" "$BUILD/e2e/worst_host" "$@"
}

traces()
{
    find "$WORK/$1" -name '*.trace' | wc -l
}

work

ok "code without an unwind table calls pools" host code code 1000
ended=$(told 'end at code without an unwind table') taken=$(told unwound)
is "... backtraces end there, and are counted" "$ended" $((taken - 1))
ok "... they are remembered" test "$taken" -gt 1 -a "$taken" -lt 100
is "... and libunwind is not asked again and again" "$(told 'of them by libunwind')" 0
status "... no verdict is given by them" 3 "$LIFEGUARD" check "$WORK/code"
ok "... which tells why" grep -q "$ended of $taken backtraces end before their outermost frame" \
    "$WORK/out" "$WORK/err"
ok "... each is marked" sh -c "'$LIFEGUARD' export --format=ndjson '$WORK/code' | grep -q cut"

ok "children that begin with several threads at once" host threads threads "$children"
is "... have one trace each" "$(traces threads)" $((children + 1))
ok "... none is damaged" sh -c "! grep -q damaged '$WORK/info'"

ok "forks that fail" host forks forks 3
ok "... are no children that were not recorded" sh -c "! grep -q 'no trace' '$WORK/info'"

ok "no large mapping of the recorder's has huge pages" host pages pages
is "... where each touch would take 2 MiB" "$(<"$WORK/out")" "$("$BUILD/e2e/worst_host" pages)"

ok "a child maps little of its trace" host windows windows
read -r mapped dumped <"$WORK/out"
ok "... 8 MiB at most, whatever the trace may become" test "$mapped" -gt 0 -a "$mapped" -le 8192
is "... of which nothing is in a core dump" "$dumped" 0

ok "a recording that stopped early" env LIFEGUARD_MAX_SIZE=64K bash -c \
    "$(declare -f record host); BUILD=$BUILD LIFEGUARD=$LIFEGUARD WORK=$WORK; host stop stop 20000"
ok "... takes no backtraces any more" test "$(told unwound)" -le "$(told 'on pools')"
ok "... and counts what is lost" test "$(told 'events were lost after recording had stopped')" -gt 10000

pools=$((${SOAK:-0} ? 100000 : 20000)) forks=$((${SOAK:-0} ? 1000 : 5))
ok "$forks children of a master with $pools pools" host children children $pools $forks
is "... each has a trace" "$(traces children)" $((forks + 1))
largest=$(find "$WORK/children" -name '*.trace' -printf '%b %f\n' | sort -n | sed '$d' | tail -n 1)
ok "... do not write what their parent has" test "${largest%% *}" -le 128
report "$WORK/children"
is "... and nothing is lost or different" \
    "$(json '.recording | [.lost_events, .coverage.mismatches]')" '[0,0]'

# link LINKER: a library of many functions, whose hash table is behind the first page.
link_library()
{
    local n
    {
        echo '#include "tests/e2e/programs/pools.h"'
        for ((n = 0; n < 500; n++)); do
            echo "int exported_with_a_long_name_$n(void) { return $n; }"
        done
    } | gcc -x c -iquote "$SOURCE" -O2 -shared -fPIC "-fuse-ld=$1" -o "$WORK/lib$1.so" -
}
for linker in bfd gold lld; do
    if ! command -v "ld.$linker" >/dev/null; then
        skip "a library by $linker" "there is no ld.$linker here"
        continue
    fi
    ok "a library by $linker, loaded late" link_library "$linker"
    ok "... is recorded" record "$linker" "$BUILD/e2e/late_pools" "$WORK/lib$linker.so"
    is "... all of it" "$(told 'allocations,')" 100
done

# In a namespace of mounts without /proc.
without_proc()
{
    LD_PRELOAD='' unshare --mount sh -c "umount -l /proc && LD_PRELOAD=$BUILD/liblifeguard.so \
        LIFEGUARD_DIR=$WORK/noproc exec $BUILD/e2e/worst_host code 10"
}
if [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
    ok "a program without /proc" without_proc
    is "... is known by the name it was started by" \
        "$("$LIFEGUARD" info "$WORK/noproc" | sed -n 's/^program *//p')" "$BUILD/e2e/worst_host"
else
    skip "a program without /proc" "only root can take it away"
fi
# Its tools take memory for each page that is mapped, however far away.
if command -v valgrind >/dev/null; then
    status "under valgrind a program ends as ever" 0 env LD_PRELOAD="$BUILD/liblifeguard.so" \
        LIFEGUARD_DIR="$WORK/valgrind" valgrind -q --log-file=/dev/null \
        "$BUILD/samples/poold" --drive 1x5
    is "... recorded" "$("$LIFEGUARD" processes --format=json "$WORK/valgrind" |
        jq '[.processes[].units.command] | add')" 6
else
    skip "valgrind" "it is not installed"
fi
done_testing
