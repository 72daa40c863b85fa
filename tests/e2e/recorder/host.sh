#!/usr/bin/env bash
# The recorder changes nothing in the program that it records: what the program can know of itself,
# what it prints, how it ends and what it leaves is the same with the recorder and without,
# whatever the program does to itself.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# Runs PROGRAM... in a directory of its own; leaves $WORK/KIND.{out,err,status}. The names of what
# it writes to are the same for each KIND.
run_as()
{
    local kind=$1
    shift
    rm -rf "$WORK/place"
    mkdir "$WORK/place" && chmod 777 "$WORK/place"
    env -C "$WORK/place" "$@" >"$WORK/now.out" 2>"$WORK/now.err" </dev/null
    echo "status $?" >"$WORK/$kind.status"
    mv "$WORK/now.out" "$WORK/$kind.out"
    mv "$WORK/now.err" "$WORK/$kind.err"
}

# The shell tells who was aborted, with its pid, on its own stderr.
run_both()
{
    run_as plain "$@"
    rm -rf "$WORK/recording"
    run_as recorded env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/recording" "$@"
} 2>/dev/null

same_results()
{
    local what
    for what in status out err; do
        diff "$WORK/plain.$what" "$WORK/recorded.$what" || return 1
    done
    [ -s "$WORK/plain.out" ]
}

# same NAME PROGRAM...: run plain and recorded, it shows no difference, and was recorded.
same()
{
    local name=$1
    shift
    run_both "$@"
    ok "$name" same_results
    ok "... and it was recorded" report "$WORK/recording"
}

all_recorded()
{
    is "... with nothing lost" "$(json '.recording.lost_events')" 0
}

traces()
{
    find "$WORK/recording" -name '*.trace' | wc -l
}

# The processes' pool events.
events()
{
    json '[.processes[].events] | sort'
}

record_command()
{
    run_as recorded "$LIFEGUARD" record -f -o "$WORK/recording" -- "$BUILD/e2e/host_process" fork
    sed -i '/^lifeguard: /,$d' "$WORK/recorded.err"
}

process()
{
    same "$1" "$BUILD/e2e/host_process" "$2"
    all_recorded
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        process "$@"
    else
        skip "$1" "only root can"
    fi
}

# Between what returned and what was called: a jump may leave a call that is recorded already.
check_jumps()
{
    local calls left events
    calls=$(<"$WORK/calls")
    left=$(awk '{ print $2 }' "$WORK/recorded.out")
    events=$(json '.processes[0].events + .recording.lost_events')
    echo "$calls calls returned, $left were left, $events events"
    ((left == $1 && events >= calls && events <= calls + left))
}

# The pools made at the end: how many, their bytes and allocations.
tail_pools()
{
    "$LIFEGUARD" tree --at exit --format=json "$WORK/recording" |
        jq -c '[.. | objects | select(.tag? == "tail pool") | [.bytes, .allocations]] |
            [length, unique]'
}

# jumps NAME SCENARIO ROUNDS
jumps()
{
    same "$1" "$BUILD/e2e/host_jumps" "$2" "$3" "$WORK/calls"
    ok "... each call, left or not, or counted as lost" check_jumps "$3"
    is "... and what came after is as it was" "$(tail_pools)" '[1000,[[24,1]]]'
}

# errno NAME [VARIABLE=VALUE]: of 100,000 calls, none changes it.
errno()
{
    local name=$1
    shift
    rm -rf "$WORK/recording"
    status "errno is kept by every call$name" 0 env LD_PRELOAD="$BUILD/liblifeguard.so" \
        LIFEGUARD_DIR="$WORK/recording" "$@" "$BUILD/e2e/host_errno" 100000
}

# In a mount namespace of its own.
errno_on_full_disk()
{
    BUILD=$BUILD unshare --mount sh -euc '
        mkdir -p "$1"
        mount -t tmpfs -o size=200k,mode=700 none "$1"
        export LIFEGUARD_DIR="$1"
        LD_PRELOAD=$BUILD/liblifeguard.so "$BUILD/e2e/host_errno" 100000
        "$BUILD/lifeguard" info "$1"' sh "$WORK/full"
}

