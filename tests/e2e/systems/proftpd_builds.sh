#!/usr/bin/env bash
# ProFTPD as one builds it, by gcc and by clang: the compiler inlines pool functions into each other,
# as it does in no package of Debian's. Nothing crashes, and permanent_pool is allocated from by the
# same code, as often, as in Debian's own build of the same source.
. "$(dirname "$0")/../lib.sh"

# Two sessions that take from permanent_pool, four restarts that do.
work_it()
{
    local round
    for ((round = 0; round < 6; round++)); do
        printf 'quote = "OPTS UTF8 OFF"\nquote = "OPTS UTF8 ON"\n'
        ftp_transfer ''
        ftp_transfer download
        ftp_transfer upload "upload-file $0"
    done >"$WORK/commands"
    for ((round = 0; round < 2; round++)); do
        ftp_curl --output /dev/null --config "$WORK/commands" @/ || return
    done
    for ((round = 0; round < 4; round++)); do
        proftpd_restart || return
    done
}

# PROGRAM: leaves $WORK/recording, $WORK/info and what was found in $WORK/found.
record()
{
    rm -rf "$WORK/recording" "$WORK/proftpd"
    PROFTPD=$1
    record_proftpd && work_it && proftpd_stop && report "$WORK/recording" || return
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
    json '.findings[] | select(.rule == "permanent-pool-alloc")
        | [.severity, .kind, .pool.role, .count, .bytes, .stack[0:2][].function]' | sort >"$WORK/found"
}

# NAME COMPILER FLAG...: built so, it is recorded as Debian's is.
build()
{
    local name=$1 program
    shift
    command -v "$1" >/dev/null || { skip "ProFTPD by $*" "there is no $1"; return 1; }
    program=$("$SOURCE/samples/proftpd/build" "$name" "$@" 2>"$WORK/err") ||
        { skip "ProFTPD by $*" "$(tail -n 1 "$WORK/err")"; return 1; }
    ok "ProFTPD by $* lives as ever, and is recorded" record "$program"
    is "... permanent_pool is allocated from as in Debian's" "$(cat "$WORK/found")" "$(cat "$WORK/debian")"
    is "... no event is odd" "$(grep '^odd' "$WORK/info")" ''
}

need_proftpd
work
debian=$PROFTPD
ok "Debian's ProFTPD, recorded" record "$debian"
cp "$WORK/found" "$WORK/debian"
ok "... allocates from permanent_pool in sessions and at restarts" \
    grep -q '"error","master"' "$WORK/debian"
build plain gcc -O2 &&
    ok "... whose first pool nobody was seen to make" grep -q '^adopted *1 pool' "$WORK/info"
build small gcc -Os &&
    is "... nor is any byte lost" "$(json '.recording.coverage.mismatches')" 0
build clang clang -O2
done_testing
