#!/usr/bin/env bash
# A directory that holds several runs of a daemon: the latest is told, others are asked for, and what
# only looked at its configuration is of none.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# start ARGUMENT...: poold with these, recorded into the same directory as it was before.
start()
{
    LIFEGUARD_QUIET=1 LIFEGUARD_DIR=$WORK/recording LD_PRELOAD=$BUILD/liblifeguard.so \
        "$BUILD/samples/poold" "$@" >/dev/null
}

# of RUN FILTER: of the report of that run; "" is what is told without asking.
of()
{
    "$LIFEGUARD" report --format=json ${1:+--run=$1} "$WORK/recording" | jq -c "$2"
}

work
ok "a daemon checks its configuration" start --drive 0x0
ok "... and runs" start --drive 2x10 --fault leaked-subpool
ok "... does both again, without its fault" eval 'start --drive 0x0 && start --drive 3x10'
is "the latest run is told" "$(of '' '[.recording.work.session, (.findings | length)]')" '[3,0]'
is "... which of how many" "$(of '' '.recording.runs | [.run, .count, (.started | length)]')" '[2,2,2]'
is "checks of the configuration are no masters" \
    "$(of all '[.recording.runs.startup_checks, .recording.work.master]')" '[2,2]'
is "another run" "$(of 1 '[.recording.work.session, .findings[].rule]')" '[2,"leaked-subpool"]'
is "... or all" "$(of all '[.recording.runs.run, .recording.work.session]')" '[null,5]'
status "for people, too" 0 "$LIFEGUARD" report --brief "$WORK/recording"
ok "... in the head" grep -qE '^  run       2 of 2, started [0-9-]+ [0-9:]+ \(--run=N or --run=all' \
    "$WORK/out"
ok "... with what is left out" grep -q '^  left out  2 processes of the daemon' "$WORK/out"
status "info lists them" 0 "$LIFEGUARD" info "$WORK/recording"
is "... each with its processes" "$(grep -oE '[12] started .*, [34] processes' "$WORK/out" |
    sed -E 's/ started.*,/,/' | tr '\n' ' ')" '1, 3 processes 2, 4 processes '
status "a gate looks at all" 1 "$LIFEGUARD" check "$WORK/recording"
status "... or at one" 0 "$LIFEGUARD" check --run=2 "$WORK/recording"
for command in tree processes roles export "html -o $WORK/page.html"; do
    status "$command says which one it shows" 0 "$LIFEGUARD" $command "$WORK/recording"
    ok "... on stderr" grep -q 'there are 2 runs of the daemon; this is run 2' "$WORK/err"
done
is "processes of a run" \
    "$("$LIFEGUARD" processes --run=1 --format=json "$WORK/recording" 2>/dev/null | jq '.processes | length')" 3
status "a run that is none" 2 "$LIFEGUARD" report --run=3 "$WORK/recording"
ok "... is said" grep -q 'there is no run 3: it holds 2' "$WORK/err"
status "what is no run at all" 2 "$LIFEGUARD" report --run=last "$WORK/recording"
"$LIFEGUARD" record -o "$WORK/one" "$BUILD/samples/poold" --drive 1x10 >/dev/null 2>&1
status "of a single run nothing is said" 0 "$LIFEGUARD" report "$WORK/one"
is "... at all" "$(grep -c 'run  ' "$WORK/out")" 0

# With {time} each run has a directory of its own.
mkdir -m 700 "$WORK/each" "$WORK/each/none"
for pid in 1 2; do
    LIFEGUARD_DIR=$WORK/each/$pid-{time} LD_PRELOAD=$BUILD/liblifeguard.so "$BUILD/samples/poold" \
        --drive 1x10 >/dev/null
done
touch -d '1 hour' "$WORK"/each/1-*
status "recordings in directories of the one that is named" 2 "$LIFEGUARD" report "$WORK/each"
is "... are told of" "$(cat "$WORK/err")" "lifeguard report: $WORK/each: no recording: there is no \
trace in it, but 2 recordings are in directories of it: the latest is $(echo "$WORK"/each/1-*)"

# Debian's ProFTPD by a script that has its configuration checked before, as its service does.
need_proftpd
proftpd_prepare "$WORK/proftpd"
proftpd_start "$LIFEGUARD" record -o "$WORK/checked" -- \
    sh -c '"$1" -t -c "$4" && exec "$@"' sh
ftp_curl --output /dev/null @/
status "ProFTPD, which is checked before" 0 proftpd_stop
"$LIFEGUARD" report --format=json "$WORK/checked" >"$WORK/report.json"
is "... is one run" "$(json '.recording.runs | [.count, .startup_checks]')" '[1,1]'
is "... of which the check is no master" \
    "$(json '[.processes[] | select(.events > 0).kind]')" '["master","session"]'
done_testing
