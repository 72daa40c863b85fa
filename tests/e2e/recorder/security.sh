#!/usr/bin/env bash
# A recording is its owner's alone: nobody can read it, put files in its way or lead it elsewhere.
# A program with raised privileges, or for another architecture, is left alone.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

program=$BUILD/e2e/host_process
nobody=65534

# Runs the program (it ends with 42) under the recorder, with LIFEGUARD_DIR=$1.
run_into()
{
    LD_PRELOAD=$BUILD/liblifeguard.so LIFEGUARD_DIR=$1 "$program" portrait >"$WORK/out" 2>"$WORK/err"
}

# refused NAME DIR: the program runs, and nothing comes to be in DIR, nor DIR itself.
refused()
{
    local before
    before=$(find "$2/" 2>/dev/null | sort)
    run_into "$2"
    is "$1: the program runs" "$? $(wc -l <"$WORK/err")" '42 1'
    is "... and nothing is recorded" "$(find "$2/" 2>/dev/null | sort)" "$before"
}

# plant COMMAND...: records a program in whose trace's place COMMAND put something; with $trace the
# name of it. The pid is the shell's, which becomes the program.
plant()
{
    mkdir -m 700 "$WORK/planted" &&
        LIFEGUARD_DIR=$WORK/planted sh -euc '
            trace=$LIFEGUARD_DIR/$$.trace
            eval "$1"
            LD_PRELOAD=$2 exec "$3" portrait' sh "$1" "$BUILD/liblifeguard.so" "$program" \
            >"$WORK/out" 2>"$WORK/err"
    is "$2" "$?" 42
    is "... the trace lies beside it" "$(find "$WORK/planted" -name '*.1.trace' -type f | wc -l)" 1
    rm -r "$WORK/planted"
}

# command_refuses NAME DIR
command_refuses()
{
    status "the command refuses $1" 2 "$LIFEGUARD" record -f -o "$2" -- touch "$WORK/started"
    ok "... before the program is started" test ! -e "$WORK/started"
    rm -f "$WORK/started"
}

# The recorder as a library that the program itself needs: so it is loaded with privileges, too.
build_linked()
{
    cp "$BUILD/liblifeguard.so" "$WORK" && chmod 755 "$WORK/liblifeguard.so" &&
        ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O2 -rdynamic -I"$SOURCE/samples/poold" \
            "$SOURCE/tests/e2e/programs/host_process.c" "$SOURCE/samples/poold/pool.c" \
            -Wl,--no-as-needed "$WORK/liblifeguard.so" -Wl,-rpath,"$WORK" -o "$WORK/linked" &&
        cp "$program" "$WORK/preloaded" && chmod 755 "$WORK/linked" "$WORK/preloaded"
}

as_nobody()
{
    setpriv --reuid=$nobody --regid=$nobody --clear-groups env -C / "$@" >"$WORK/out" 2>"$WORK/err"
}

# privileged NAME PROGRAM: it runs as ever, and records nothing.
privileged()
{
    rm -rf "$WORK/nobodys"
    mkdir "$WORK/nobodys" && chmod 700 "$WORK/nobodys" && chown $nobody "$WORK/nobodys"
    as_nobody LIFEGUARD_DIR="$WORK/nobodys" LD_PRELOAD="$WORK/liblifeguard.so" "$2" portrait
    is "$1" "$? $(grep -v '^ERROR: ld.so: ' "$WORK/err")" '42 portrait is done'
    is "... and records nothing" "$(ls "$WORK/nobodys")" ''
}

check_privileged()
{
    ok "programs for everybody" build_linked
    as_nobody LIFEGUARD_DIR="$WORK/by-nobody" "$WORK/linked" portrait
    chmod 777 "$WORK"
    as_nobody LIFEGUARD_DIR="$WORK/by-nobody" "$WORK/linked" portrait
    chmod 755 "$WORK"
    is "linked to the recorder, a plain program is recorded" \
        "$(find "$WORK/by-nobody" -name '*.trace' | wc -l)" 1
    chmod u+s "$WORK/linked" "$WORK/preloaded"
    privileged "set-user-id, it runs with its privileges" "$WORK/linked"
    ok "... which it has" grep -q "^  uid $nobody 0 0 " "$WORK/out"
    privileged "so does one that the recorder is preloaded into" "$WORK/preloaded"
    mkdir -m 755 "$WORK/bin" && cp "$LIFEGUARD" "$WORK/liblifeguard.so" "$WORK/bin"
    as_nobody "$WORK/bin/lifeguard" record -f -o "$WORK/nobodys" -- "$WORK/preloaded" portrait
    is "the command gives its exit status" "$?" 42
    ok "... and says why it is not recorded" grep -q 'set-user-id' "$WORK/err"
    ok "... loudly" grep -q 'NOTHING WAS RECORDED' "$WORK/err"
    chmod u-s "$WORK/linked"
    if setcap cap_net_bind_service+ep "$WORK/linked" 2>/dev/null; then
        privileged "with a capability of its file, it runs" "$WORK/linked"
        ok "... with the capability" grep -q '^  capabilities 400 400 ' "$WORK/out"
    else
        skip "with a capability of its file, it runs" "the file system keeps none"
    fi
}

