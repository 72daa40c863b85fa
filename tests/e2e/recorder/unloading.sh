#!/usr/bin/env bash
# Code comes and goes, and other code comes to lie where it was: from two threads, and by who is not
# bound to the recorder's dlclose(). The program ends well, and every backtrace is exact.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
rounds=$((${SOAK:-0} ? 200000 : 10000))
recorder=$BUILD/liblifeguard.so
work

build()
{
    cc -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror "$@"
}

# A plugin whose frame has $2 bytes, behind $3 bytes of data.
build_plugin()
{
    build -fPIC -shared -DFRAME="$2" -DFILLER="$3" "$programs/plugin.c" -o "$WORK/$1.so"
}

build_all()
{
    local programs=$SOURCE/tests/e2e/programs/unload
    build_plugin small 800 16 && build_plugin large 4000 16 &&
        build_plugin small_before 800 $((8 << 20)) && build_plugin large_before 4000 $((4 << 20)) &&
        build -fPIC -shared "$programs/manager.c" -o "$WORK/manager.so" &&
        build -rdynamic -pthread "$programs/program.c" -o "$WORK/program"
}

# exact NAME PROGRAM...: it ends well, and no backtrace differs from libunwind's.
exact()
{
    local name=$1
    shift
    rm -rf "$WORK/recording"
    status "$name" 0 env LD_PRELOAD="$recorder" LIFEGUARD_DIR="$WORK/recording" \
        LIFEGUARD_VERIFY=1 "$@"
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
    is '... every backtrace is exact' "$(told different)" 0
    is '... the frames of each plugin are its own' "$(seen_plugins)" "$(plugins "$@")"
}

# The plugins among "$@", and those that backtraces lead through.
plugins()
{
    printf '%s\n' "$@" | grep -o '\(small\|large\)[a-z_]*\.so' | sort -u
}

seen_plugins()
{
    "$LIFEGUARD" export --format=ndjson "$WORK/recording" >"$WORK/events"
    grep -o '\(small\|large\)[a-z_]*\.so!plugin_run' "$WORK/events" | cut -d! -f1 | sort -u
}

ok 'a program and its plugins' build_all
exact 'two threads load and unload' "$WORK/program" "$rounds" "$WORK/small.so" "$WORK/large.so"
exact '... code of different sizes' "$WORK/program" "$rounds" "$WORK/small_before.so" \
    "$WORK/large_before.so"
for how in deepbind namespace; do
    exact "plugins loaded by a manager, $how" "$WORK/program" 20 "$WORK/small.so" \
        "$WORK/large.so" "$how" "$WORK/manager.so"
    exact '... of different sizes' "$WORK/program" 20 "$WORK/small_before.so" \
        "$WORK/large_before.so" "$how" "$WORK/manager.so"
done

# A C library before 2.35 has no function that says whose code an address is.
sed 's/_dl_find_object/_dl_f1nd_object/' "$recorder" >"$WORK/recorder.so"
is 'a recorder that cannot ask the loader' "$(cmp -l "$recorder" "$WORK/recorder.so" | wc -l)" 1
recorder=$WORK/recorder.so
exact '... while two threads load and unload' "$WORK/program" $((rounds / 20)) "$WORK/small.so" \
    "$WORK/large.so"
exact '... code of different sizes' "$WORK/program" $((rounds / 20)) "$WORK/small_before.so" \
    "$WORK/large_before.so"
exact '... plugins loaded by a manager' "$WORK/program" 20 "$WORK/small.so" "$WORK/large.so" deepbind \
    "$WORK/manager.so"
done_testing
