#!/usr/bin/env bash
# Mistakes with nginx' pools, in a program of ours that has them (tests/e2e/programs/web/nginx_faults.c): the
# description of nginx finds it, and each mistake is found with its line.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
source=$SOURCE/tests/e2e/programs/web/nginx_faults.c

record()
{
    "$LIFEGUARD" record -f -o "$WORK/rec" -- "$WORK/nginx_faults" "$@" && report "$WORK/rec"
}

# The findings: rule, severity, pool, count, bytes, unit, where.
found()
{
    jq -r '.findings[] | [.stack, .pool.created | arrays[]][0] as $frame |
        "\(.rule) \(.severity) \(.pool.role // "-") \(.count) \(.bytes) \(.per_unit.unit // "-") \(
            $frame.function) \($frame.line)"' "$WORK/report.json" | sort
}

line()
{
    echo "$1 $(grep -n "$2" "$source" | head -n 1 | cut -d: -f1)"
}

work
ok "a program with nginx' pools is built" "${CC:-cc}" -g -O1 -rdynamic -fno-optimize-sibling-calls \
    -o "$WORK/nginx_faults" "$source"
ok "... and recorded, with mistakes" \
    record leaked-subpool growing-pool permanent-pool-alloc use-after-destroy none
is "the description of nginx is used" "$(json .recording.api)" '"nginx"'
is "each mistake is found, with count and bytes, where it was made" "$(found)" "$(sort <<END
growing-pool error - 20 1280 command $(line keep_temporary_data_of_the_connection 'pnalloc(connection, 64)')
leaked-subpool error - 20 960 command $(line leak_pool 'create_pool(ROOM, NULL), 48')
permanent-pool-alloc error cycle->pool 20 480 command $(line allocate_from_cycle 'palloc(ngx_cycle->pool, 24)')
use-after-destroy error - 20 320 - $(line use_pool_after_destroying_it 'palloc(pool, 16)')
END
)"
ok "... and recorded, without a mistake" record none
is "nothing is found: large objects are given back, and pools reset" "$(found)" ''
"$LIFEGUARD" info "$WORK/rec" >"$WORK/info"
is "... each object by itself" "$(told 'of the allocations given back')" 20
is "... in four reloads" "$(told reloads)" 4
status "... passes the gate" 0 "$LIFEGUARD" check "$WORK/rec"

# What is unreachable, in a program with pools as nginx has them in memory.
lost()
{
    "$LIFEGUARD" record -f -o "$WORK/rec" -- "$WORK/nginx_layout" "$@" && report "$WORK/rec" &&
        json '[.recording.walks.done, (.recording.walks.not_judged | add), .recording.coverage.mismatches,
            (.findings[] | .rule, .count)]'
}
ok "a program whose pools lie in memory as nginx' do is built" "${CC:-cc}" -g -O1 -rdynamic \
    -o "$WORK/nginx_layout" "$SOURCE/tests/e2e/programs/web/nginx_layout.c"
is "... after a reset of several blocks, nothing is lost, and no byte too many is in use" \
    "$(lost 2>/dev/null)" '[1,0,0]'
is "... but for a pool that is" "$(lost one 2>/dev/null)" '[1,0,0,"unreachable-subpool",1]'
done_testing
