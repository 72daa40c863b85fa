#!/usr/bin/env bash
# Each SIGHUP with Debian's modules.conf leaves two pools behind and lets others grow. What the
# report says is compared with the memory of an unrecorded daemon that does the same.
# SPDX-License-Identifier: MIT
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
leaking='mod_memcache/0.1 mod_quotatab/1.3.1: Backend Pool'
sizes='[["restart",1,48],["restart",1,96]]' pools=two
# Of Debian 13, where it is no part of the program.
if proftpd_delay_is_shared; then
    leaking="mod_delay/0.8 $leaking" sizes='[["restart",1,80],["restart",1,48],["restart",1,96]]' pools=three
fi
tags()
{
    jq -Rc '[scan("mod_[^/]*/[0-9.]+(?:: Backend Pool)?")]' <<<"$leaking"
}
ok "ProFTPD restarts $restarts times, recorded" record
is "the leaked subpools are $pools, and no more" \
    "$(json "[$leaked | [.pool.tag, .kind, .severity]] | sort")" \
    "$(tags | jq -c 'map([., "master", "error"])')"
is "... one more of each at a restart, of so many bytes" \
    "$(json "[$leaked | [.pool.tag, .per_unit.unit, .per_unit.count, .per_unit.bytes]] | sort
        | map(.[1:])")" "$sizes"
is "... made by the modules" \
    "$(json "[$leaked | [.pool.created[].module | select(startswith(\"mod_\"))][0]] | sort")" \
    "$(tags | jq -c 'map(sub("/.*"; ".so"))')"
is "every allocation from permanent_pool at a restart is an error" \
    "$(json "[$permanent | .per_unit.unit + \" \" + .severity] | unique")" '["restart error"]'
is "nothing else leaks or grows in the master" \
    "$(json '[.findings[] | select(.kind == "master" and .severity == "error")
        | .pool.tag // .pool.role] | unique')" \
    "$(tags | jq -c '["Controls Pool", "Event Pool"] + . + ["permanent_pool"]')"

if [ "$(id -u)" -eq 0 ]; then
    rm -rf "$WORK/proftpd"
    ok "an unrecorded ProFTPD does the same" measure
    is "as many pools stay behind as measured" "$(json "[$leaked | .per_unit.count] | add * $restarts")" \
        $(($(wc -l <"$WORK/after") - $(wc -l <"$WORK/before")))
    is "... of as many bytes" "$(json "[$leaked | .per_unit.bytes] | add")" \
        "$(tags | jq -r '.[]' | while read -r tag; do growth "$tag"; done | jq -s add)"
    is "Event Pool grows as measured" "$(reported 'Event Pool')" "$(growth 'Event Pool')"
    is "Controls Pool grows as measured" "$(reported 'Controls Pool')" "$(growth 'Controls Pool')"
    is "permanent_pool grows as measured" "$(json "[$permanent | .per_unit.bytes] | add")" \
        "$(growth permanent_pool)"
    is "Event Pool and Controls Pool grow as documented" \
        "$(growth 'Event Pool') $(growth 'Controls Pool')" \
        "$(proftpd_delay_is_shared && echo 1968 152 || echo 1776 144)"
else
    skip "the report against the daemon's memory" "only root may read it"
fi
done_testing
