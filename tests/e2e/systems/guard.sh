#!/usr/bin/env bash
# record --guard=all in the real ProFTPD, nginx and httpd: clients see no difference, nothing is told
# that is not so, mistakes of modules are, and so are two of ProFTPD's own. PostgreSQL's memory and
# talloc's is not guarded, and that is said. SOAK=1: also httpd with threads, and ProFTPD with all of
# Debian's modules and its clients again and again.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/programs/web/lib.sh"
. "$SOURCE/tests/truth/rows.sh"
SIGNALS=HUP

# "rule write offset size pool count" of what was touched, a line each.
touches()
{
    json '.findings[] | select(.access) |
        "\(.rule) \(.access.write) \(.access.offset) \(.access.size) \(.pool.tag) \(.count)"' |
        tr -d '"' | sort
}

guarded()
{
    "$LIFEGUARD" info "$1" >"$WORK/info"
    is "... everything is covered, nothing lost" \
        "$(json '[.recording.coverage.mismatches, .recording.lost_events]')" '[0,0]'
    ok "... $2 allocations at least were guarded" \
        test "$(told 'allocations had a page of their own')" -ge "$2"
}

proftpd_plain()
{
    proftpd_prepare "$WORK/plain" faults && proftpd_start && ftp_transcript >"$WORK/plain.ftp" &&
        proftpd_restart && proftpd_stop
}

proftpd_guarded()
{
    local mistake
    proftpd_prepare "$WORK/proftpd" faults &&
        proftpd_start "$LIFEGUARD" record --guard=all -o "$WORK/ftp" -- &&
        ftp_transcript >"$WORK/guarded.ftp" && proftpd_restart &&
        for mistake in old-habits stale-write overflow; do
            printf 'quote = "SITE FAULT %s"\n' $mistake >"$WORK/commands"
            ftp_curl --output /dev/null --config "$WORK/commands" @/ || return
        done && proftpd_stop && report "$WORK/ftp"
}

# A map that unescapes writes a NUL behind the end where the name has a multiple of 8 letters, and
# each rule reads one condition too many when it is parsed.
proftpd_rewrites()
{
    proftpd_prepare "$WORK/rewrite" || return
    printf 'ModulePath %s\n%s\nLoadModule mod_rewrite.c\n' "$PROFTPD_ROOT/usr/lib/proftpd" \
        "$(proftpd_shared_modules "$PROFTPD_ROOT/usr/lib/proftpd")" >"$PROFTPD_DIR/modules.conf"
    {
        grep -q '^Include ' "$PROFTPD_DIR/proftpd.conf" || echo "Include $PROFTPD_DIR/modules.conf"
        cat "$PROFTPD_DIR/proftpd.conf"
        printf '%s\n' 'RewriteEngine on' 'RewriteMap unescape int:unescape' \
            'RewriteCondition %m ^SIZE$' 'RewriteRule (.*) "${unescape:$1}"'
    } >"$PROFTPD_DIR/with" && mv "$PROFTPD_DIR/with" "$PROFTPD_DIR/proftpd.conf"
    proftpd_start "$LIFEGUARD" record --guard=all -o "$WORK/own" -- || return
    echo 'quote = "*SIZE abcdefgh"' >"$WORK/commands"
    ftp_curl --output /dev/null --config "$WORK/commands" @/
    proftpd_stop && report "$WORK/own"
}

# proftpd_often NAME COMMAND...: with modules, under COMMAND or as it is, to its clients
proftpd_often()
{
    local name=$1 i
    shift
    proftpd_prepare "$WORK/$name.modules" modules && proftpd_start "$@" || return
    for ((i = 0; i < 10; i++)); do
        ftp_transcript
        ((i % 3)) || proftpd_restart || return
    done >"$WORK/$name.often"
    proftpd_stop
}

# same_site KIND CHILDREN STOP LEAST: as it is and guarded, to its clients and in its log.
same_site()
{
    web_prepare "$WORK/$1" "$1"
    status "$1 as it is" 0 serve plain "$2" "$3"
    status "... and guarded" 0 serve recorded "$2" "$3" \
        "$LIFEGUARD" record --guard=all -o "$WORK/$1.rec" --
    sed -i '/^SigCgt/d' "$WORK/plain.seen" "$WORK/recorded.seen" # there is a handler
    same_as_plain
    report "$WORK/$1.rec"
    is "... nothing is touched that must not be" "$(touches)" ''
    guarded "$WORK/$1.rec" "$4"
}

