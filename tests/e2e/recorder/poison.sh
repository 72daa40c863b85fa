#!/usr/bin/env bash
# record --poison: what uses a destroyed pool, or follows a pointer from one, crashes there, and the
# use was recorded before. A program that makes no such mistake does not notice.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

record_poold()
{
    "$LIFEGUARD" record "$@" 2>/dev/null
}

# "rule count" of what was found but notes; "crashed", where that is told, too, or "lived".
outcome()
{
    local life=lived
    record_poold --poison -f -o "$WORK/recording" -- "$BUILD/samples/poold" --drive 1x20 \
        --fault="$1" || life=crashed
    report "$WORK/recording"
    json '.findings[] | select(.severity != "note" and .rule != "crash") | "\(.rule) \(.count)"' |
        tr -d '"'
    [ "$life" = lived ] || [ "$(json '[.findings[] | select(.rule == "crash").count]')" = '[1]' ] ||
        life="a crash that is not told"
    echo "$life"
}

# One session that transfers and lists, then one that makes the mistake $1.
proftpd_session()
{
    local round
    head -c 100000 /dev/urandom >"$WORK/upload"
    for round in 1 2 3; do
        ftp_transfer upload "upload-file $WORK/upload"
        ftp_transfer '' 'request LIST -R'
        ftp_transfer '' 'request MLSD'
        ftp_transfer '' 'quote SITE FAULT old-habits'
    done >"$WORK/rounds"
    ftp_curl --fail-early --output /dev/null @/ --config "$WORK/rounds" &&
        ftp_curl @/upload | cmp - "$WORK/upload"
}

make_mistake()
{
    printf 'quote = "SITE FAULT %s"\n' "$1" >"$WORK/commands"
    ! ftp_curl --output /dev/null --config "$WORK/commands" @/
}

# The findings in the module.
in_module()
{
    json '.findings[] | select(.stack[0].file == "samples/proftpd/mod_faults.c")
        | "\(.rule) \(.count) \(.stack[0].function) \(.destroyed[0].function) \(.pool.created[0].function)"' |
        tr -d '"' | sort
}

work
ok "a daemon that makes no mistake" record_poold --poison -o "$WORK/clean" -- \
    "$BUILD/samples/poold" --drive 3x500,20 --fault=cleanup-alloc
report "$WORK/clean"
is "... nothing found, everything covered" "$(json '[(.findings | length), .recording.coverage.mismatches]')" '[0,0]'
ok "... and info says that it was on" grep -q 'poison .*reuse put off' <("$LIFEGUARD" info "$WORK/clean")

is "allocated from" "$(outcome use-after-destroy)" $'use-after-destroy 1\ncrashed'
is "made a parent" "$(outcome parent-after-destroy)" $'use-after-destroy 1\ncrashed'
is "allocated from when its address would have been another's" "$(outcome use-after-reuse)" \
    $'use-after-destroy 1\ncrashed'
is "destroyed again" "$(outcome double-destroy)" $'double-destroy 1\ncrashed'
is "only its data read" "$(outcome stale-data)" crashed

ok "without it that address is another pool's" record_poold -f -o "$WORK/recording" -- \
    "$BUILD/samples/poold" --drive 1x20 --fault=use-after-reuse
report "$WORK/recording"
is "... and nothing is to be seen" "$(json '.findings')" '[]'

sed '/^reuse/d' "$SOURCE/preload/api/proftpd.api" >"$WORK/other.api"
ok "a pool system of which the description does not tell how" record_poold --poison -f \
    --api "$WORK/other.api" -o "$WORK/recording" -- "$BUILD/samples/poold" --drive 1x20
ok "... info says that it was off" grep -q 'poison .*does not say how' \
    <("$LIFEGUARD" info "$WORK/recording")

why=$("$SOURCE/samples/proftpd/fetch" 2>&1 && "$SOURCE/samples/proftpd/fetch" headers 2>&1) ||
    { skip "the real ProFTPD" "$why" && done_testing; }
need_proftpd
record()
{
    local mistake
    proftpd_prepare "$WORK/proftpd" faults &&
        proftpd_start env LIFEGUARD_VERIFY=1 "$LIFEGUARD" record --poison -o "$WORK/real" -- &&
        proftpd_session || return
    for mistake in use-after-destroy use-after-reuse stale-data double-destroy; do
        make_mistake "$mistake" || return
    done
    proftpd_restart && proftpd_stop && report "$WORK/real"
}
ok "ProFTPD serves, and its sessions end at a mistake, nothing else does" record
is "... each was recorded before, with its three stacks" "$(in_module)" \
    "$(for use in 'double-destroy 1 destroy_pool_twice' \
        'use-after-destroy 1 use_pool_after_destroying_it' \
        'use-after-destroy 1 use_pool_after_its_memory_was_reused'; do
        echo "$use ${use##* } ${use##* }"
    done)"
is "... ProFTPD itself uses no pool after its end" \
    "$(json '[.findings[] | select(.rule | test("destroy"))] | length')" 3
is "... everything is covered" "$(json .recording.coverage.mismatches)" 0
ok "... every backtrace is libunwind's" grep -q ': 0 different' <("$LIFEGUARD" info "$WORK/real")
done_testing
