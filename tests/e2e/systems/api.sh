#!/usr/bin/env bash
# lifeguard api: what there is to hook in the real ProFTPD, in svn, in what cannot be recorded; and
# the mistakes of a description. No program's main is run for it.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

check()
{
    "$LIFEGUARD" api check --format=json "$@" >"$WORK/check.json" 2>"$WORK/err"
}

found()
{
    jq -c "$1" "$WORK/check.json"
}

# What check found, as the file's own tables tell it: "function offset" a line.
hooked_at()
{
    found ".hooks[] | select(.function | test(\"$1\")) | [.function, .offset] | join(\" \")" | tr -d '"' | sort
}

# FILE SYMBOL: its address, in hexadecimal.
address_of()
{
    nm -D "$1" | awk -v name="$2" '$3 == name { print $1 }'
}

# Where FILE's symbol FUNCTION jumps to when it is done, by the disassembler.
jump_of()
{
    local start
    start=$(address_of "$1" "$2")
    objdump -d --no-show-raw-insn --start-address="0x$start" --stop-address=$((0x$start + 64)) "$1" |
        awk '$2 == "jmp" && $3 ~ /^[0-9a-f]+$/ { print $3; exit }'
}

# The address that FILE's symbol FUNCTION loads into the first argument, by the disassembler.
loaded_by()
{
    objdump -d --no-show-raw-insn --disassemble="$2" "$1" |
        sed -n 's/.*mov .*(%rip),%rdi  *# \([0-9a-f]*\) .*/\1/p'
}

# What was hooked, and how, when "$@" was recorded.
recorded()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$@" >"$WORK/plain" 2>&1 || return
    report "$WORK/recording"
    json '[.recording.hooks[] | select(.how | startswith("accessed by") | not) | {function, how}] | sort'
}

# NAME EXPECTED STATUS SED: what check tells of the description "$WORK/mistake.api" after SED.
mistake()
{
    sed -E "$4" "$SOURCE/preload/api/proftpd.api" >"$WORK/mistake.api"
    status "$1" "$3" "$LIFEGUARD" api check "$WORK/mistake.api" -- "$POOLD"
    ok "... is told" grep -qF -- "$2" "$WORK/out" "$WORK/err"
}

# A program with a library that, under the recorder, ends it before its start, or waits for ever.
build_early()
{
    ${CC:-cc} -x c - -shared -fPIC -o "$WORK/early.so" <<'EOF' || return
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((constructor)) static void early(void)
{
    if (!getenv("LIFEGUARD_DIR"))
        return;
    if (!getenv("WAITING"))
        _exit(5);
    close(creat(getenv("WAITING"), 0600));
    pause();
}
EOF
    ${CC:-cc} -x c - -x none -Wl,--no-as-needed "$WORK/early.so" -o "$WORK/early" <<<'int main(void) { return 7; }'
}

