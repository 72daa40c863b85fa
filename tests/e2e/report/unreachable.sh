#!/usr/bin/env bash
# unreachable-subpool: pools that nothing refers to are found after one occurrence, on stock ProFTPD,
# too; on what is known to be clean, nothing is, at whatever moment.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
need_proftpd

# What is unreachable in $WORK/recording: "tag k of n" each.
lost()
{
    report "$WORK/recording" || return
    jq -r '.findings[] | select(.reachability.unreachable) |
        "\(.pool.tag) \(.reachability.unreachable) of \(.reachability.alive)"' \
        "$WORK/report.json" | sort
}

# poold PLAN OPTION...
poold()
{
    local plan=$1
    shift
    "$LIFEGUARD" record "$@" -f -o "$WORK/recording" -- "$BUILD/samples/poold" --drive "$plan" \
        "${faults[@]}" >"$WORK/out" 2>&1
}

walks()
{
    report "$WORK/recording"
    jq -c '.recording.walks | [.done, (.not_judged | add)]' "$WORK/report.json"
}

faults=(--fault=leaked-subpool)
poold 1x1
is "one pool, once" "$(lost)" "leaked command pool 1 of 1"
is "... by the rule of its own" "$(json '[.findings[].rule]')" '["unreachable-subpool"]'
is "... as an error" "$(json '[.findings[].severity]')" '["error"]'
is "... with who made it" "$(json '.findings[0].pool.created[0].function')" '"leak_subpool"'
is "... and when it was lost" \
    "$(json '.findings[0].reachability | [.walk, .after.index, .before.index]')" '["exit",1,2]'
status "the gate fails" 1 "$LIFEGUARD" check "$WORK/recording"
poold 1x1 --walk=off
is "not with --walk=off" "$(lost)" ""
poold 2x30
is "a leaked subpool says so itself" "$(lost) $(json '[.findings[].rule]')" \
    'leaked command pool 60 of 60 ["leaked-subpool"]'
status "--walk wants a word that it knows" 2 "$LIFEGUARD" record --walk=never -- true

faults=(--fault=dangling-variable-restart)
poold 1x1,3 --poison
report "$WORK/recording"
is "the variable with a dangling pointer is named, at its own address" \
    "$(json '.findings[] | select(.rule == "dangling-pointer") | [.weak, .stack[0].variable,
        .stack[0].function, .stack[0].offset]')" \
    "[false,true,\"remembered\",$((16#$(nm "$BUILD/samples/poold" | awk '$3 == "remembered" { print $1 }')))]"
"$LIFEGUARD" check --sarif "$WORK/sarif" "$WORK/recording" >"$WORK/out" 2>&1
is "... and in SARIF, as a variable" \
    "$(jq -cr '.runs[0].results[] | select(.ruleId == "dangling-pointer") |
        .locations[0].logicalLocations[0] | .fullyQualifiedName, .kind' "$WORK/sarif")" \
    $'poold!remembered\nvariable'

faults=(--fault=dangling-large)
poold 1x3 --poison
report "$WORK/recording"
is "... at the exit, too, and into a further block of the pool" \
    "$(json '.findings[] | select(.rule == "dangling-pointer") | [.stack[0].variable, .pool.tag,
        .reachability.holder.target_block, .reachability.holder.target_offset]')" \
    '[true,"pool of a large answer","further",0]'

faults=()
for plan in 3x60,12 1x200 12x5 0x0,30; do
    for walk in end units; do
        poold "$plan" --walk=$walk
        is "clean: poold $plan, --walk=$walk" "$(lost)" ""
        poold "$plan" --walk=$walk --poison
        is "... with --poison" "$(lost)$(json '[.findings[] | select(.rule == "dangling-pointer")]')" '[]'
    done
done
report "$WORK/recording"
is "all walks were run" "$(json '.recording.walks.not_judged | add')" 0

