#!/usr/bin/env bash
# ProFTPD as one builds it, in some ways (SOAK=1: in thirty more, by gcc and by clang): the compiler inlines pool
# functions into each other, as it does in no package of Debian's. Nothing crashes, and it is recorded
# as Debian's own build of the same source is: the same findings and names, and not a byte is lost. What
# is planted, by the rows of the truth tables, is found in what is built as a whole, and nothing else.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/truth/rows.sh"
. "$SOURCE/tests/truth/ftp.sh"

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

# DIR: what loads the modules that are there.
load_modules()
{
    local module
    [ -d "$1" ] || return
    echo "ModulePath $1"
    for module in "$1"/*.so; do
        module=${module##*/}
        echo "LoadModule ${module%.so}.c"
    done
}

# PROGRAM: leaves $WORK/recording, $WORK/info, what was found in $WORK/found, the names and roles of
# pools in $WORK/pools, but for those of modules, of which Debian's has more.
record()
{
    rm -rf "$WORK/recording" "$WORK/proftpd"
    PROFTPD=$1
    proftpd_prepare "$WORK/proftpd"
    # What Debian 13 has as shared objects is part of what is built here.
    [ "$1" = "$debian" ] || : >"$WORK/proftpd/modules.conf"
    load_modules "$1.modules" >>"$WORK/proftpd/proftpd.conf"
    proftpd_start "$LIFEGUARD" record -o "$WORK/recording" -- && work_it && proftpd_stop &&
        report "$WORK/recording" || return
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
    # Debug information tells the lines of a function apart.
    json '[.findings[] | select(.rule == "permanent-pool-alloc")
        | [.severity, .kind, .pool.role, (.stack | map(.function | strings | select(test("^p(c?alloc|strdup)$") | not)) | first), .count, .bytes]]
        | group_by(.[:4])[] | [.[0][:4][], (map(.[4]) | add), (map(.[5]) | add)]' >"$WORK/found"
    "$LIFEGUARD" tree --format=json "$WORK/recording" | jq -c '.processes[] | .pools | .. | objects
        | select(has("tag")) | [.tag, .role]' | grep -v '^."\(mod_\|DSO\)' | sort -u >"$WORK/pools"
}

# Without the names of functions: link-time optimisation puts them into others.
nameless()
{
    jq -c 'del(.[3])' "$1" | sort
}

# DIRECTIVES, ";" between them: $PROFTPD with them and mod_faults, recorded.
start_planted()
{
    rm -rf "$WORK/proftpd" "$WORK/modules"
    proftpd_prepare "$WORK/proftpd" faults || return
    mkdir "$WORK/modules"
    ln -s "$PROFTPD_MODULES/mod_faults.so" "$WORK/modules"
    { load_modules "$WORK/modules" && printf '%s\n' "${1//; /$'\n'}"; } >"$WORK/proftpd/modules.conf"
    proftpd_start "$LIFEGUARD" record -f -o "$WORK/recording" -- && master=$PROFTPD_PID
}

# ROW, findings on stdin. One function takes from two pools where the row says CLNT: whether that is one
# place or two depends on the names that the compiler left. Of what nothing refers to, a word that was left
# on the stack may hide one.
tell_row()
{
    echo "$1"
    if [[ $1 == *CLNT* ]]; then
        awk '{ count += $(NF - 1); bytes += $NF; $0 = $1 " " $2 " " $3 } !seen[$0]++
            END { print count, bytes }'
    else
        sed '/^unreachable-subpool/s/ [0-9]* [0-9]*$//'
    fi
}

# ROW FINDINGS RECORDING: what is to be found, and what is there, but for what is in one without a fault.
compare_row()
{
    printf '%s' "$2" | tell_row "$1" >>"$WORK/expected"
    comm -23 <(findings "$3") "$WORK/stock" | tell_row "$1" >>"$WORK/actual"
}

# ROW FINDINGS: only those in which something is to be found, and one that does nothing.
open_faulty()
{
    [ -z "$2" ] && [ "$1" != '1 NOOP' ] || open_row "$1" "$2"
}

find_in_sessions()
{
    local row
    names=() expectations=() sessions=() controls=()
    start_planted '' && each_row ftp open_faulty && close_rows && proftpd_stop || return
    for row in "${!names[@]}"; do
        session_recording "${sessions[row]}"
        ((row > 0)) || findings "$WORK/one" >"$WORK/stock"
        compare_row "${names[row]}" "${expectations[row]}" "$WORK/one"
    done
}

