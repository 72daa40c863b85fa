#!/usr/bin/env bash
# A process goes on unharmed whenever lifeguard attach or detach is killed: at many moments, all over
# what they do. SOAK=1: a thousand times.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work

# Microseconds that COMMAND takes here and now.
time_of()
{
    local began=${EPOCHREALTIME/./}
    "$@" >"$WORK/out" 2>"$WORK/err" || return
    echo $((${EPOCHREALTIME/./} - began))
}

# Ends what it is said to at a moment that is drawn, of MICROSECONDS; it may have ended by then.
kill_within()
{
    local most=$1 job moment
    shift
    moment=$((RANDOM * RANDOM % most))
    "$@" >"$WORK/out" 2>"$WORK/err" &
    job=$!
    sleep "$(printf '%d.%06d' $((moment / 1000000)) $((moment % 1000000)))"
    kill -KILL "$job" 2>/dev/null
    wait "$job" 2>/dev/null
}

# The sample daemon answers as ever: a session, and a restart.
answers()
{
    local line
    exec {control}<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'USER a\r\nLIST\r\nECHO hello\r\nNOOP\r\nQUIT\r\n' >&"$control"
    while read -r -t 60 line <&"$control"; do
        echo "$line"
    done
    exec {control}>&-
}

state()
{
    awk '/^(SigBlk|SigIgn|SigCgt|Threads|TracerPid)/' "/proc/$daemon/status"
}

# Descriptors, and mappings that others than the program itself and its libraries made.
belongings()
{
    readlink /proc/"$daemon"/fd/* | sed 's/[0-9]*//g' | sort
    grep -c 'lifeguard-attach' "/proc/$daemon/maps"
}

"$BUILD/samples/poold" -p 0 >"$WORK/port" 2>&1 &
daemon=$!
at_exit kill "$daemon"
wait_until grep -q ':[0-9]*$' "$WORK/port"
port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$WORK/port")
answers >"$WORK/before"
state >"$WORK/state"
belongings >"$WORK/belongings"
attaching=$(time_of "$LIFEGUARD" attach -o "$WORK/recording" "$daemon")
detaching=$(time_of "$LIFEGUARD" detach "$daemon")
rounds=$([ "${SOAK:-0}" = 0 ] && echo 12 || echo 1000)
wrong=0
for ((i = 0; i < rounds; i++)); do
    kill_within $((2 * attaching)) "$LIFEGUARD" attach -o "$WORK/recording" "$daemon"
    [ "$((i % 3))" -ne 0 ] || answers | cmp -s - "$WORK/before" || wrong=$((wrong + 1))
    kill_within $((2 * detaching)) "$LIFEGUARD" detach "$daemon"
    [ "$((i % 3))" -ne 1 ] || answers | cmp -s - "$WORK/before" || wrong=$((wrong + 1))
done
ok "it runs after $rounds kills of attach, and as many of detach" kill -0 "$daemon"
is 'it answered as before, each time' "$wrong" 0
"$LIFEGUARD" detach "$daemon" 2>/dev/null
attached() # a thread may be where nothing can be called, for a while
{
    local tries
    for tries in 1 2 3 4 5; do
        "$LIFEGUARD" attach -o "$WORK/last" "$daemon" && return
    done
    return 1
}

status 'it can be attached to' 0 attached
is '... and answers' "$(answers | cmp - "$WORK/before" && echo same)" same
status '... and be let go of' 0 "$LIFEGUARD" detach "$daemon"
is 'signals and threads are as they were' "$(state)" "$(<"$WORK/state")"
is 'no descriptor is left of all who were killed, and no memory' "$(belongings)" \
    "$(<"$WORK/belongings")"
is 'no trace is mapped' "$(grep -c '\.trace$' "/proc/$daemon/maps")" 0
"$LIFEGUARD" info "$WORK/last" >"$WORK/info"
is 'its last recording is whole' "$(grep -c '^odd' "$WORK/info")" 0
ls "$WORK/recording" >"$WORK/traces"
status 'those before can be read' 0 "$LIFEGUARD" info "$WORK/recording"
done_testing
