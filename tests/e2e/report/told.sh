#!/usr/bin/env bash
# What is said of the findings, tests/truth/told.table: who held most at the worst moment, and of each
# finding, worst first, the place to be mended and by how many ways the program comes to it, whether it
# was given back, which units of work grew, where the others of the place end, and where a unit that
# leaked went another way. And tests/truth/costs.table: what findings cost, and which is the worst.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/truth/rows.sh"

words='
def own: select(. != null and (test("^(_|apr_|ngx_|pool_|destroy_pool|MemoryContext)") | not));
def turn(event; stack): event + ([stack[]?.function | own] | if length > 0 then " at " + .[0] else "" end);
(.worst_moments[] | "worst \(.kind) \"\(.holders[0].name // "")\" \(.holders[0].pools)"),
(.findings | map(select(.pool.path != "global_pool" or .bytes != 80)) | to_entries[] |
    (.key + 1) as $rank | .value | "\($rank) \(.rule) \"\(.pool.tag // "")\" " + ([
        "at " + (.place | sub(".*!"; "")),
        (.places | length | select(. > 1) | "by \(.) ways"),
        (select(.given_back) | "given back"),
        (.per_unit | select(.label) | "\(.label) " +
            (.label_units | "\(.grew) of \(.units), others \(.others_grew) of \(.others)")),
        ([.others_destroyed[]?.function | own] | select(length > 0) | "others end at \(.[0])"),
        (.divergence | select(.) | "turn: " + turn(.event; .stack) + ", not " +
            turn(.other_event; .other_stack))
    ] | join(", ")))'

costs='.findings | map(select(.pool.path != "global_pool" or .bytes != 80)) | to_entries[] |
    (.key + 1) as $rank | .value | "\($rank) \(.severity) \(.rule) \"\(.pool.tag // "")\" " +
    "\(.bytes) in \(if .held_estimated then "about " else "" end)\(.held_bytes), " +
    "at most \(.peak_bytes), \(.held_per_unit * 1000 | round / 1000) a unit"'

cost_row()
{
    record_system "$1" "$WORK/recording" || return 0
    report "$WORK/recording"
    is "$1" "$(jq -r "$costs" "$WORK/report.json")" "${2%$'\n'}"
}

told_row()
{
    record_system "$1" "$WORK/recording" || return 0
    report "$WORK/recording"
    is "$1" "$(jq -r "$words" "$WORK/report.json")" "${2%$'\n'}"
}

work
build_systems
each_row told told_row
each_row costs cost_row
done_testing