# A 32-bit program of 96 bytes: it ends with status 7.
build_foreign()
{
    printf '%b' '\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0' \
        '\x02\0\x03\0\x01\0\0\0\x54\x80\x04\x08\x34\0\0\0\0\0\0\0\0\0\0\0\x34\0\x20\0\x01\0\0\0\0\0\0\0' \
        '\x01\0\0\0\0\0\0\0\0\x80\x04\x08\0\x80\x04\x08\x60\0\0\0\x60\0\0\0\x05\0\0\0\0\x10\0\0' \
        '\xb8\x01\0\0\0\xbb\x07\0\0\0\xcd\x80' >"$WORK/foreign"
    chmod 755 "$WORK/foreign"
    "$WORK/foreign"
    [ $? -eq 7 ]
}

work
umask 022
run_into "$WORK/new"
is "a recording's directory is for its owner only" "$? $(stat -c %a "$WORK/new")" '42 700'
is "... its files too" "$(stat -c %a "$WORK"/new/*)" 600

echo precious >"$WORK/precious"
plant "ln -s $WORK/precious \$trace" "a symbolic link in a trace's place is not followed"
is "... nor written to" "$(cat "$WORK/precious")" precious
plant "ln -s $WORK/made \$trace" "nor one that leads nowhere"
ok "... and nothing is made there" test ! -e "$WORK/made"
plant "ln $WORK/precious \$trace" "a file in its place is not written to"
is "... it is as before" "$(cat "$WORK/precious")" precious
plant "mkfifo \$trace" "a pipe in its place is not waited for"

mkdir -m 700 "$WORK/real" "$WORK/group" "$WORK/world" "$WORK/shared"
chmod 770 "$WORK/group" && chmod 707 "$WORK/world" && chmod 1777 "$WORK/shared"
ln -s "$WORK/real" "$WORK/link" && ln -s "$WORK/nothing" "$WORK/dangling"
refused "a symbolic link for a directory" "$WORK/link"
refused "... though it ends with a slash" "$WORK/link/"
refused "one that leads nowhere" "$WORK/dangling"
refused "a directory that its group may write to" "$WORK/group"
refused "one that everybody may write to" "$WORK/world"
refused "one that everybody may put files into" "$WORK/shared"
refused "a file for a directory" "$WORK/precious"
cd "$WORK" || exit 1
refused "a directory that depends on where one is" real
command_refuses "a symbolic link" "$WORK/link"
command_refuses "... though it ends with a slash" "$WORK/link/"
command_refuses "a directory that its group may write to" "$WORK/group"
command_refuses "one that everybody may put files into" "$WORK/shared"
if [ "$(id -u)" -eq 0 ]; then
    mkdir -m 700 "$WORK/theirs" && chown $nobody "$WORK/theirs"
    refused "another user's directory" "$WORK/theirs"
    command_refuses "another user's directory" "$WORK/theirs"
else
    skip "another user's directory" "only root can make one"
fi

if [ "$(id -u)" -eq 0 ]; then
    check_privileged
else
    skip "set-user-id programs" "only root can make them"
fi
if build_foreign; then
    status "a 32-bit program runs unharmed" 7 "$LIFEGUARD" record -o "$WORK/foreign.rec" -- \
        "$WORK/foreign"
    ok "... and it is said that it cannot be recorded" grep -q 'another architecture' "$WORK/err"
    ok "... loudly" grep -q 'NOTHING WAS RECORDED' "$WORK/err"
else
    skip "a 32-bit program" "this kernel runs none"
fi
done_testing