check_proftpd()
{
    local why
    why=$("$SOURCE/samples/proftpd/fetch" 2>&1) || { skip "ProFTPD" "$why"; return; }
    . "$SOURCE/samples/proftpd/harness.sh"
    LD_LIBRARY_PATH=$(echo "$PROFTPD_ROOT"/usr/lib/*-linux-gnu) check proftpd -- "$PROFTPD" -n
    is "the description of ProFTPD holds for Debian's: 0" "$?" 0
    is "... all of it" "$(found '[.verdict, .exported, .missing, .layout]')" '["whole",true,[],true]'
    is "... its functions are where its symbols are" "$(hooked_at '^(make_sub|copy|pr_)')" \
        "$(for name in copy_array_hdr make_sub_pool pr_pool_create_sz pr_pool_tag; do
            echo "$name $((0x$(address_of "$PROFTPD" $name)))"
        done)"
    is "... and internal ones where the others jump to" "$(hooked_at '^tail')" \
        "$(for name in destroy_pool palloc; do
            echo "tail($name) $((0x$(jump_of "$PROFTPD" $name)))"
        done)"
    is "... its root is" "$(found '.roots[] | [.name, .offset]')" \
        "[\"permanent_pool\",$((0x$(address_of "$PROFTPD" permanent_pool)))]"
    is "... and its marks are" "$(found '[.marks[] | select(.offset != null) | .mark]')" \
        '["command","restart","connection","startup","shutdown","label"]'
}

check_svn()
{
    command -v svn >/dev/null || { skip "svn" "there is no svn"; return; }
    check apr -- svn --version
    is "svn has APR in a library, and no marks of httpd: 1" "$?" 1
    is "... all of its functions" \
        "$(found '[.missing, (.hooks | length), (.module | sub(".*/"; "") | sub("so.*"; "so"))]')" \
        '[[],7,"libapr-1.so"]'
    is "... its root is where the code loads it from" \
        "$(found '. as $all | .roots[] | [.name, .first, .module == $all.module, .offset]')" \
        "[\"global_pool\",false,true,$((0x$(loaded_by "$(found .module | tr -d '"')" apr_pool_terminate)))]"
    is "... as recording it does" "$(found '[.hooks[] | {function, how}] | sort')" \
        "$(recorded svn --version)"
}

check_poold()
{
    status "the description of ProFTPD holds for poold, too: 0" 0 \
        "$LIFEGUARD" api check proftpd -- "$POOLD" --drive 1x1
    is "... and its main is not run" "$(cat "$WORK/err"; grep -c 'All that' "$WORK/out")" 1
    check proftpd "$POOLD" --drive 1x1
    is "... --format=json tells it" "$(found '[.verdict, .missing]')" '["whole",[]]'
    is "... with what recording it hooks" \
        "$(found '[.hooks[] | {function, how}] + ([.marks[] | select(.offset != null) | .function] | unique |
            map({function: ., how: "symbol"})) | sort')" "$(recorded "$POOLD" --drive 1x1)"
    ${CC:-cc} -std=gnu11 -O0 -g "$SOURCE"/samples/poold/*.c -o "$WORK/hidden"
    check proftpd "$WORK/hidden"
    is "by its symbol table, where nothing is exported" "$(found .exported)" false
    # A description that knows the internal functions by a jump alone.
    sed -E -e '/^inlined/d' -e 's/^tail\(destroy_pool\).*/tail(destroy_pool) = destroy pool=a0 else=destroy_pool cost="subpools are not seen"/' \
        -e 's/^alloc_pool .*/tail(palloc) = alloc pool=a0 size=a1 else=palloc,pallocsz,pcalloc,pcallocsz cost="bytes of arrays are not seen"/' \
        "$SOURCE/preload/api/proftpd.api" >"$WORK/jumps.api"
    check "$WORK/jumps.api" "$WORK/hidden"
    is "... fallbacks are told, where no jumps lead to what is meant" \
        "$(found '[.hooks[] | select(.how | test("fallback")) | .function]')" \
        '["palloc","pallocsz","pcalloc","pcallocsz","destroy_pool"]'
    is "... and what is not seen then" \
        "$(found '[.missing[] | select(.reason | test("; (bytes of arrays|subpools)"))] | length')" 2
}

