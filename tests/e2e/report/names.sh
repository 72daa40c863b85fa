#!/usr/bin/env bash
# Names for a recording that is read elsewhere: below a sysroot, from separate debug files, from a
# debuginfod server, each only of the recorded build; and where there are none, none is guessed.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# Functions of the program's own frames in all backtraces; null where there is no name.
functions()
{
    "$LIFEGUARD" report --format=json "$@" "$WORK/recording" |
        jq -c '[.findings[] | .stack[], .pool.created[] | select(.module == "daemon") | .function]
            | unique'
}

nameless()
{
    "$LIFEGUARD" report --format=json "$@" "$WORK/recording" |
        jq -r '.recording.nameless[] | select(.module | endswith("/daemon")) | "\(.build_id) \(.why)"'
}

build_id()
{
    readelf -n "$1" | sed -n 's/ *Build ID: //p'
}

# The servers of debuginfod(8) speak HTTP: /buildid/HEX/debuginfo.
serve()
{
    /usr/bin/python3 - "$WORK/server" "$WORK/port" >/dev/null 2>"$WORK/asked" <<'END' &
import functools, http.server, os, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.HTTPServer(("127.0.0.1", 0), handler)
with open(sys.argv[2] + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
END
    server=$!
    at_exit kill "$server"
    wait_until [ -e "$WORK/port" ]
}

# A plugin whose function is called $1; the code is the same but for the bytes that it takes.
plugin()
{
    cc -O2 -g -shared -fPIC -o "$WORK/$1.so" -x c - <<END
extern char *palloc(void *pool, unsigned long size);
static __attribute__((noinline)) char *$1(void *pool) { char *p = palloc(pool, $2); *p = 0; return p; }
void *run(void *pool) { *$1(pool) = 1; return (void *)run; }
END
}

# A program that is linked with a plugin by "$@", and goes elsewhere before it calls that.
link_with()
{
    cd "$WORK/plugins" &&
        cc -O2 -g -rdynamic -I"$SOURCE/tests/e2e/programs" -o "$WORK/linked" -x c - -x none "$@" <<END
#include "pools.h"
void *run(void *pool);
int main(void)
{
    permanent_pool = make_sub_pool(NULL);
    return chdir("/") != 0 || !run(make_sub_pool(permanent_pool));
}
END
}

# Records "$@" in the directory of the plugins; what it allocates from there, as read elsewhere.
relative()
{
    (cd "$WORK/plugins" && "$LIFEGUARD" record -f -o "$WORK/relative" -- "$@") >/dev/null 2>&1
    "$LIFEGUARD" export --format=folded "$WORK/relative" | grep ';run;'
}

work
plugin first 800
plugin other 160
"$LIFEGUARD" record -o "$WORK/reload" -- "$BUILD/e2e/host_reload" "$WORK/first.so" "$WORK/other.so" \
    "$WORK/first.so" >"$WORK/addresses" 2>/dev/null
is "three plugins, one after the other, at the same address" "$(sort -u "$WORK/addresses" | wc -l)" 1
is "... each by its own names" \
    "$("$LIFEGUARD" export --format=folded "$WORK/reload" | grep ';run;' | sort)" \
    "$(printf 'main;run;%s\n' 'first 1600' 'other 160')"

mkdir "$WORK/plugins"
mv "$WORK/first.so" "$WORK/plugins"
is "a plugin that is loaded by a relative path has its names elsewhere" \
    "$(relative "$BUILD/e2e/host_reload" ./first.so)" 'main;run;first 800'
(link_with ./first.so)
is "... so has one that a program is linked with, when the program has gone elsewhere" \
    "$(relative "$WORK/linked")" 'main;run;first 800'
(link_with -L. -l:first.so)
is "... or that a relative LD_LIBRARY_PATH leads to" \
    "$(relative env LD_LIBRARY_PATH=. "$WORK/linked")" 'main;run;first 800'

dir=$WORK/host/opt/daemon
mkdir -p "$dir" "$WORK/nothing"
cp "$BUILD/samples/poold" "$dir/daemon"
"$LIFEGUARD" record -o "$WORK/recording" -- "$dir/daemon" --drive 2x10,10 \
    --fault=leaked-subpool-restart --fault=growing-pool 2>/dev/null
id=$(build_id "$dir/daemon")
named=$(functions)
ok "where it was recorded, there are names" grep -q leak_subpool_at_restart <<<"$named"
is "... and nothing to be said" "$(nameless)" ''

root=$WORK/elsewhere
mkdir -p "$root$WORK"
mv "$WORK/host" "$root$WORK/host"
moved=$root$dir/daemon
is "where the program is not, there are none" "$(functions)" '[null]'
is "... which is said" "$(nameless)" "$id No such file or directory"
"$LIFEGUARD" report "$WORK/recording" >"$WORK/out"
ok "... in text, too" grep -qF "no names  $dir/daemon: No such file" "$WORK/out"
ok "... with the place as an offset" grep -qE 'daemon\+0x[0-9a-f]+' "$WORK/out"
for command in check tree roles export; do
    "$LIFEGUARD" $command "$WORK/recording" >"$WORK/out" 2>"$WORK/err"
    ok "$command says so" grep -qF "no names: $dir/daemon: No such file" "$WORK/err"
    "$LIFEGUARD" $command --sysroot="$root" "$WORK/recording" >"$WORK/named" 2>"$WORK/err"
    is "... and takes --sysroot" "$(grep -cF "$dir/daemon" "$WORK/err")" 0
done
is "below a sysroot, the same names" "$(functions --sysroot="$root")" "$named"
"$LIFEGUARD" report --format=json --sysroot="$root" "$WORK/recording" >"$WORK/named.json"
status "diff takes --sysroot: a report and its recording are the same" 0 \
    "$LIFEGUARD" diff --sysroot="$root" "$WORK/named.json" "$WORK/recording"
is "below a sysroot that lacks it, there are none" "$(functions --sysroot="$WORK/nothing")" '[null]'

mkdir -p "$dir"
cc -O0 -rdynamic -o "$dir/daemon" "$SOURCE"/samples/poold/*.c
is "another build in its place gives no names" "$(functions)" '[null]'
is "... which is said" "$(nameless)" \
    "$id is another build than the one recorded, whose build id is $id"

debug=$WORK/debug/.build-id/${id:0:2}/${id:2}.debug
mkdir -p "${debug%/*}"
objcopy --only-keep-debug "$moved" "$debug"
is "a debug file by build id is enough" "$(functions --debug-dir="$WORK/debug")" "$named"
is "... and nothing to be said" "$(nameless --debug-dir="$WORK/debug")" ''
strip "$moved" && (cd "${debug%/*}" && mv "${debug##*/}" daemon.debug &&
    objcopy --add-gnu-debuglink=daemon.debug "$moved" && mv daemon.debug "$root$dir")
