#!/usr/bin/env bash
# The same for a real module in Debian's ProFTPD, samples/proftpd/mod_faults.c: whatever compiler
# builds it, its findings are known by the same fingerprints.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

faults='leaked-subpool leaked-table growing-pool permanent-pool-alloc use-after-destroy'

# record NAME COMPILER FLAGS: a ProFTPD with the module built so, in which a session makes mistakes
record()
{
    local round fault
    CC=$2 CFLAGS=$3 "$SOURCE/samples/proftpd/build-module" \
        "$SOURCE/samples/proftpd/mod_faults.c" "$WORK/$1" &&
        proftpd_prepare "$WORK/proftpd" modules || return
    printf 'ModulePath %s\n%s\nLoadModule mod_faults.c\n' "$WORK/$1" \
        "$(proftpd_shared_modules "$WORK/$1")" >"$WORK/proftpd/modules.conf"
    for ((round = 0; round < 12; round++)); do
        for fault in $faults; do printf 'quote = "SITE FAULT %s"\n' "$fault"; done
    done >"$WORK/commands"
    proftpd_start "$LIFEGUARD" record -o "$WORK/$1/recording" -- &&
        ftp_curl --output /dev/null --config "$WORK/commands" @/ &&
        proftpd_stop && report "$WORK/$1/recording" || return
    jq -r '.findings[] | "\(.rule) \(.severity) \(.place) \(.fingerprint) \(.nearby)"' \
        "$WORK/report.json" |
        sort >"$WORK/$1/found"
}

need_proftpd
why=$("$SOURCE/samples/proftpd/fetch" headers 2>&1) || skip_all "$why"
work
ok "not optimized, by gcc" record first gcc '-O0 -g'
is "... the errors are the mistakes" "$(sed -n 's/ error .*//p' "$WORK/first/found")" \
    "$(printf '%s\n' growing-pool leaked-subpool leaked-subpool permanent-pool-alloc use-after-destroy)"
is "... no two have a fingerprint in common" \
    "$(cut -d' ' -f4 "$WORK/first/found" | sort | uniq -d | wc -l)" 0
ok "optimized" record optimized gcc '-O2 -g'
is "... the same" "$(cat "$WORK/optimized/found")" "$(cat "$WORK/first/found")"
if command -v clang >/dev/null; then
    ok "by clang" record clang clang '-O2 -g'
    is "... the same" "$(cat "$WORK/clang/found")" "$(cat "$WORK/first/found")"
else
    skip "by clang" "clang is not installed"
fi
status "a baseline of the one" 0 "$LIFEGUARD" check --baseline "$WORK/baseline" --update-baseline \
    --allow-weak "$WORK/first/recording"
status "... holds for the other" 0 "$LIFEGUARD" check --baseline "$WORK/baseline" \
    "$WORK/optimized/recording"
faults="$faults leaked-sized-pool"
ok "with one mistake more" record more gcc '-O2 -g'
status "... it does not" 1 "$LIFEGUARD" check --baseline "$WORK/baseline" "$WORK/more/recording"
is "... because of that one alone" "$(grep -c ': error: ' "$WORK/out")" 1
ok "... with file and line" grep -q 'mod_faults.c:[0-9]*: error: `leaked sized pool`' "$WORK/out"
done_testing