# ROW FINDINGS
find_in_restarts()
{
    local restart
    start_planted "${1#* }" || return
    for ((restart = 0; restart < ${1%% *}; restart++)); do
        proftpd_restart || return
    done
    proftpd_stop
    [ -n "$2" ] || findings "$WORK/recording" >"$WORK/stock"
    compare_row "$1" "$2" "$WORK/recording"
}

# PROGRAM: by mod_faults, which not all can load.
planted()
{
    PROFTPD=$1
    : >"$WORK/actual"
    : >"$WORK/expected"
    if find_in_sessions && each_row restarts find_in_restarts; then
        is "... and what is planted is found" "$(cat "$WORK/actual")" "$(cat "$WORK/expected")"
    else
        failed "... and what is planted is recorded"
    fi
}

# PROGRAM BUILD...: recorded as Debian's is, to the last byte.
recorded()
{
    local program=$1
    shift
    ok "ProFTPD by $* lives as ever, and is recorded" record "$program"
    if [[ $* == *-flto* ]]; then
        is "... permanent_pool is allocated from as in Debian's" \
            "$(nameless "$WORK/found")" "$(nameless "$WORK/debian")"
    else
        is "... permanent_pool is allocated from as in Debian's" \
            "$(cat "$WORK/found")" "$(cat "$WORK/debian")"
    fi
    is "... pools have the same names and roles" "$(cat "$WORK/pools")" "$(cat "$WORK/debian.pools")"
    is "... no event is odd" "$(grep '^odd' "$WORK/info")" ''
    is "... not a byte is lost" "$(json '.recording.coverage.mismatches')" 0
    "$LIFEGUARD" check "$WORK/recording" >"$WORK/check" 2>&1
    is "... and it is judged" $? 1
}

# HOW NAME COMPILER FLAG...: HOW is as in samples/proftpd/build.
build()
{
    local how=$1 name=$2
    shift 2
    command -v "$1" >/dev/null || { skip "ProFTPD by $*" "there is no $1"; return 1; }
    program=$("$SOURCE/samples/proftpd/build" ${how:+"$how"} "$name" "$@" 2>"$WORK/err") ||
        { skip "ProFTPD by $*" "$(tail -n 1 "$WORK/err")"; return 1; }
    recorded "$program" "$@"
    case $how in --whole | --modules) planted "$program" ;; esac
}

# NAME COMPILER FLAG...: one that was built, without names for static functions.
stripped()
{
    local name=$1
    shift
    [ -x "$BUILD/proftpd/builds/$name" ] || { skip "ProFTPD by $*, stripped" "it was not built"; return 1; }
    strip -o "$WORK/stripped" "$BUILD/proftpd/builds/$name"
    recorded "$WORK/stripped" "$@, stripped"
    planted "$WORK/stripped"
}

# NAME COMPILER FLAG...: all of it, with names for static functions and without.
both()
{
    build --whole "$@" && stripped "$@"
}

# COMPILER: each way to build, one thing at a time.
matrix()
{
    local compiler=$1 level
    local hard=(-O2 -g -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 -fPIE -pie
        -Wl,-z,relro -Wl,-z,now)
    for level in O0 O1 O2 O3 Os; do
        both "$compiler-$level" "$compiler" "-$level"
    done
    build --whole "$compiler-hardened" "$compiler" "${hard[@]}"
    build --modules "$compiler-modules" "$compiler" -O2
}

need_proftpd
work
debian=$PROFTPD
ok "Debian's ProFTPD, recorded" record "$debian"
cp "$WORK/found" "$WORK/debian"
cp "$WORK/pools" "$WORK/debian.pools"
ok "... allocates from permanent_pool in sessions and at restarts" \
    grep -q '"error","master"' "$WORK/debian"
build '' plain gcc -O2 &&
    ok "... whose first pool nobody was seen to make" grep -q '^adopted *1 pool' "$WORK/info"
# A build of all takes half a minute or more: poold's pools are built in all ways in builds.sh.
build '' gcc-O0-pools gcc -O0
build '' gcc-O3-pools gcc -O3
build '' gcc-Os-pools gcc -Os
build '' clang-pools clang -O2
build --core gcc-lto-core gcc -O2 -flto=auto
if ((${SOAK:-0})); then
    matrix gcc
    matrix clang
    both gcc-lto gcc -O2 -flto=auto
    build --whole clang-lto clang -O2 -flto -fuse-ld=lld
    build --whole gcc-nopie gcc -O2 -fno-pie -no-pie
    build --whole gcc-endbr gcc -O2 -fcf-protection=full
    build --whole gcc-framed gcc -O2 -fno-omit-frame-pointer
    build --whole gcc-patchable gcc -O2 -fpatchable-function-entry=16,14
fi
done_testing
