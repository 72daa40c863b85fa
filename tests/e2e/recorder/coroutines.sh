#!/usr/bin/env bash
# Stacks that are not the thread's, of coroutines: the program is unharmed, and their events are as
# cheap as others, with backtraces that are libunwind's.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
rounds=$([ "${SOAK:-0}" = 0 ] && echo 10 || echo 1000)

record_coroutines()
{
    rm -rf "$WORK/recording"
    "$LIFEGUARD" record -o "$WORK/recording" -- "$BUILD/e2e/coroutines" "$@" "$rounds" \
        >"$WORK/out" 2>"$WORK/err" && [ "$(<"$WORK/out")" = "done" ] &&
        "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
}

# Each backtrace is taken a few times, and never by libunwind.
expect_fast()
{
    ok "$* ends as without the recorder" record_coroutines "$@"
    ok "... with few backtraces unwound" test "$(told unwound)" -lt 200
    is "... none of them by libunwind" "$(told 'of them by libunwind')" 0
}

expect_exact()
{
    LIFEGUARD_VERIFY=1 rounds=2 record_coroutines "$@"
    is "... and none different from libunwind's" "$(told different)" 0
}

for thread in main other; do
    for kind in 'assembly mapped' 'assembly adjacent' 'assembly heap' 'zero mapped' 'zero static' \
        'context mapped' 'context static' 'short mapped'; do
        # shellcheck disable=SC2086
        expect_fast $kind $thread
        # shellcheck disable=SC2086
        expect_exact $kind $thread
    done
done
# As deep as what is kept of a backtrace (128 frames), and deeper.
for calls in 120 300; do
    expect_fast nested $calls main
    expect_exact nested $calls main
done
deep=$([ "${SOAK:-0}" = 0 ] && echo 80 || echo 1024)
expect_fast deep "$deep" other
if ulimit -s $(((deep + 8) * 1024)) 2>/dev/null; then
    expect_fast deep "$deep" main
else
    skip "deep $deep main" "the limit of stacks cannot be raised"
fi
done_testing
