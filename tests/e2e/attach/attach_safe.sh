#!/usr/bin/env bash
# What lifeguard attach and detach do to a process, thread by thread: those that stand in code that is
# changed go on, those that wait are told of no interruption, and nothing is left behind. SOAK=1: a
# thousand times instead of five.
. "$(dirname "$0")/../lib.sh"
work
api=$SOURCE/tests/e2e/programs/attach_target.api

begin()
{
    local i
    "$BUILD/e2e/attach_target" "$@" >"$WORK/target.out" 2>"$WORK/target.err" &
    target=$!
    at_exit eval "kill $target 2>/dev/null"
    for ((i = 0; i < 400; i++)); do
        grep -q ready "$WORK/target.out" && return
        sleep 0.05
    done
    return 1
}

# Leaves in $WORK/wrong "0" when nothing was wrong, else what was.
end()
{
    kill "$target"
    wait "$target"
    sed -n 's/^wrong //p' "$WORK/target.out" >"$WORK/wrong"
    cat "$WORK/target.err" >>"$WORK/wrong"
}

attach()
{
    "$LIFEGUARD" attach --api="$api" -o "$WORK/$1" "$target"
}

detach()
{
    "$LIFEGUARD" detach "$target"
}

# Threads, descriptors, signals, and mappings but for the recorder's own.
state()
{
    awk '/^(SigBlk|SigIgn|SigCgt|Threads|TracerPid|FDSize)/' "/proc/$target/status"
    find "/proc/$target/fd" -mindepth 1 | wc -l
    grep -c '\.trace$\|memfd:' "/proc/$target/maps"
}

# Mappings, when the recorder has been there once.
mappings()
{
    wc -l <"/proc/$target/maps"
}

begin fill fill work
status 'threads stand in code that is to be changed: it is attached to' 0 attach fill
sleep 0.3
status '... and let go of' 0 detach
end
is '... and they go on as before' "$(<"$WORK/wrong")" 0
"$LIFEGUARD" info "$WORK/fill" >"$WORK/info"
ok 'what they do is recorded' grep -Eq '^hooked +4 functions' "$WORK/info"

begin sleep poll epoll select futex receive signal work
state >"$WORK/state"
rounds=$([ "${SOAK:-0}" = 0 ] && echo 5 || echo 1000)
failed=0
for ((i = 0; i < rounds; i++)); do
    attach waits >"$WORK/out" 2>"$WORK/err" || failed=$((failed + 1))
    [ "$i" -ne 0 ] || first=$(mappings)
    detach >>"$WORK/out" 2>>"$WORK/err" || failed=$((failed + 1))
    [ "$i" -ne 0 ] || once=$(mappings)
done
is "$rounds times it is attached to and let go of" "$failed" 0
is 'threads, descriptors, signals are as they were' "$(state)" "$(<"$WORK/state")"
is 'no mapping is left but those of the first time' "$(mappings)" "$once"
end
is 'no call of theirs was interrupted' "$(<"$WORK/wrong")" 0
done_testing
