#!/usr/bin/env bash
# A real module with mistakes, samples/proftpd/mod_faults.c, in Debian's ProFTPD: each mistake is
# found, told with the module's file and line; the same module doing it right is told of nothing.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
rounds=20

# One session that makes the mistakes FAULT... in turn, $rounds times.
make_mistakes()
{
    local round
    [ $# -gt 0 ] || return 0
    for ((round = 0; round < rounds; round++)); do
        printf 'quote = "SITE FAULT %s"\n' "$@"
    done >"$WORK/commands"
    ftp_curl --output /dev/null --config "$WORK/commands" @/
}

# record DIRECTIVES FAULT...: a ProFTPD with these DIRECTIVES, recorded, and its report.
record()
{
    local directives=$1
    shift
    proftpd_prepare "$WORK/proftpd" faults &&
        printf '%s\n' "$directives" >>"$WORK/proftpd/modules.conf" &&
        proftpd_start "$LIFEGUARD" record -f -o "$WORK/recording" -- &&
        make_mistakes "$@" &&
        for restart in $restarts; do proftpd_restart || return; done &&
        proftpd_stop && report "$WORK/recording"
}

# The findings that lead into the module: rule, severity, pool, count, bytes, where.
found()
{
    jq -r '.findings[] | . as $finding
        | [.stack, .pool.created | arrays[] | select(.module | endswith("mod_faults.so"))]
        | select(length > 0) | .[0] as $frame | $finding
        | "\(.rule) \(.severity) \"\(.pool.path | sub(".* > "; ""))\" \(.count) \(.bytes) \($frame
            | "\(.function) \(.file):\(.line > 0)")"' "$WORK/report.json" | sort
}

source=samples/proftpd/mod_faults.c:true
faults='permanent-pool-alloc leaked-subpool leaked-sized-pool leaked-table growing-pool
    use-after-destroy use-after-parent'
habits='old-habits needless-subpool growing-string growing-array use-after-reuse stale-data
    double-destroy'
restarts=

need_proftpd
why=$("$SOURCE/samples/proftpd/fetch" headers 2>&1) || skip_all "$why"
work
ok "a session for each mistake, recorded" record '' $faults
is "each is found once, with count and bytes, where it was made" "$(found)" "$(sort <<END
permanent-pool-alloc error "permanent_pool" $rounds $((24 * rounds)) allocate_from_permanent_pool $source
leaked-subpool error "leaked subpool" $rounds $((48 * rounds)) leak_subpool $source
leaked-subpool error "leaked sized pool" $rounds $((64 * rounds)) leak_sized_pool $source
leaked-subpool error "table pool" $rounds $((2240 * rounds)) leak_table $source
growing-pool error "Session Pool" $rounds $((64 * rounds)) keep_temporary_data_in_session_pool $source
use-after-destroy error "pool used after its end" $rounds $((16 * rounds)) use_pool_after_destroying_it $source
use-after-destroy error "child used after its end" $rounds $((16 * rounds)) use_pool_after_its_parent $source
END
)"
is "... and no other error" "$(json '.summary.error')" 7
is "... with the stacks of creation, destruction and use, all in the module" \
    "$(json '[.findings[] | select(.rule == "use-after-destroy")
        | [.pool.created[0], .destroyed[0], .stack[0]] | map(.function + " " + .file) | unique] | sort')" \
    '[["use_pool_after_destroying_it samples/proftpd/mod_faults.c"],["use_pool_after_its_parent samples/proftpd/mod_faults.c"]]'

restarts='1 2 3 4 5 6'
ok "the same, done right, by the same module" record 'FaultsEngine off' $faults $habits
is "... nothing is found in it" "$(found)" ''

ok "mistakes at each reading of the configuration" record "$(printf 'FaultAtParse %s\n' \
    permanent-pool-alloc leaked-subpool)"
is "... are found in the master, and what the first one costs is told apart" "$(found)" \
    "$(sort <<END
leaked-subpool error "leaked subpool" 6 $((6 * 48)) leak_subpool $source
permanent-pool-alloc error "permanent_pool" 6 $((6 * 24)) allocate_from_permanent_pool $source
permanent-pool-alloc warning "permanent_pool" 1 24 allocate_from_permanent_pool $source
END
)"
done_testing