httpd_faults()
{
    web_prepare "$WORK/faults" prefork "LoadModule faults_module $BUILD/httpd/modules/mod_faults.so"
    web_start "$LIFEGUARD" record --guard=all -o "$WORK/http" -- &&
        web_get /fault/stale-data /fault/overflow /fault/none >"$WORK/answers" &&
        web_stop TERM && report "$WORK/http" && [ "$(sort -u "$WORK/answers")" = "done" ]
}

work
ok "a program with nginx' pools" "${CC:-cc}" -g -O1 -rdynamic -fno-optimize-sibling-calls \
    -o "$WORK/nginx_faults" "$SOURCE/tests/e2e/programs/web/nginx_faults.c"
ok "... goes on when it touches what it must not" "$LIFEGUARD" record --guard=all -o "$WORK/rec" -- \
    "$WORK/nginx_faults" stale-data overflow none
report "$WORK/rec"
# One of eight begins behind what cannot be touched, and does not end before it.
is "... which is told, also a byte behind what is not aligned" "$(touches)" \
    'data-after-destroy false 3 40 null 20
overflow true 13 13 null 18'

# refused SYSTEM LIBRARY...: a program with its pools is recorded, and not guarded, which is said
refused()
{
    build_growth "$@" && LD_LIBRARY_PATH=$(dirname "${2-.}") "$LIFEGUARD" record --guard=all \
        --api="$SOURCE/preload/api/$1.api" -o "$WORK/$1" -- "$WORK/growth-$1" leak >/dev/null 2>&1
    ok "$1's memory is refused, with a word" grep -q \
        'guard (alloc).*: a header lies before each allocation' <("$LIFEGUARD" info "$WORK/$1")
    is "... and nothing was guarded" "$(report "$WORK/$1" && json .recording.guarded.allocations)" 0
    is "... everything was recorded" "$(json '.recording | [.events > 100, .lost_events]')" '[true,0]'
}

refused postgresql
if why=$("$SOURCE/samples/radius/fetch" root 2>&1); then
    refused talloc "$(find "$SOURCE/build/radius" -name libtalloc.so.2 -print -quit)"
else
    skip talloc "$why"
fi

if why=$("$SOURCE/samples/web/fetch" nginx 2>&1); then
    . "$SOURCE/samples/web/harness.sh"
    at_exit web_kill
    same_site nginx 1 QUIT 2000
else
    skip nginx "$why"
fi
if why=$("$SOURCE/samples/web/fetch" httpd 2>&1 && "$SOURCE/samples/web/fetch" headers 2>&1 &&
    "$SOURCE/samples/web/build-module" "$SOURCE/samples/web/mod_faults.c" "$BUILD/httpd/modules" 2>&1); then
    . "$SOURCE/samples/web/harness.sh"
    at_exit web_kill
    same_site prefork 2 TERM 2000
    ((${SOAK:-0})) && SIGNALS='HUP USR1 HUP USR1' same_site event 1 TERM 4000
    ok "a module's mistakes" httpd_faults
    is "... are told" "$(touches)" 'data-after-destroy false 2 7 read after it was cleared 1
overflow true 16 16 written too far 1'
else
    skip httpd "$why"
fi

why=$("$SOURCE/samples/proftpd/fetch" 2>&1 && "$SOURCE/samples/proftpd/fetch" headers 2>&1) ||
    { skip "the real ProFTPD" "$why" && done_testing; }
need_proftpd
ok "ProFTPD as it is" proftpd_plain
ok "... and guarded, with mistakes of a module" proftpd_guarded
ok "... its clients see no difference" diff "$WORK/plain.ftp" "$WORK/guarded.ftp"
# In active mode it closes the connection that it then has not wait.
is "... the module's mistakes are told, and one of ProFTPD's own" "$(touches)" \
    'data-after-destroy false 16 104 init_conn pool 4
data-after-destroy true 20 24 pool whose data is written 1
overflow true 16 16 cmd_rec tmp pool 1'
guarded "$WORK/ftp" 5000
if ((${SOAK:-0})); then
    ok "ProFTPD with modules, as it is" proftpd_often plain
    ok "... and guarded" proftpd_often guarded "$LIFEGUARD" record --guard=all -o "$WORK/often" --
    ok "... its clients see no difference" diff "$WORK/plain.often" "$WORK/guarded.often"
    report "$WORK/often"
    is "... nothing else is told" "$(touches | sed 's/ [0-9]*$//')" \
        'data-after-destroy false 16 104 init_conn pool'
    guarded "$WORK/often" 50000
fi
ok "ProFTPD with a map that unescapes" proftpd_rewrites
is "... overflows as it does" "$(touches)" 'overflow false 8 8 null 1
overflow true 8 8 cmd_rec tmp pool 1'
done_testing
