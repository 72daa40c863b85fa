#!/usr/bin/env bash
# What lifeguard attach and detach do to a process, thread by thread: those that stand in code that is
# changed go on, those that wait are told of no interruption, and nothing is left behind. SOAK=1: a
# thousand times instead of five.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
api=$SOURCE/tests/e2e/programs/attach_target.api

begin()
{
    start_ready "$BUILD/e2e/attach_target" "$@"
    target=$pid
}

# Leaves in $WORK/wrong "0" when nothing was wrong, else what was.
end()
{
    kill "$target"
    wait "$target"
    sed -n 's/^wrong //p' "$ready_out" >"$WORK/wrong"
    cat "$ready_out.err" >>"$WORK/wrong"
}

attach()
{
    "$LIFEGUARD" attach --api="$api" -o "$WORK/$1" "$target"
}

detach()
{
    "$LIFEGUARD" detach "$target"
}

# Has the recording $WORK/NAME events?
recorded()
{
    "$LIFEGUARD" info "$WORK/$1" 2>/dev/null | grep -Eq '^events .* of which [1-9]'
}

# Threads, descriptors, signals, and mappings but for the recorder's own.
state()
{
    awk '/^(SigBlk|SigIgn|SigCgt|Threads|TracerPid|FDSize)/' "/proc/$target/status"
    find "/proc/$target/fd" -mindepth 1 | wc -l
    grep -c '\.trace$\|memfd:' "/proc/$target/maps"
}

# Bytes of each file that is mapped. How many mappings the kernel makes of them says nothing.
files()
{
    sed 's/-/ /' "/proc/$target/maps" | while read -r start end _ _ _ _ name; do
        [[ $name != /* ]] || echo "$name $((0x$end - 0x$start))"
    done | awk '{ bytes[$1] += $2 } END { for (name in bytes) print name, bytes[name] }' | sort
}

# Bytes of memory that is no file's.
anonymous()
{
    sed 's/-/ /' "/proc/$target/maps" | while read -r start end _ _ _ _ name; do
        [[ -n $name ]] || echo $((0x$end - 0x$start))
    done | awk '{ bytes += $1 } END { print bytes }'
}

rounds=$([ "${SOAK:-0}" = 0 ] && echo 5 || echo 1000)
begin fill fill begin work
status 'threads stand in code that is to be changed: it is attached to' 0 attach fill
wait_until recorded fill
status '... and let go of' 0 detach
failed=0
for ((i = 1; i < rounds; i++)); do # with threads that begin and end
    attach begun >"$WORK/out" 2>"$WORK/err" || failed=$((failed + 1))
    detach >>"$WORK/out" 2>>"$WORK/err" || failed=$((failed + 1))
done
is '... again and again' "$failed" 0
end
is '... and they go on as before' "$(<"$WORK/wrong")" 0
"$LIFEGUARD" info "$WORK/fill" >"$WORK/info"
ok 'what they do is recorded' grep -Eq '^hooked +4 functions' "$WORK/info"

begin sleep poll epoll select futex receive signal work
state >"$WORK/state"
failed=0
for ((i = 0; i < rounds; i++)); do
    attach waits >"$WORK/out" 2>"$WORK/err" || failed=$((failed + 1))
    detach >>"$WORK/out" 2>>"$WORK/err" || failed=$((failed + 1))
    [ "$i" -ne 0 ] || files >"$WORK/files"
    [ "$i" -ne 0 ] || once=$(anonymous)
done
is "$rounds times it is attached to and let go of" "$failed" 0
is 'threads, descriptors, signals are as they were' "$(state)" "$(<"$WORK/state")"
is 'no file is mapped but those of the first time' "$(files)" "$(<"$WORK/files")"
threads=$(find "/proc/$target/task" -mindepth 1 -maxdepth 1 | wc -l)
# What a thread is given by the recorder when it is recorded for the first time, it keeps.
ok '... and little memory' [ "$(anonymous)" -le $((once + threads * (4 << 20))) ]
end
is 'no call of theirs was interrupted' "$(<"$WORK/wrong")" 0
done_testing