# Who is bound to libunwind's _Unwind_ functions but libunwind itself; nobody should.
bound_to_libunwind()
{
    rm -rf "$WORK/recording"
    LD_DEBUG=bindings LD_DEBUG_OUTPUT=$WORK/bindings LD_PRELOAD=$BUILD/liblifeguard.so \
        LIFEGUARD_DIR=$WORK/recording "$BUILD/e2e/host_plugin" "$WORK/plugin.so" >"$WORK/out"
    grep -h 'to [^ ]*/libunwind.* `_Unwind_' "$WORK"/bindings.* |
        grep -v 'binding file [^ ]*/libunwind'
}

build_plugin()
{
    g++ -O2 -g -Wall -Wextra -Werror -fPIC -shared "$SOURCE/tests/e2e/programs/plugin.cc" -o "$WORK/plugin.so"
}

# In a jail anything may be there, put by whom the daemon serves.
among_fifos()
{
    unshare -m sh -c 'mount -t tmpfs none /proc && mkdir /proc/self &&
        mkfifo /proc/self/maps /proc/self/status /proc/self/statm /proc/self/pagemap &&
        exec timeout 100 env LD_PRELOAD="$1/liblifeguard.so" LIFEGUARD_DIR="$2" \
            LIFEGUARD_WALK=units "$1/samples/poold" --drive 1x3' sh "$BUILD" "$WORK/among_fifos"
}

work

process "a program that only looks at itself sees no difference" portrait
process "nor does a child, with signals blocked, ignored and pending" fork
record_command
ok "... under the command either" same_results
as_root "nor one that gives its privileges up" setuid
as_root "nor one that gives them up for a while" seteuid
as_root "nor one that keeps some capabilities, and wants to be dumped" capabilities
as_root "nor one in a jail" chroot
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    ok "who waits for nobody in /proc goes on" among_fifos
    ok "... and is recorded" report "$WORK/among_fifos"
else
    skip "who waits for nobody in /proc goes on" "only root can mount"
fi
process "a child of vfork() uses its parent's pools" vfork
is "... which is its parent's doing" "$(events)" '[750,1502,3002]'
process "posix_spawn()" posix_spawn
process "system() and popen()" system
process "exec: the same process, another program" exec
is "... in a trace of its own" "$(find "$WORK/recording" -name '*.1.trace' | wc -l) $(traces)" '1 3'
process "a fork in a signal handler" handler
process "forks that the C library does not know of" clone
is "... are followed" "$(traces)" 7
process "closing all descriptors" close
process "a umask that forbids everything" umask
is "... does not shut the owner out" "$(stat -c %a "$WORK"/recording/*.trace | sort -u)" 600
as_root "mlockall()" mlockall
process "abort()" abort

jumps "siglongjmp() from a handler that interrupts pool functions" handler 1000
jumps "siglongjmp() out of a cleanup, past destroy_pool()" cleanup 1000
all_recorded
jumps "threads cancelled in pool functions" cancel 100

errno ""
errno " after the recording is full" LIFEGUARD_MAX_SIZE=64K
ok "... which it was" grep -q 'stopped early' <("$LIFEGUARD" info "$WORK/recording")
errno " when backtraces are compared" LIFEGUARD_VERIFY=1
errno " when there is nowhere to record" LIFEGUARD_DIR=/nowhere/at/all
if unshare --mount true 2>/dev/null; then
    status "... and when the disk is full" 0 errno_on_full_disk
    ok "... which it was" grep -q 'stopped early' "$WORK/out"
else
    skip "... and when the disk is full" "nothing can be mounted here"
fi

if command -v g++ >/dev/null; then
    ok "a plugin in C++" build_plugin
    same "exceptions cross pool functions, in a plugin that comes and goes" \
        "$BUILD/e2e/host_plugin" "$WORK/plugin.so"
    all_recorded
    is "... unwound by libgcc" "$(grep -o 'unwound by.*/libgcc_s' "$WORK/recorded.out" | wc -l)" 3
    is "... and nothing else gets libunwind's" "$(bound_to_libunwind)" ''
    ok "... which the recorder had loaded" grep -q '/libunwind-x86_64' "$WORK"/bindings.*
else
    skip "exceptions cross pool functions" "g++ is not installed"
fi
done_testing
