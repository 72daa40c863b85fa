#!/usr/bin/env bash
# Each SIGHUP with Debian's modules.conf leaves two pools behind and lets others grow. What the
# report says is compared with the memory of an unrecorded daemon that does the same.
. "$(dirname "$0")/../lib.sh"
restarts=20

restart_often()
{
    local restart
    for ((restart = 0; restart < restarts; restart++)); do
        proftpd_restart || return
    done
}

# An unrecorded daemon: its pools after the first restart, and after so many more.
measure()
{
    proftpd_prepare "$WORK/proftpd" modules
    proftpd_start || return
    proftpd_restart && daemon_pools >"$WORK/before" && restart_often &&
        daemon_pools >"$WORK/after" && proftpd_stop
}

# growth TAG: bytes a restart that all pools of that tag took, as measured.
growth()
{
    awk -F '\t' -v tag="$1" -v restarts="$restarts" '
        $2 == tag { sum += FNR == NR ? -$1 : $1 }
        END { print sum / restarts }' "$WORK/before" "$WORK/after"
}

# reported TAG: the same, as the growing-pool findings have it.
reported()
{
    json "[.findings[] | select(.rule == \"growing-pool\" and .pool.tag == \"$1\")
        | .per_unit.bytes] | add"
}

record()
{
    record_proftpd modules && restart_often && proftpd_stop && report "$WORK/recording"
}

leaked='.findings[] | select(.rule == "leaked-subpool")'
permanent='.findings[] | select(.rule == "permanent-pool-alloc" and .kind == "master"
    and .per_unit != null)'

need_proftpd
work
ok "ProFTPD restarts $restarts times, recorded" record
is "the leaked subpools are two, and no more" \
    "$(json "[$leaked | [.pool.tag, .kind, .severity]] | sort")" \
    '[["mod_memcache/0.1","master","error"],["mod_quotatab/1.3.1: Backend Pool","master","error"]]'
is "... one more of each at a restart, of 48 and 96 bytes" \
    "$(json "[$leaked | [.pool.tag, .per_unit.unit, .per_unit.count, .per_unit.bytes]] | sort
        | map(.[1:])")" '[["restart",1,48],["restart",1,96]]'
is "... made by the two modules" \
    "$(json "[$leaked | [.pool.created[].module | select(startswith(\"mod_\"))][0]] | sort")" \
    '["mod_memcache.so","mod_quotatab.so"]'
is "every allocation from permanent_pool at a restart is an error" \
    "$(json "[$permanent | .per_unit.unit + \" \" + .severity] | unique")" '["restart error"]'
is "nothing else leaks or grows in the master" \
    "$(json '[.findings[] | select(.kind == "master" and .severity == "error")
        | .pool.tag // .pool.role] | unique')" \
    '["Controls Pool","Event Pool","mod_memcache/0.1","mod_quotatab/1.3.1: Backend Pool","permanent_pool"]'

if [ "$(id -u)" -eq 0 ]; then
    rm -rf "$WORK/proftpd"
    ok "an unrecorded ProFTPD does the same" measure
    is "as many pools stay behind as measured" "$(json "[$leaked | .per_unit.count] | add * $restarts")" \
        $(($(wc -l <"$WORK/after") - $(wc -l <"$WORK/before")))
    is "... of as many bytes" "$(json "[$leaked | .per_unit.bytes] | add")" \
        "$(($(growth mod_memcache/0.1) + $(growth 'mod_quotatab/1.3.1: Backend Pool')))"
    is "Event Pool grows as measured" "$(reported 'Event Pool')" "$(growth 'Event Pool')"
    is "Controls Pool grows as measured" "$(reported 'Controls Pool')" "$(growth 'Controls Pool')"
    is "permanent_pool grows as measured" "$(json "[$permanent | .per_unit.bytes] | add")" \
        "$(growth permanent_pool)"
    is "Event Pool and Controls Pool grow as documented" \
        "$(growth 'Event Pool') $(growth 'Controls Pool')" "1776 144"
else
    skip "the report against the daemon's memory" "only root may read it"
fi
done_testing