is "a debug file by its link" "$(functions --sysroot="$root")" "$named"
mv "$root$dir/daemon.debug" "$WORK/daemon.debug"
is "a stripped program has no static functions" \
    "$(functions --sysroot="$root" | grep -c leak_subpool_at_restart)" 0

status "--debug-dir of nothing" 2 "$LIFEGUARD" report --debug-dir="$WORK/none" "$WORK/recording"
status "--debuginfod without servers" 2 env -u DEBUGINFOD_URLS "$LIFEGUARD" report --debuginfod \
    "$WORK/recording"
ok "... is said" grep -q DEBUGINFOD_URLS "$WORK/err"
mkdir -p "$WORK/server/buildid/$id"
cp "$WORK/daemon.debug" "$WORK/server/buildid/$id/debuginfo"
export DEBUGINFOD_CACHE_PATH=$WORK/cache
serve
ok "a server of debug files" test -e "$WORK/port"
DEBUGINFOD_URLS=http://127.0.0.1:$(<"$WORK/port")
export DEBUGINFOD_URLS
is "is not asked of its own accord" "$(functions) $(wc -c <"$WORK/asked")" '[null] 0'
is "gives the names with --debuginfod" "$(functions --debuginfod)" "$named"
ok "... by the build id" grep -q "GET /buildid/$id/debuginfo HTTP[^ ]* 200" "$WORK/asked"
cp "$dir/daemon" "$WORK/server/buildid/$id/debuginfo"
rm -rf "$WORK/cache"
is "another build from there gives no names" "$(functions --debuginfod)" '[null]'
rm -rf "$WORK/cache"
status "a server that does not answer" 0 env DEBUGINFOD_URLS=http://127.0.0.1:9 "$LIFEGUARD" report \
    --debuginfod "$WORK/recording"
ok "... is told" grep -qE '^lifeguard report: --debuginfod: no server answered for [0-9]+ files?: ' \
    "$WORK/err"
done_testing