check_mistakes()
{
    mistake "a mistake in a description: 2, with its line" \
        "$WORK/mistake.api:$(grep -n '^make_sub_pool' "$SOURCE/preload/api/proftpd.api" | cut -d: -f1): " \
        2 's/^(make_sub_pool .*)parent=a0/\1parent=b0/'
    mistake "a system that is not there: 3" "poold has 4 of 5, not pr_pool_tagg" 3 \
        's/^(detect.*)pr_pool_tag /\1pr_pool_tagg /'
    mistake "nothing to detect it by: 3" "does not say what to detect the system by" 3 '/^detect/d'
    mistake "a root that is not there: 1" "permanent_pond: MISSING" 1 \
        's/^permanent_pool$/permanent_pool\npermanent_pond/'
    mistake "a function that is a variable: 1" "permanent_pool (set_name): it is no function" \
        1 's/^pr_pool_tag .*/permanent_pool = set_name pool=a0 name=a1/'
    mistake "a mark that is not there: 1" "command: pr_cmd_write: MISSING: no image exports it" 1 \
        's/pr_cmd_read/pr_cmd_write/'
    mistake "a root in code that has no such access: 1" \
        "pond: MISSING: no such access in palloc" 1 \
        's/^permanent_pool$/permanent_pool\npond = data(palloc,99)/'
    mistake "... in code that is not there: 1" "pond: MISSING: there is no function nowhere" 1 \
        's/^permanent_pool$/permanent_pool\npond = data(nowhere,1)/'
    mistake "a value that needs a function that is not there: 1" \
        "make_sub_pool (create): there is no function nowhere" 1 \
        's/^(make_sub_pool .*)parent=a0/\1parent=data(nowhere,1)/'
    mistake "... a variable" "make_sub_pool (create): there is no variable nowhere" 1 \
        's/^(make_sub_pool .*)parent=a0/\1parent=global:nowhere/'
    mistake "... an access" "make_sub_pool (create): no such access in destroy_pool" 1 \
        's/^(make_sub_pool .*)parent=a0/\1parent=data(destroy_pool,99)/'
    "$LIFEGUARD" api show proftpd | "$LIFEGUARD" api check /dev/stdin -- "$POOLD" \
        >"$WORK/out" 2>"$WORK/err"
    ok "a description from a pipe is told to be" \
        grep -q '^description  proftpd, /dev/stdin' "$WORK/out"
    is "... and is as good as any" "$("$LIFEGUARD" api check proftpd -- "$POOLD" |
        diff - "$WORK/out" | grep -v description)" "$(printf '1c1\n---')"
    sh -c "'$LIFEGUARD' api show proftpd | '$LIFEGUARD' record -o '$WORK/piped' --api /dev/stdin \
        -- '$POOLD'" 2>"$WORK/err"
    is "... but not to record by: 2" "$?" 2
    ok "... and it says so" grep -q '/dev/stdin: can be read only once' "$WORK/err"
    status "a description that is not there: 2" 2 "$LIFEGUARD" api check nonesuch -- "$POOLD"
    status "... a file: 2" 2 "$LIFEGUARD" api check "$WORK/nonesuch.api" -- "$POOLD"
    status "no program: 2" 2 "$LIFEGUARD" api check proftpd --
    status "a program that does not exist: 2" 2 "$LIFEGUARD" api check proftpd -- "$WORK/nonesuch"
    ok "... is named" grep -qF "$WORK/nonesuch: No such file" "$WORK/err"
    status "a program without a pool system: 3" 3 "$LIFEGUARD" api check proftpd -- /bin/true
    ok "... loudly" grep -q 'NOTHING WOULD BE HOOKED' "$WORK/out"
}

# What a function accesses first, and jumps to, which is hooked itself.
check_hooked_code()
{
    ${CC:-cc} -O2 -rdynamic -x c - -o "$WORK/current" <<'EOF' || return
static void *volatile current;
__attribute__((noinline)) void *use(void *pool) { current = pool; return pool; }
__attribute__((noinline)) static void *internal(long size) { return (char *)current + size; }
void *take(long size) { return internal(size + 1); }
long begin(long number) { current = (char *)current + number; return number + 1; }
int main(void) { return !use((void *)&current) || !take(8); }
EOF
    cat >"$WORK/current.api" <<'EOF'
[api]
name = current
detect = use take
[functions]
use = create pool=ret
take = alloc pool=data(use,1) size=a0
tail(take) = alloc pool=data(use,1) size=a0
[marks]
command = begin as=request
EOF
    "$LIFEGUARD" api check "$WORK/current.api" -- "$WORK/current"
}

check_uncalled()
{
    status "a program that never begins a unit of work is recorded" 0 \
        "$LIFEGUARD" record -f -o "$WORK/recording" --api "$WORK/current.api" -- "$WORK/current"
    status "... and does not pass" 3 "$LIFEGUARD" check "$WORK/recording"
    ok "... with a word about what was to begin one" \
        grep -q '^no verdict: No unit of work was seen, though begin is hooked' "$WORK/out"
}

# A program with two libraries of pools, $WORK/one.so and two.so; or that loads what it is told to.
build_copies()
{
    local name
    for name in one two three; do
        ${CC:-cc} -std=gnu11 -O2 -shared -fPIC "$SOURCE/samples/poold/pool.c" -o "$WORK/$name.so" || return
    done
    ${CC:-cc} -x c - -x none -Wl,--no-as-needed "$WORK/one.so" "$WORK/two.so" -o "$WORK/copies" <<'EOF'
#include <dlfcn.h>
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (dlclose(dlopen(argv[i], RTLD_NOW)) != 0)
            return 1;
    return 0;
}
EOF
}

# What info tells of copies of the library when "$@" is recorded.
copies()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$@" >"$WORK/plain" 2>&1 &&
        "$LIFEGUARD" info "$WORK/recording" | sed -n 's/.*\/\(.*copy of.*\)/\1/p' | sort
}

