#!/usr/bin/env bash
# lifeguard record as a whole CI job: the daemon, its client, a limit, and nothing left running.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/samples/loopback.sh" # free_port

poold=$BUILD/samples/poold
token=lifeguard-test-$$-$RANDOM # in the environment of all that is started here

# The pids of what still runs of it.
left_running()
{
    grep -lszx "TOKEN=$token" /proc/[0-9]*/environ | tr -dc '0-9\n'
}

end_left_running()
{
    local pid
    for pid in $(left_running); do
        kill -KILL "$pid" 2>/dev/null
    done
}

# What was killed is gone a moment later.
nothing_left()
{
    local tries left
    for ((tries = 0; tries < 1200; tries++)); do
        left=$(left_running)
        [ -n "$left" ] || return 0
        sleep 0.05
    done
    ps -o pid,args -p "$(tr '\n' , <<<"$left")0"
    return 1
}

recorded()
{
    env TOKEN="$token" "$LIFEGUARD" record -f -o "$WORK/recording" "$@"
}

# A daemon in perl that does $1 and then serves a port for ever.
daemon()
{
    echo "use IO::Socket::INET; use POSIX; $1;"'
        my $socket = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => '"$port"',
            Listen => 5, ReuseAddr => 1) or die; sleep 1 while 1'
}

serves_poold()
{
    recorded --wait-port="localhost:$port" --run="$1" -- "$poold" -p "$port"
}

work
at_exit end_left_running
port=$(free_port)
commands='exec 3<>/dev/tcp/127.0.0.1/'$port'; printf "USER u\r\nLIST\r\nQUIT\r\n" >&3; cat <&3'

status "a daemon and its client in one line: 0" 0 serves_poold "bash -c '$commands' >$WORK/seen"
ok "... the client was served" grep -q '^2' "$WORK/seen"
ok "... the next command is told" grep -q 'lifeguard report' "$WORK/err"
ok "... nothing is left running" nothing_left
report "$WORK/recording"
is "... one session was recorded: waiting for the port makes none" \
    "$(json '[.processes[].kind] | sort')" '["master","session"]'
is "... the daemon ended by itself" "$(json '.processes[] | select(.kind == "master") | .exit')" 0
status "the client can send the daemon signals" 0 serves_poold 'kill -HUP $LIFEGUARD_PID; sleep 1'
"$LIFEGUARD" report "$WORK/recording" >"$WORK/out"
ok "... a restart" grep -q '1 restart' "$WORK/out"
ok "what the daemon had in memory before it was told to end is noted" \
    grep -qE '^  memory    master .*; it had [0-9.]+ MB before it was told to end$' "$WORK/out"
status "the client's failure is the status" 7 serves_poold 'exit 7'
ok "... and told" grep -q 'the client ended with status 7' "$WORK/err"
ok "... nothing is left running" nothing_left
status "a client ended by a signal: 128 + N" 137 serves_poold 'kill -KILL $$'
status "the client is not recorded" 0 serves_poold "env >$WORK/seen"
ok "... the library is not loaded into it" test -z "$(grep LD_PRELOAD "$WORK/seen")"

status "a daemon that ends before it listens: its status" 3 \
    recorded --wait-port="127.0.0.1:$port" --run="touch $WORK/ran" -- sh -c 'exit 3'
ok "... is told" grep -q "status 3, before it listened on 127.0.0.1:$port" "$WORK/err"
status "... 1 where that was 0" 1 \
    recorded --wait-port="127.0.0.1:$port" --run="touch $WORK/ran" -- true
ok "... and the client not started" test ! -e "$WORK/ran"
status "a daemon that does not listen in time: 124" 124 \
    recorded --for=1s --wait-port="127.0.0.1:$port" --run="touch $WORK/ran" -- sleep 100
ok "... is told" grep -q 'did not listen' "$WORK/err"
ok "... and ended" nothing_left
status "a client that hangs is ended after --for: 124" 124 recorded --for=1s --run='sleep 100 & sleep 101' \
    -- "$poold" -p 0
