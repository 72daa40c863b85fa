#!/usr/bin/env bash
# Every byte that lies in ProFTPD's blocks is traced, in a session that lists and transfers.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
rounds=60

# LIST, RETR and STOR in turn, in one session.
transfer_often()
{
    local round
    head -c 50000 /dev/zero >"$WORK/upload"
    for ((round = 0; round < rounds; round++)); do
        ftp_transfer ''
        ftp_transfer download
        ftp_transfer upload "upload-file $WORK/upload"
    done >"$WORK/transfers"
    ftp_curl --fail-early --output /dev/null @/ --config "$WORK/transfers"
}

record()
{
    record_proftpd modules && transfer_often && proftpd_restart &&
        proftpd_stop && report "$WORK/recording"
}

need_proftpd
work
ok "a session of $rounds LIST, RETR and STOR and a restart, recorded" record
is "no pool in which traced and used bytes differ" "$(json .recording.coverage.mismatches)" 0
is "all bytes used are traced" "$(json '.recording.coverage | .traced_bytes - .used_bytes')" 0
ok "... and there are bytes" jq -e '.recording.coverage.used_bytes > 1000000' "$WORK/report.json"
is "no event is lost" "$(json .recording.lost_events)" 0
simulated "$WORK/recording" 1000

status "lifeguard info gives the account" 0 "$LIFEGUARD" info "$WORK/recording"
cp "$WORK/out" "$WORK/info"
allocations=$(sed -n 's/^ *of \([0-9,]*\) allocations and .*/\1/p' "$WORK/info" | tr -d ,)
ok "... of at least 30,000 allocations" test "${allocations:-0}" -ge 30000
ok "... and of the coverage" grep -q '100 % of bytes.* 0 mismatches' "$WORK/info"
for function in make_sub_pool pr_pool_create_sz copy_array_hdr pr_pool_tag; do
    ok "... and that $function is hooked" grep -qw "$function" "$WORK/info"
done
is "palloc and destroy_pool are hooked where they jump to" \
    "$(json '[.recording.hooks[] | select(.function | test("palloc|destroy_pool"))
        | .how | test("tail|jump")]')" '[true,true]'
done_testing
