#!/bin/bash
# The recorder can be loaded wherever there is a C library: what it needs beside, the loader would
# look for before the program starts, and end the program where it finds none.
# Under SOAK=1, in a tree of Debian 11, too, whose C library is too old to be recorded with.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../release.sh"
work

needed()
{
    readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

is 'the recorder needs no library but the C library' \
    "$(needed "$BUILD/liblifeguard.so" | grep -v -x -e 'libc\.so\.6' -e 'ld-linux-x86-64\.so\.2')" ''
ok '... and that one it needs' grep -q -x 'libc\.so\.6' <(needed "$BUILD/liblifeguard.so")

# The latest version of the C library that FILE asks for.
asked_for()
{
    readelf -W --dyn-syms "$1" | grep -o 'GLIBC_[0-9.]*' | cut -d_ -f2 | sort -V | tail -n 1
}

# FILE VERSION: it asks for that, or for one before.
asks_little()
{
    [ "$(printf '%s\n' "$(asked_for "$1")" "$2" | sort -V | tail -n 1)" = "$2" ]
}

ok '... a version of it that no system is older than, so that programs start' \
    asks_little "$BUILD/liblifeguard.so" 2.17
# The headers of 2.38 and later make sscanf() and strtoul() others.
if [ "$(printf '%s\n' "$(getconf GNU_LIBC_VERSION)" 'glibc 2.38' | sort -V | head -n 1)" = 'glibc 2.38' ]; then
    skip '... the command asks for what Enterprise Linux 9 has' 'built here, it asks for 2.38'
else
    ok '... the command asks for what Enterprise Linux 9 has' asks_little "$LIFEGUARD" 2.34
fi
echo 'extern int _dl_find_object(void *, void *);
    int later(void) { return _dl_find_object(0, 0); }' | cc -x c -shared -fPIC -o "$WORK/later.so" -
is '... one that asks for a later one is seen' "$(asks_little "$WORK/later.so" 2.34 || asked_for "$WORK/later.so")" 2.35

# --- an older C library ---

refused='lifeguard: nothing is recorded: the C library is 2.31, and 2.34 or later is needed'
echo 'const char *gnu_get_libc_version(void) { return "2.31"; }' |
    cc -x c -shared -fPIC -o "$WORK/older.so" -
is 'under an older C library the program says why it is not recorded' \
    "$(LD_PRELOAD="$WORK/older.so $BUILD/liblifeguard.so" LIFEGUARD_DIR=$WORK/older /bin/echo ran 2>&1 | sort)" \
    "$refused"$'\n'ran
ok '... and leaves nothing behind' test ! -e "$WORK/older"

# All that the recorder stands before is called.
work_there()
{
    "$WORK/inside" env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/older" /bin/sh -c '
        trap "echo trapped" USR1; kill -USR1 $$; (exit 3); echo $?; sleep 0.1 & wait $!; echo $?' 2>&1 | sort -u
}
if ! ((${SOAK:-0})); then
    skip '... so it is in Debian 11' 'SOAK=1 fetches it'
elif ! release_fetch bullseye old dash coreutils; then
    skip '... so it is in Debian 11' "$why"
else
    is '... so it is in Debian 11' "$(work_there)" $'0\n3\n'"$refused"$'\ntrapped'
fi

# --- without libunwind ---

without_libunwind()
{
    mkdir -p "$WORK/empty" && : >"$WORK/empty/libunwind-x86_64.so.8"
    LD_LIBRARY_PATH="$WORK/empty" LD_PRELOAD="$BUILD/liblifeguard.so" \
        LIFEGUARD_DIR="$WORK/recording" "$BUILD/samples/poold" --drive 1x3
}
ok 'where libunwind cannot be loaded, the program runs' without_libunwind
status '... and is recorded' 0 "$LIFEGUARD" info "$WORK/recording"
ok '... info says what is missing' grep -q 'backtraces.*libunwind could not be loaded' "$WORK/out"

# --- a recorder that is refused ---

# A command whose recorder needs a library that is nowhere.
build_refused()
{
    mkdir "$WORK/bin" && cp "$LIFEGUARD" "$WORK/bin" &&
        echo 'int nowhere;' | cc -x c -shared -fPIC -o "$WORK/libnowhere.so" - &&
        echo 'extern int nowhere; int *used = &nowhere;' | cc -x c -shared -fPIC - \
            -o "$WORK/bin/liblifeguard.so" -L"$WORK" -lnowhere && rm "$WORK/libnowhere.so"
}
ok 'a recorder that the loader refuses' build_refused
status '... ends no program' 7 "$WORK/bin/lifeguard" record -o "$WORK/refused" -- \
    sh -c 'echo ran; exit 7'
is '... it runs as ever' "$(<"$WORK/out")" ran
ok '... record tells what the loader said' grep -q 'libnowhere\.so: cannot open' "$WORK/err"
ok '... and that nothing was recorded' grep -q 'NOTHING WAS RECORDED: the loader' "$WORK/err"

done_testing
