#!/usr/bin/env bash
# What a process may be doing as it is attached to or let go of: it stands in vfork(), another
# lifeguard is at it, its first descriptors are closed, all its threads are always inside a pool
# call, system calls fail under a filter. It is served, or refused for that, and goes on unharmed.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../systemd_sets.sh"
work
api=$SOURCE/tests/e2e/programs/attach_target.api
target=$BUILD/e2e/attach_target

attach()
{
    "$LIFEGUARD" attach --api="$api" -o "$WORK/$1" "$pid"
}

detach()
{
    "$LIFEGUARD" detach "$pid"
}

# Ends as it should; what it has to say for itself is no error.
unharmed()
{
    kill "$pid"
    wait "$pid"
    is "... $1 is unharmed" "$? $(<"$ready_out.err")" '0 '
}

has_child()
{
    [ -n "$(cat /proc/"$pid"/task/*/children)" ]
}

# Two at once: how each ended, and what the one that did not get it says.
at_once()
{
    local job first second
    "$@" "$WORK/left" >/dev/null 2>"$WORK/left.err" &
    job=$!
    "$@" "$WORK/right" >/dev/null 2>"$WORK/right.err"
    second=$?
    wait "$job"
    first=$?
    echo "$((first < second ? first : second)) $((first < second ? second : first))"
    grep -ho 'is recorded already\|is not recorded$' "$WORK/left.err" "$WORK/right.err"
}

attach_to()
{
    "$LIFEGUARD" attach --api="$api" -o "$1" "$pid"
}

detach_from() # whoever asks
{
    detach
}

start_ready "$target" work lend
ok 'one thread stands in vfork()' wait_until has_child
status '... its process is refused' 2 attach lent
ok '... for that' grep -q 'vfork()' "$WORK/err"
status '... again' 2 attach lent
kill -KILL $(cat /proc/"$pid"/task/*/children)
ok '... once the child has ended, it is attached to' wait_until attach lent
status '... and let go of' 0 detach
unharmed 'it'

start_ready "$target" work poll
for i in 1 2 3; do
    rm -rf "$WORK/left" "$WORK/right"
    is 'of two that attach at once, one does' "$(at_once attach_to)" $'0 2\nis recorded already'
    is '... of two that let go at once, one does' "$(at_once detach_from)" $'0 2\nis not recorded'
done
unharmed 'the process'

descriptors()
{
    find "/proc/$pid/fd" -mindepth 1 -printf '%f %l\n' | sort
}

start_ready bash -c 'exec "$0" work <&- 2>&-' "$target"
descriptors >"$WORK/descriptors"
status 'whose descriptors 0 and 2 are closed is attached to' 0 attach closed
is '... and has no descriptor more' "$(descriptors)" "$(<"$WORK/descriptors")"
ok '... and is recorded' wait_until eval '"$LIFEGUARD" info "$WORK/closed" | grep -Eq "^events .* of which [1-9]"'
status '... and let go of' 0 detach
is '... and has none more' "$(descriptors)" "$(<"$WORK/descriptors")"
unharmed 'it'

# A program that lies in memory, which nobody may change any more.
sealed='import fcntl, os, sys
fd = os.memfd_create("sealed", os.MFD_ALLOW_SEALING)
os.sendfile(fd, os.open(sys.argv[1], os.O_RDONLY), 0, 1 << 30)
fcntl.fcntl(fd, 1033, 15) # F_ADD_SEALS, all of them
os.execve(fd, sys.argv[1:], os.environ)'
start_ready python3 -c "$sealed" "$target" work poll
is 'a program lies in a sealed file in memory' "$(readlink "/proc/$pid/exe")" '/memfd:sealed (deleted)'
status '... it is attached to' 0 attach sealed
ok '... and recorded' wait_until eval '"$LIFEGUARD" info "$WORK/sealed" | grep -Eq "^events .* of which [1-9]"'
status '... and let go of' 0 detach
unharmed 'it'

start_ready "$target" take take take take take take take take
failed=0
for i in 1 2 3; do
    rm -rf "$WORK/always"
    attach always >"$WORK/out" 2>"$WORK/err" || failed=$((failed + 1))
    detach >>"$WORK/out" 2>>"$WORK/err" || failed=$((failed + 1))
done
is 'eight threads that do nothing but use pools are recorded and let go of' "$failed" 0
unharmed 'their process'
# CALL WORDS: a filter has CALL fail.
refuses_without()
{
    start_ready "$target" "fail=$(names "$1" | numbers)" work poll
    kill -USR1 "$pid"
    wait_until grep -q filtered "$ready_out"
    descriptors >"$WORK/descriptors"
    status "whose $1() fails is refused" 2 attach "$1"
    ok '... for that' grep -q "$2" "$WORK/err"
    is '... has no descriptor more' "$(descriptors)" "$(<"$WORK/descriptors")"
    is '... and no memory' "$(grep -c 'lifeguard-attach\|\.trace' "/proc/$pid/maps")" 0
    unharmed 'it'
}

if [ "$(id -u)" -eq 0 ]; then
    for call in close munmap; do
        refuses_without $call "seccomp.*$call(2) fail"
    done
    for call in memfd_create mmap socketpair recvmsg; do
        refuses_without $call 'can be made\|can be mapped\|can be handed'
    done
    for call in fcntl mprotect madvise ftruncate; do
        refuses_without $call seccomp
    done
else
    skip 'who has a filter' 'only root can ask what it does'
fi
done_testing
