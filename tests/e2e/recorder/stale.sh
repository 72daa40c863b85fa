#!/usr/bin/env bash
# record --stale: of sampled allocations it is seen whether they are used after their unit of work,
# and nothing about the program changes: what it uses, the kernel reads and writes for it, threads
# share and forks have copies of is as without the recorder.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/truth/rows.sh"

# "rule pool samples unused at_end belongs", a line each.
lives()
{
    report "$1" && jq -r '.findings[] | select(.last_use) | "\(.rule) \"\(.pool.tag)\" " +
        (.last_use | "\(.samples) \(.unused) \(.at_end) \(.belongs)")' "$WORK/report.json" | sort
}

check_row()
{
    record_poold "--stale=1 $1" "$WORK/row"
    is "poold $1" "$(lives "$WORK/row")" "${2%$'\n'}"
}

# same KIND: it prints the same, ends the same, and was looked at.
same()
{
    rm -rf "$WORK/place" && mkdir "$WORK/place" && chmod 777 "$WORK/place"
    env -C "$WORK/place" timeout 100 "$BUILD/e2e/host_stale" "$1" >"$WORK/plain" 2>&1
    echo "status $?" >>"$WORK/plain"
    env -C "$WORK/place" timeout 100 "$LIFEGUARD" record --stale=1 -f -o "$WORK/host" -- \
        "$BUILD/e2e/host_stale" "$1" >"$WORK/watched" 2>"$WORK/err"
    echo "status $?" >>"$WORK/watched"
    ok "$1: the same" diff "$WORK/plain" "$WORK/watched"
    report "$WORK/host"
    is "... everything is covered" \
        "$(json '[.recording.coverage.mismatches, .recording.lost_events]')" '[0,0]'
    ok "... and was looked at" test "$(json ".recording.sampled.${2-outlived}")" -gt 0
}

work
stale_is_seen || done_testing
each_row stale check_row
"$LIFEGUARD" record --stale -f -o "$WORK/poold" -- "$BUILD/samples/poold" --drive 1x1500 \
    --fault=growing-pool >"$WORK/out" 2>&1
report "$WORK/poold"
is "one in 1000: some are sampled, and that is enough" \
    "$(json '.findings[0].last_use | [.samples > 2, .samples == .unused, .belongs]')" \
    '[true,true,"cmd_rec->pool"]'
ok "a report says so" grep -q 'advice   Never used after its command in' \
    <("$LIFEGUARD" report "$WORK/poold")
"$LIFEGUARD" info "$WORK/poold" >"$WORK/info"
ok "info tells that it was on" grep -q 'stale (alloc).*it is seen when' "$WORK/info"
ok "... and how often" grep -q 'sampled .* allocations, of which .* outlived' "$WORK/info"
for wrong in 0 x all 10000000000 ''; do
    status "--stale=$wrong is refused" 2 "$LIFEGUARD" record --stale=$wrong -- true
done

for kind in calls raw direct lock threads fork forks clone vfork room no-code chroot itself; do
    same $kind
done
same locked locked
same fill no_page
done_testing
