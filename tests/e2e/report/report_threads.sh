#!/usr/bin/env bash
# What report and check say does not depend on how many processors read the recording, nor, what
# any command says, on the key that its tables have in this run. The long version has
# ThreadSanitizer watch them, too.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
rounds=$((${SOAK:-0} ? 100 : 5))

# $first and $last: two of the processors that this test may run on, or the same one twice.
find_processors()
{
    local list
    list=$(taskset -pc $$ | sed 's/.*: //; s/[-,]/ /g')
    first=${list%% *} last=${list##* }
}

record()
{
    rm -rf "$WORK/recording"
    LD_PRELOAD=$BUILD/liblifeguard.so LIFEGUARD_DIR=$WORK/recording "$@" >"$WORK/log"
}

# on PROCESSORS FILE COMMAND...: leaves what the command says, with its exit status, in FILE.
on()
{
    local processors=$1 file=$2
    shift 2
    taskset -c "$processors" "$@" "$WORK/recording" >"$file" 2>&1
    echo "status $?" >>"$file"
}

same()
{
    local i
    on "$first" "$WORK/one" "$LIFEGUARD" "$@"
    for ((i = 0; i < rounds; i++)); do
        on "$first,$last" "$WORK/two" "$LIFEGUARD" "$@"
        cmp "$WORK/one" "$WORK/two" || return 1
    done
}

same_for()
{
    ok "$1: report as text" same report
    ok "$1: report as JSON" same report --format=json
    ok "$1: check" same check
}

# same_again COMMAND...: in two runs.
same_again()
{
    on "$first,$last" "$WORK/one" "$LIFEGUARD" "$@"
    on "$first,$last" "$WORK/two" "$LIFEGUARD" "$@"
    [ "$(wc -l <"$WORK/one")" -gt 1 ] && cmp "$WORK/one" "$WORK/two"
}

# How many rules found something: there is something to compare.
rules_found()
{
    jq -r '.findings[].rule' "$WORK/report.json" | sort -u | wc -l
}

watch_threads()
{
    local i
    env -u MAKEFLAGS -u MAKELEVEL make -s -C "$SOURCE" CC=gcc SANITIZE=thread \
        build/sanitize-thread/lifeguard || return 1
    for ((i = 0; i < rounds; i++)); do
        "$SOURCE/build/sanitize-thread/lifeguard" report "$WORK/recording" >"$WORK/out" || return 1
    done
}

work
find_processors
faults=(permanent-alloc permanent-alloc-restart leaked-subpool leaked-subpool-restart growing-pool
    growing-pool-restart use-after-destroy double-destroy needless-subpool lifetime-contract)
ok "a daemon with every fault is recorded" \
    record "$BUILD/samples/poold" --drive 60x20,10 "${faults[@]/#/--fault=}"
report "$WORK/recording"
is "all rules have something to say" "$(rules_found)" 7
same_for "60 sessions"
for command in tree "tree --format=json" roles info "html -o /dev/stdout" "check --sarif /dev/stdout" \
    "export --format="{folded,speedscope,pprof,perfetto,ndjson,dot}; do
    ok "... $command, twice" same_again $command
done
if ((${SOAK:-0})); then
    ok "no data race" watch_threads
fi

ok "processes that fork are recorded" record bash -c \
    'for i in 1 2 3 4 5 6; do ("$0" --drive 3x10 --fault=growing-pool; exit 0) & done; wait' \
    "$BUILD/samples/poold"
report "$WORK/recording"
is "... the shell's children, too" "$(json '[.processes[] | select(.kind == "session")] | length >= 18')" true
same_for "six daemons at once"

rm "$(find "$WORK/recording" -name '*.trace' -size +0 | sort | head -n 1)"
same_for "a trace is gone"
done_testing
