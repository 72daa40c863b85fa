#!/usr/bin/env bash
# Two pool systems in one process, APR and talloc: there from the start, or loaded by dlopen() while
# threads run, unloaded and loaded again; and in Debian's httpd, which loads a module that uses both.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/programs/web/lib.sh"
sources=$SOURCE/tests/e2e/programs/systems
rounds=10

compile()
{
    local apr=$SOURCE/build/httpd/headers/usr/include
    ${CC:-cc} -std=gnu11 -O1 -g -Wall -Wextra -Werror -D_GNU_SOURCE -DLINUX -pthread \
        -fno-optimize-sibling-calls -ffile-prefix-map="$SOURCE/"= -isystem "$apr/apr-1.0" \
        -isystem "$SOURCE/build/radius/headers/usr/include" "$@" -l:libapr-1.so.0
}

compile_all()
{
    local talloc=(-Wl,--no-as-needed "$libraries/libtalloc.so.2" -Wl,-rpath,"$libraries")
    compile -DLINKED "$sources/both.c" -o "$WORK/linked" "${talloc[@]}" &&
        compile -fPIC -shared "$sources/both.c" -o "$WORK/both.so" "${talloc[@]}" &&
        compile -fPIC -shared -DBROKEN "$sources/both.c" -o "$WORK/broken.so" "${talloc[@]}" &&
        compile "$sources/loads.c" -o "$WORK/loads" &&
        CFLAGS="-O2 -g -isystem $SOURCE/build/radius/headers/usr/include ${talloc[*]}" \
            "$SOURCE/samples/web/build-module" "$sources/mod_two.c" "$WORK/modules"
}

# Records "$@"; prints how many pools it says that it made, and how many were recorded, and ended.
record()
{
    "$LIFEGUARD" record -f -o "$WORK/rec" -- "$@" >"$WORK/out" 2>"$WORK/err" || return
    "$LIFEGUARD" info "$WORK/rec" >"$WORK/info" && report "$WORK/rec"
    made=$(told 'pools made') ended=$(told destroyed)
}

expect_whole()
{
    is "... both systems are told" "$(json '.recording.systems | join(" ")')" '"apr talloc"'
    is "... with a comma between" "$(json .recording.api)" '"apr,talloc"'
    is "... all of APR's bytes" "$(json .recording.coverage.mismatches)" 0
    is "... no event is lost" "$(json .recording.lost_events)" 0
    is "... none does not fit the others" "$(grep '^odd' "$WORK/info")" ''
}

# What httpd's module leaves behind: rule, pool, how many, where.
found()
{
    jq -r '.findings[] | select(.severity == "error")
        | "\(.rule) \(.pool.tag) \(.count) \(.per_unit.unit) \(
            [.pool.created[] | select(.module == "mod_two.so")][0] | "\(.file):\(.line)")"' \
        "$WORK/report.json" | sort
}

line()
{
    echo "tests/e2e/programs/systems/mod_two.c:$(grep -n "$1" "$sources/mod_two.c" | cut -d: -f1)"
}

repeat()
{
    local -a paths
    local i
    for ((i = 0; i < $1; i++)); do
        paths+=("/two/$2" /)
    done
    web_get "${paths[@]}" >"$WORK/answers" && [ "$(grep -c done "$WORK/answers")" -eq "$1" ]
}

# httpd loads its modules twice before it serves, and again at each restart.
httpd()
{
    web_prepare "$WORK/web" "$1" "LoadModule two_module $WORK/modules/mod_two.so"
    web_start "$LIFEGUARD" record -f -o "$WORK/rec" -- && repeat 30 "$2" && web_reload HUP &&
        web_reload USR1 && repeat 1 clean && web_stop TERM && "$LIFEGUARD" info "$WORK/rec" >"$WORK/info" &&
        report "$WORK/rec"
}

work
need_sample radius root headers
need_sample web httpd headers
libraries=$(dirname "$(find "$SOURCE/build/radius/root" -name libtalloc.so.2)")
status "the programs and the module are built" 0 compile_all

status "a program that is linked with APR and talloc does nothing with them" 0 record "$WORK/linked" 0
apr_itself=$made
status "... and uses both" 0 record "$WORK/linked" 1000
is "... as many pools as it made" "$made" $((apr_itself + 2 + 3 * 1000))
is "... and as many ended" "$ended" "$made"
expect_whole
status "one that is asked for is recorded alone" 0 \
    "$LIFEGUARD" record -f -o "$WORK/rec" --api talloc -- "$WORK/linked" 1000
report "$WORK/rec"
is "... as is told" "$(json .recording.api)" '"talloc"'

status "talloc is loaded and unloaded while threads use APR" 0 \
    record "$WORK/loads" 20 $rounds "$WORK"
is "... as many pools as were made" "$made" $((apr_itself + $(<"$WORK/out")))
# The children leave theirs to the kernel.
expect_whole
status "... a live reading says the same" 0 \
    eval '"$LIFEGUARD" top -b -n 1 "$WORK/rec" >"$WORK/top"'
status "... and it is packed" 0 "$LIFEGUARD" pack "$WORK/rec"

expected=$(sort <<END
leaked-subpool object of two 30 command $(line 'named_const(context, 100')
leaked-subpool subpool of two 30 command $(line 'apr_pool_create(&pool, process')
END
)
for kind in event prefork; do
    status "httpd, $kind, with a module that leaks of both" 0 httpd "$kind" leak
    is "... each is found, with file and line" "$(found)" "$expected"
    expect_whole
done
"$LIFEGUARD" roles "$WORK/rec" >"$WORK/roles"
is "roles are told below the name of their system" "$(grep -o '^[a-z]*:' "$WORK/roles")" \
    "$(printf 'apr:\ntalloc:')"
is "... as --format=json does" \
    "$("$LIFEGUARD" roles --format=json "$WORK/rec" | jq -c '[.roles[].system] | unique')" '["apr","talloc"]'
status "httpd with a module that gives back what it takes of both" 0 httpd event clean
is "... no error is found" "$(json .summary.error)" 0
expect_whole
done_testing