# A filter that kills who opens a file: nothing is opened for a walk, at units of work either.
in_units=false
for walk in end units; do
    status "killed by nothing in a program that may not open files, --walk=$walk" 7 \
        "$LIFEGUARD" record --walk=$walk -f -o "$WORK/recording" -- "$BUILD/e2e/host_seccomp"
    is "... and what it has lost is found, with what it has mapped since" "$(lost)" "lost 1 of 1"
    is "... by walks that were run" \
        "$(json '.recording.walks | [.when.shutdown, .when.unit > 0, (.not_judged | add)]')" "[1,$in_units,0]"
    in_units=true
done

status "pools whose pointers are hard to see" 0 \
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$BUILD/e2e/host_hidden"
is "... are not lost, nor is one that is used later; of others, all but what a stale word hides are" "$(lost)" "lost 2 of 3"

if [ -r /proc/self/fdinfo/0 ]; then
    status "the same, none of which is used any more" 0 \
        "$LIFEGUARD" record -f -o "$WORK/recording" -- "$BUILD/e2e/host_hidden" unused
    is "... are not lost, nor is what the kernel alone keeps" "$(lost)" "lost 2 of 3"
fi

# Beside other threads: two walks have to agree; not under a filter of system calls.
status "a program with other threads, --walk=units" 7 \
    "$LIFEGUARD" record --walk=units -f -o "$WORK/recording" -- "$BUILD/e2e/host_beside" 3
is "... has lost a pool, and nothing else" "$(lost)" "lost 1 of 1"
is "... by walks beside them" \
    "$(json '.recording.walks | [.agreed >= 2, .agreed == .done, (.not_judged | add)]')" '[true,true,0]'
status "the same, under a filter that would kill for it" 7 \
    "$LIFEGUARD" record --walk=units -f -o "$WORK/recording" -- "$BUILD/e2e/host_beside" 1 filter
is "... is not walked, and says so" "$(walks | jq -c '[.[0], .[1] > 0]')" '[0,true]'
status "the same, by default" 7 \
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$BUILD/e2e/host_beside" 1
is "... is not walked, and says so" "$(walks)" '[0,1]'

# Memory that came since is not looked at a page at a time where there is much: it would be there then.
is "a walk leaves memory that nobody has touched as it is" "$(LD_PRELOAD="$BUILD/liblifeguard.so" \
    LIFEGUARD_DIR="$WORK/shared" LIFEGUARD_WALK=units "$BUILD/e2e/host_shared")" "no more than few"
"$LIFEGUARD" report --format=json "$WORK/shared" >"$WORK/report.json"
is "... and is done, before a fork, too" "$(json '.recording.walks.done >= 2')" true

# ftp RESTARTS WHAT: ProFTPD at work, with so many restarts
ftp()
{
    local i
    rm -rf "$WORK/recording" "$WORK/proftpd"
    record_proftpd "${2-}" || return
    for ((i = 0; i < $1; i++)); do
        proftpd_restart
    done
    for i in 1 2 3; do
        ftp_curl @/ >/dev/null 2>&1
        proftpd_wait has_no_session
    done
    proftpd_stop
}

export LIFEGUARD_WALK=units
ftp 0
is "clean: stock ProFTPD" "$(lost)" ""
is "... with its sessions, which see no /proc in their jail" \
    "$(json '.recording.walks | [.when.exit >= 3, (.not_judged | add)]')" '[true,0]'
ftp 2
delay() # "N of N" pools of mod_delay, where that lies apart
{
    ! proftpd_delay_is_shared || echo "mod_delay/0.8 $1"
}
is "... with restarts" "$(lost)" "$(delay '2 of 2')"
ftp 0 modules
is "... with its modules" "$(lost)" ""
ftp 1 modules
expected=$(delay '1 of 1' && printf '%s 1 of 1\n' mod_memcache/0.1 'mod_quotatab/1.3.1: Backend Pool')
is "one restart with modules: its leaks, and nothing else" "$(lost)" "$expected"
is "... each once" \
    "$(json '[.findings[] | select(.rule == "unreachable-subpool") | .count] | add')" "$(wc -l <<<"$expected")"
"$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
ok "info says when pools were walked" grep -q '^walks .* before shutdown' "$WORK/info"

done_testing
