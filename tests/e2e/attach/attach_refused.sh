#!/usr/bin/env bash
# What cannot be attached to is refused, with the reason, and is unharmed; namespaces, jails, other
# users and code that may not be written are no obstacle.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
api=$SOURCE/tests/e2e/programs/attach_target.api
# Where everybody gets at it, wherever $BUILD is.
target=$WORK/target
cp "$BUILD/e2e/attach_target" "$target"

# What unshare, which is $pid, has started; it becomes $pid, and is ended, too.
inside()
{
    read -r pid _ <"/proc/$pid/task/$pid/children"
    at_exit eval "kill $pid 2>/dev/null"
}

attach()
{
    "$LIFEGUARD" attach --api="$api" -o "$WORK/recording" "$@"
}

# refuses NAME WORDS ARG...: attach says so, and leaves no directory.
refuses()
{
    local name=$1 words=$2
    shift 2
    status "$name is refused" 2 attach "$@"
    ok '... for that' grep -q -- "$words" "$WORK/err"
    ok '... and leaves nothing' [ ! -e "$WORK/recording" ]
}

# Has the recording events?
recorded()
{
    "$LIFEGUARD" info "$WORK/recording" | grep -Eq '^events .* of which [1-9]'
}

# Do all threads of $pid stand in STATE?
all_are()
{
    ! cat /proc/"$pid"/task/*/status | grep '^State:' | grep -vq "^State:.$1"
}

# works NAME: process $pid is attached to and let go of, and ends as it should.
works()
{
    status "$1 is attached to" 0 attach "$pid"
    ok '... recorded meanwhile' wait_until recorded
    status '... and let go of' 0 "$LIFEGUARD" detach "$pid"
    rm -rf "$WORK/recording"
}

# NAME: process $pid, which start_ready started, ends as it should.
unharmed()
{
    kill "$pid"
    wait "$pid"
    is "... $1 is unharmed" "$?" 0
}

# False: this kernel has no such thing.
start_mdwe()
{
    "$target" mdwe nothing 2>/dev/null
    [ "$?" -ne 3 ] && start_ready "$target" mdwe work
}

status 'no process at all' 2 "$LIFEGUARD" attach
status 'no number' 2 "$LIFEGUARD" attach one
status 'two' 2 "$LIFEGUARD" attach 1 2
status 'a wrong duration' 2 "$LIFEGUARD" attach --for=never $$
refuses 'who is not there' 'there is none' 2147483647
status 'a process without pools is refused' 2 attach $$ # by the description given
ok '... for that' grep -q 'no pool system' "$WORK/err"
rm -rf "$WORK/recording"
status 'detach of who is not recorded' 2 "$LIFEGUARD" detach $$
ok '... says so' grep -q 'is not recorded' "$WORK/err"

start_ready "$target" work
thread=$(ls "/proc/$pid/task" | grep -vx "$pid" | tail -n 1)
refuses 'a thread' 'is a thread of process' "$thread"
kill -STOP "$pid"
wait_until all_are T
refuses 'who is stopped' 'is stopped' "$pid"
kill -CONT "$pid"
works 'once it goes on, it'
kill "$pid"
wait "$pid"
is '... and is unharmed' $? 0

start_ready "$target" headless work
wait_until grep -q '^State:.Z' "/proc/$pid/status"
refuses 'whose first thread has ended' 'first thread has ended' "$pid"
unharmed 'that'

start_ready bash -c 'ulimit -n 12 && exec "$0" work' "$target"
descriptors=$(find "/proc/$pid/fd" -mindepth 1 | wc -l)
refuses 'who can open no more files' 'RLIMIT_NOFILE' "$pid"
is '... with no descriptor more' "$(find "/proc/$pid/fd" -mindepth 1 | wc -l)" "$descriptors"
unharmed 'that'

# freezes GROUP FILE FROZEN: $pid, in a new control group.
freezes()
{
    mkdir "$1" 2>/dev/null || return
    at_exit rmdir "$1"
    [ -e "$1/$2" ] && echo "$pid" >"$1/cgroup.procs" && echo "$3" >"$1/$2"
}

group=lifeguard.$$
start_ready "$target" work
if freezes "/sys/fs/cgroup/freezer/$group" freezer.state FROZEN; then
    thaws=(THAWED "/sys/fs/cgroup/freezer/$group/freezer.state")
elif freezes "/sys/fs/cgroup/$group" cgroup.freeze 1; then
    thaws=(0 "/sys/fs/cgroup/$group/cgroup.freeze")
else
    thaws=()
fi
if [ ${#thaws[@]} -ne 0 ]; then
    refuses 'who is frozen' 'it is frozen' "$pid"
    echo "${thaws[0]}" >"${thaws[1]}"
    works 'once it is thawed, it'
else
    skip 'who is frozen' 'no control group can be made'
fi
unharmed 'that'

printf 'int main(void) { for (;;) __builtin_ia32_pause(); }\n' >"$WORK/static.c"
if cc -static -o "$WORK/static" "$WORK/static.c" 2>/dev/null; then
    "$WORK/static" &
    pid=$!
    at_exit eval "kill $pid 2>/dev/null"
    wait_until [ "/proc/$pid/exe" -ef "$WORK/static" ]
    refuses 'a static program' 'statically linked' "$pid"
else
    skip 'a static program' 'none can be linked'
fi
# Freestanding: no library for 32 bits is needed. The kernel may not run such programs.
cat >"$WORK/narrow.c" <<'END'
void _start(void)
{
#ifdef ENDS
    __asm__ volatile("int $0x80" : : "a"(1), "b"(0));
#endif
    for (;;)
        __asm__ volatile("pause");
}
END
narrow=(cc -m32 -nostdlib -static -fno-pic -no-pie "$WORK/narrow.c")
if "${narrow[@]}" -o "$WORK/narrow" 2>/dev/null && "${narrow[@]}" -DENDS -o "$WORK/ends" 2>/dev/null &&
    "$WORK/ends" 2>/dev/null; then
    "$WORK/narrow" &
    pid=$!
    at_exit eval "kill $pid 2>/dev/null"
    wait_until [ "/proc/$pid/exe" -ef "$WORK/narrow" ]
    refuses 'a program of 32 bits' 'built for another architecture' "$pid"
else
    skip 'a program of 32 bits' 'none can be linked, or runs'
fi

# Filters of system calls are read, and asked; that takes a capability.
start_ready "$target" tight work
if [ "$(id -u)" -eq 0 ]; then
    refuses 'whose filter of system calls ends it for one that it takes' \
        'seccomp.*may end it for socketpair(2)' "$pid"
else
    refuses 'whose filter of system calls is not to be seen' 'seccomp.*CAP_SYS_ADMIN' "$pid"
fi
unharmed 'that'
if [ "$(id -u)" -eq 0 ]; then
    start_ready "$target" filter work
    works 'whose filter lets it'
    unharmed 'that'
    # One that comes later is asked before it is set: the recorder does without, or stops.
    start_ready "$target" work work
    status 'who will set a filter is attached to' 0 attach "$pid"
    kill -USR1 "$pid"
    ok '... sets it' wait_until grep -q filtered "$ready_out"
    ok '... and is recorded no more' wait_until eval \
        '"$LIFEGUARD" info "$WORK/recording" | grep -q "filter of system calls (seccomp) would have"'
    status '... nor let go of' 2 "$LIFEGUARD" detach "$pid"
    ok '... for a call that it takes' grep -q 'may end it for memfd_create(2)' "$WORK/err"
    unharmed 'who set a filter'
    rm -rf "$WORK/recording"
fi

start_ready "$target" work
traced=$pid
cat >"$WORK/tracer.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    if (argc != 2 || ptrace(PTRACE_SEIZE, atoi(argv[1]), 0, 0) != 0)
        return 1;
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
END
cc -o "$WORK/tracer" "$WORK/tracer.c"
traced_out=$ready_out
start_ready "$WORK/tracer" "$traced"
refuses 'who is traced' "is traced already, by process $pid (tracer)" "$traced"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
pid=$traced
wait_until grep -q '^TracerPid:.0$' "/proc/$pid/status"
works 'once that has ended, it'
unharmed 'who was traced'

# Where memory may not become executable, code is written as who attaches may.
if start_mdwe; then
    works 'who refuses to have memory become executable'
    unharmed 'who refuses that'
else
    skip 'who refuses to have memory become executable' 'the kernel does not know of it'
fi

as_nobody()
{
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
}

# NAME
refuses_nobody()
{
    as_nobody test -x "$LIFEGUARD" || { skip "$1" "only root can reach $BUILD"; return; }
    status "$1" 2 as_nobody "$LIFEGUARD" attach -o "/tmp/none.$$" "$pid"
    ok '... for that' grep -Eq 'CAP_SYS_PTRACE|cannot be found|Permission' "$WORK/err"
}

if [ "$(id -u)" -eq 0 ]; then
    if cp "$target" "$WORK/suid" && chmod 4755 "$WORK/suid" &&
        start_ready setpriv --reuid=nobody --regid=nogroup --clear-groups "$WORK/suid" work &&
        [ "$(awk '/^Uid:/ { print $2 != $3 }' "/proc/$pid/status")" = 1 ]; then
        refuses_nobody 'its user is refused a set-uid program'
        works '... root is not: it'
        unharmed 'the set-uid program'
    else
        skip 'a set-uid program' 'files in the temporary directory do not change who runs them'
    fi
    start_ready "$target" work
    refuses_nobody 'another user is refused'
    works '... who may'
    start_ready setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs "$target" work
    works 'an unprivileged process'
else
    skip 'other users' 'only root may become one'
fi
if unshare --mount --pid --net --ipc --fork true 2>/dev/null; then
    # The recorder's directory is empty for it.
    start_ready unshare --mount --pid --net --ipc --fork \
        bash -c 'mount -t tmpfs none "$1" && exec "$0" work' "$target" "$BUILD"
    inside
    works 'a process in namespaces of its own'
    mkdir "$WORK/jail"
    cp "$target" "$WORK/jail/target"
    for library in $(ldd "$target" | grep -o '/[^ ]*'); do
        mkdir -p "$WORK/jail$(dirname "$library")"
        cp -L "$library" "$WORK/jail$library"
    done
    start_ready unshare --pid --fork chroot "$WORK/jail" /target work
    inside
    works 'a process in a root of its own, without /proc'
else
    skip 'namespaces' 'none can be made'
fi
done_testing