check_copies()
{
    local told="copy of proftpd, which is not recorded"
    ok "a program with two libraries of pools" build_copies
    is "... the second is told" "$(copies "$WORK/copies")" "two.so: another $told"
    report "$WORK/recording"
    is "... --format=json tells it" \
        "$(json '.recording.skipped[] | select(.function == "") | .module | sub(".*/"; "")')" '"two.so"'
    is "... and one that is loaded later, once" \
        "$(copies "$WORK/copies" "$WORK/three.so" "$WORK/three.so")" \
        "$(printf '%s: another %s\n' three.so "$told" two.so "$told")"
    check proftpd "$WORK/copies"
    is "... api check tells it" "$(found '[.module, .copy] | map(sub(".*/"; ""))')" '["one.so","two.so"]'
    "$LIFEGUARD" api check proftpd "$WORK/copies" >"$WORK/out"
    ok "... in text, too" grep -q '^not hooked *.*/two.so, which has it, too' "$WORK/out"
}

# NAME PROGRAM WORDS: nothing can be preloaded into PROGRAM.
obstacle()
{
    status "$1: 3" 3 "$LIFEGUARD" api check proftpd -- "$2"
    ok "... and why" grep -q "$3" "$WORK/err"
}

check_obstacles()
{
    echo 'int main(void) { return 7; }' >"$WORK/main.c"
    if ${CC:-cc} -static "$WORK/main.c" -o "$WORK/static" 2>/dev/null; then
        obstacle "a static program" "$WORK/static" 'statically linked'
    else
        skip "a static program" "the C library is not there to be linked statically"
    fi
    printf '\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x03\0\x01\0\0\0%052d' 0 >"$WORK/foreign"
    chmod 755 "$WORK/foreign"
    obstacle "a program for another architecture" "$WORK/foreign" 'another architecture'
    ${CC:-cc} "$WORK/main.c" -o "$WORK/privileged"
    if [ "$(id -u)" -eq 0 ]; then
        chown 65534 "$WORK/privileged" && chmod u+s "$WORK/privileged"
        obstacle "a set-user-id program" "$WORK/privileged" 'set-user-id'
    else
        skip "a set-user-id program" "only root can make one of another user"
    fi
}

check_early()
{
    status "a program that ends before its start: 2" 2 \
        "$LIFEGUARD" api check proftpd -- "$WORK/early"
    ok "... is told" grep -q 'exit status 5' "$WORK/err"
}

end_job()
{
    kill -KILL $job 2>/dev/null
}

# While it waits for a library that never ends to initialize itself, a signal ends all of it.
check_signal()
{
    WAITING=$WORK/waiting "$LIFEGUARD" api check proftpd -- "$WORK/early" \
        >"$WORK/out" 2>"$WORK/err" &
    job=$!
    at_exit end_job
    wait_until [ -e "$WORK/waiting" ]
    kill -TERM $job
    wait $job
    is "a signal ends the program and the command: 2" "$?" 2
    ok "... which tells it" grep -q 'signal 15' "$WORK/err"
}

work
POOLD=$BUILD/samples/poold
mkdir "$WORK/tmp"
export TMPDIR=$WORK/tmp
status "api list" 0 "$LIFEGUARD" api list
is "... has every description that there is" "$(sed -nE 's/^([^ ]+).*/\1/p' "$WORK/out" | sort)" \
    "$(cd "$SOURCE/preload/api" && ls ./*.api | sed 's|\./\(.*\).api|\1|' | sort)"
"$LIFEGUARD" api list --format=json >"$WORK/list.json"
is "... as --format=json has" "$(jq -r '.apis[].name' "$WORK/list.json")" \
    "$(sed -nE 's/^([^ ]+).*/\1/p' "$WORK/out")"
is "... with what their functions do" "$(jq -c '.apis[] | select(.name == "apr") | .roles' \
    "$WORK/list.json")" '["create","destroy","clear","alloc","set_name"]'
"$LIFEGUARD" api show proftpd >"$WORK/proftpd.api"
ok "api show prints one" cmp "$WORK/proftpd.api" "$SOURCE/preload/api/proftpd.api"
status "... that there is, else 2" 2 "$LIFEGUARD" api show nonesuch
status "api without more: 2" 2 "$LIFEGUARD" api
status "api with something else: 2" 2 "$LIFEGUARD" api frobnicate
check_proftpd
check_svn
check_poold
check_mistakes
check_copies
ok "code is read before it is patched" check_hooked_code
check_uncalled
check_obstacles
ok "a program with a library that does something at once" build_early
check_early
check_signal
is "nothing is left in \$TMPDIR" "$(ls "$WORK/tmp")" ''
done_testing
