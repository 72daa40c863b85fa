#!/usr/bin/env bash
# Work that takes long tells on a terminal how far it is, there only, and leaves nothing behind. In
# place of work that takes long: a clock that goes two seconds on each time it is asked.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
command -v script >/dev/null || skip_all "script(1) is not installed"
export ASAN_OPTIONS=verify_asan_link_order=0 # its runtime comes after the clock

hasty_clock()
{
    gcc -Wall -Wextra -Werror -fPIC -shared -x c - -o "$WORK/clock.so" <<'CODE'
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static long ahead;
    long failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE))
        now->tv_sec += ahead += 2;
    return (int)failed;
}
CODE
}

# on_terminal TERM COMMAND...: what the terminal was sent is in $WORK/terminal.
on_terminal()
{
    local term=$1 command
    shift
    command=$(printf '%q ' env TERM="$term" LD_PRELOAD="$WORK/clock.so" "$@")
    SHELL=/bin/sh script -qec "$command >$(printf '%q' "$WORK/out")" "$WORK/typescript" \
        >"$WORK/terminal" </dev/null
}

says_how_far()
{
    grep -qE $'^\r(lifeguard: '"$1"$', [0-9]+ %\r)+\e\\[K$' "$WORK/terminal"
}

work
ok "a clock that is ahead" hasty_clock
ok "a recording" env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/recording" \
    "$BUILD/samples/poold" --drive 3x200
"$LIFEGUARD" report --format=json "$WORK/recording" >"$WORK/expected"

ok "a report on a terminal" on_terminal xterm "$LIFEGUARD" report --format=json "$WORK/recording"
ok "... tells how far it is, and wipes that away" says_how_far reading
ok "... and goes where it should" cmp "$WORK/out" "$WORK/expected"
ok "a report on a terminal that cannot wipe" \
    on_terminal dumb "$LIFEGUARD" report --format=json "$WORK/recording"
is "... says nothing" "$(<"$WORK/terminal")" ''
status "a report where there is no terminal" 0 env TERM=xterm LD_PRELOAD="$WORK/clock.so" \
    "$LIFEGUARD" report --format=json "$WORK/recording"
is "... says nothing" "$(<"$WORK/err")" ''
ok "a pack on a terminal" on_terminal xterm "$LIFEGUARD" pack "$WORK/recording"
ok "... tells how far it is, too" says_how_far packing
ok "... and what it did" grep -q '4 traces packed' "$WORK/out"
done_testing
