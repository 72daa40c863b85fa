#!/usr/bin/env bash
# ProFTPD as one builds it (SOAK=1: in two dozen ways, by gcc and by clang): the compiler inlines pool
# functions into each other,
# as it does in no package of Debian's. Nothing crashes, and it is recorded as Debian's own build of
# the same source is: the same findings and names, and not a byte is lost.
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

# PROGRAM: leaves $WORK/recording, $WORK/info, what was found in $WORK/found, the names and roles of
# pools in $WORK/pools, but for those of modules, of which Debian's has more.
record()
{
    rm -rf "$WORK/recording" "$WORK/proftpd"
    PROFTPD=$1
    record_proftpd && work_it && proftpd_stop && report "$WORK/recording" || return
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
    json '.findings[] | select(.rule == "permanent-pool-alloc")
        | [.severity, .kind, .pool.role, .count, .bytes, (.stack | map(.function | strings | select(test("^p(c?alloc|strdup)$") | not)) | first)]' | sort >"$WORK/found"
    "$LIFEGUARD" tree --format=json "$WORK/recording" | jq -c '.processes[] | .pools | .. | objects
        | select(has("tag")) | [.tag, .role]' | grep -v '^."\(mod_\|DSO\)' | sort -u >"$WORK/pools"
}

# PROGRAM BUILD...: recorded as Debian's is, to the last byte.
recorded()
{
    local program=$1
    shift
    ok "ProFTPD by $* lives as ever, and is recorded" record "$program"
    is "... permanent_pool is allocated from as in Debian's" "$(cat "$WORK/found")" "$(cat "$WORK/debian")"
    is "... pools have the same names and roles" "$(cat "$WORK/pools")" "$(cat "$WORK/debian.pools")"
    is "... no event is odd" "$(grep '^odd' "$WORK/info")" ''
    is "... not a byte is lost" "$(json '.recording.coverage.mismatches')" 0
    "$LIFEGUARD" check "$WORK/recording" >"$WORK/check" 2>&1
    is "... and it is judged" $? 1
}

# NAME COMPILER FLAG...: with names for static functions and, where NAME ends so, without.
build()
{
    local name=$1 program
    shift
    command -v "$1" >/dev/null || { skip "ProFTPD by $*" "there is no $1"; return 1; }
    program=$("$SOURCE/samples/proftpd/build" "${name%-stripped}" "$@" 2>"$WORK/err") ||
        { skip "ProFTPD by $*" "$(tail -n 1 "$WORK/err")"; return 1; }
    if [[ $name == *-stripped ]]; then
        strip -o "$WORK/stripped" "$program"
        recorded "$WORK/stripped" "$@, stripped"
    else
        recorded "$program" "$@"
    fi
}

need_proftpd
work
debian=$PROFTPD
ok "Debian's ProFTPD, recorded" record "$debian"
cp "$WORK/found" "$WORK/debian"
cp "$WORK/pools" "$WORK/debian.pools"
ok "... allocates from permanent_pool in sessions and at restarts" \
    grep -q '"error","master"' "$WORK/debian"
build plain gcc -O2 &&
    ok "... whose first pool nobody was seen to make" grep -q '^adopted *1 pool' "$WORK/info"
# A build takes most of a minute: poold's pools are built in all ways in builds.sh.
((${SOAK:-0} == 0)) || for compiler in gcc clang; do
    for level in O0 O1 O2 O3 Os; do
        build $compiler-$level $compiler -$level
        build $compiler-$level-stripped $compiler -$level
    done
    build $compiler-protected $compiler -O2 -fcf-protection=full -fstack-protector-strong
    build $compiler-framed $compiler -O2 -fno-omit-frame-pointer -fpatchable-function-entry=16,14
done
done_testing