ok "... with all that it started" nothing_left
status "--for alone ends the program by the stop signal: 0" 0 recorded --for=1s -- sleep 100
status "... one that ends before: its own status" 5 recorded --for=10s -- sh -c 'exit 5'
status "... by another signal" 9 recorded --for=1s --stop-signal=SIGINT -- \
    perl -e '$SIG{INT} = sub { exit 9 }; sleep 1 while 1'
status "a program that is not there: 127" 127 recorded --for=1s -- "$WORK/nowhere"
status "one that crashes beside its client: its status" 139 \
    recorded --run='while kill -0 $LIFEGUARD_PID; do sleep 0.05; done' -- perl -e 'kill SEGV => $$; sleep 100'

# As daemons do it; what they leave in a session of their own included.
background='exit if fork; POSIX::setsid(); exit if fork'
status "a daemon that goes into the background is followed" 0 \
    recorded --wait-port="127.0.0.1:$port" --run="touch $WORK/ran" -- perl -e "$(daemon "$background")"
ok "... the client was run" test -e "$WORK/ran"
ok "... and the daemon is ended" nothing_left
status "children that outlive their daemon" 0 \
    recorded --run="until [ -e $WORK/outlives ]; do sleep 0.02; done" -- perl -MPOSIX -e 'unless (fork)
        { POSIX::setsid(); $SIG{TERM} = "IGNORE"; open F, ">", shift; sleep 1 while 1 } sleep 100' \
    "$WORK/outlives"
ok "... are killed" nothing_left

TOKEN=$token perl -e "$(daemon '')" &
squatter=$!
until grep -q ":$(printf %04X "$port") [^ ]* 0A " /proc/net/tcp; do sleep 0.05; done
status "a port that somebody has already: 2" 2 serves_poold "touch $WORK/ran-too"
ok "... is told, and nothing run" grep -q 'something else listens there already' "$WORK/err"
kill -KILL "$squatter" && wait "$squatter" 2>/dev/null

# A record that is sent SIGNAL while its client hangs, and its exit status.
interrupted()
{
    rm -f "$WORK/hangs"
    env TOKEN="$token" "$LIFEGUARD" record -f -o "$WORK/recording" \
        --run="touch $WORK/hangs; sleep 100 & sleep 101" \
        -- perl -MPOSIX -e 'unless (fork) { POSIX::setsid(); sleep 100 } sleep 100' 2>/dev/null &
    local record=$!
    until [ -e "$WORK/hangs" ]; do sleep 0.02; done
    if [ "$1" = inner ]; then
        kill -KILL "$(cat "/proc/$record/task/$record/children")"
    else
        kill "-$1" "$record"
    fi
    wait "$record"
}

status "SIGTERM ends it all" 143 interrupted TERM
ok "... nothing is left running" nothing_left
status "SIGINT does" 130 interrupted INT
ok "... nothing is left running" nothing_left
status "SIGKILL does" 137 interrupted KILL
ok "... nothing is left running" nothing_left
status "SIGKILL of its second process does" 137 interrupted inner
ok "... nothing is left running" nothing_left

status "a daemon that ignores the stop signal is killed: 137" 137 \
    recorded --run="until [ -e $WORK/deaf ]; do sleep 0.02; done" -- \
    perl -e '$SIG{TERM} = "IGNORE"; open F, ">", shift; sleep 1 while 1' "$WORK/deaf"
ok "... is told" grep -q 'did not end by SIGTERM' "$WORK/err"
ok "... nothing is left running" nothing_left

for wrong in --for=0 --for=10x --for= --for=99999999999999999999 --stop-signal=FROB \
    --stop-signal=TERM --wait-port=1.2.3.4:5; do
    status "$wrong: 2" 2 recorded $wrong -- touch "$WORK/started"
done
status "--wait-port without a port: 2" 2 recorded --run=true --wait-port=localhost -- touch "$WORK/started"
ok "... none of these starts the program" test ! -e "$WORK/started"
done_testing
