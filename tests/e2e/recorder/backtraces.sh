#!/usr/bin/env bash
# Every backtrace equals libunwind's, on ProFTPD and on a program made to be hard to unwind, built
# in many ways.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
transfers=$((${SOAK:-0} ? 480 : 40)) sessions=$((${SOAK:-0} ? 10 : 1)) # of each
rounds=$((${SOAK:-0} ? 300 : 10))

list_often()
{
    local transfer
    head -c 50000 /dev/zero >"$WORK/upload"
    for ((transfer = 0; transfer < transfers; transfer++)); do
        ftp_transfer ''
        ftp_transfer download
        ftp_transfer upload "upload-file $WORK/upload"
    done >"$WORK/transfers"
    for ((session = 0; session < sessions; session++)); do
        curl -q --silent --show-error --user "alice:$PROFTPD_PASSWORD" --fail-early \
            --output /dev/null "ftp://127.0.0.1:$PROFTPD_PORT/" --config "$WORK/transfers" ||
            return
    done
}

record_daemon()
{
    record_proftpd modules && list_often && proftpd_restart && proftpd_stop &&
        "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
}

record_nasty()
{
    rm -rf "$WORK/recording"
    timeout 600 "$LIFEGUARD" record -o "$WORK/recording" -- "$WORK/nasty" "$rounds" \
        >"$WORK/counts" 2>"$WORK/err" && "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
}

# Every backtrace was libunwind's own, of a stack that the recorder's rules do not reach, or compared with it.
expect_exact()
{
    grep -A 1 '^backtraces' "$WORK/info" | comment
    is "... no backtrace differs" "$(told different)" 0
    is "... and none was left out" $(($(told "compared with") + $(told "of them by libunwind"))) \
        "$(told taken)"
}

# A program built as "$@" says is recorded.
expect_nasty()
{
    ok "built with $*" "$@" -w -std=gnu11 -D_GNU_SOURCE= -g -rdynamic -pthread \
        "$SOURCE/tests/e2e/programs/nasty.c" -o "$WORK/nasty"
    ok "... it runs" record_nasty
    is "... and is recorded" "$(told 'on pools')" "$(sed -n 's/events //p' "$WORK/counts")"
}

# Most of its backtraces are compared, none of them differs.
expect_nasty_exact()
{
    expect_nasty "$@"
    expect_exact
    ok "... most were compared" test "$(told 'compared with')" -gt $(($(told taken) / 2))
}

export LIFEGUARD_VERIFY=1
work
for compiler in gcc clang; do
    if ! command -v $compiler >/dev/null; then
        skip "the same built with $compiler" "it is not installed"
        continue
    fi
    for options in -O0 -O1 "-O2 -fomit-frame-pointer" "-O2 -fno-omit-frame-pointer" \
        "-O3 -march=native" "-Os -fcf-protection" "-O2 -fstack-protector-all -fno-plt" \
        "-O2 -no-pie -fno-pie"; do
        expect_nasty_exact $compiler $options
    done
    # There is nothing to unwind by, and nothing to compare.
    expect_nasty $compiler -O2 -fno-asynchronous-unwind-tables -fno-unwind-tables
done

need_proftpd
rm -rf "$WORK/recording"
ok "ProFTPD: $sessions sessions of $transfers LIST, RETR and STOR, and a restart" record_daemon
is "... no event is lost" "$(told 'events were lost')" ""
ok "... there are enough" test "$(told taken)" -ge 20000
expect_exact
done_testing
