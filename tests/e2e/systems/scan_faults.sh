#!/usr/bin/env bash
# lifeguard scan finds the mistakes of the sample daemon's that lie in memory after one command, and
# nothing where there is none.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# Whether the sample daemon has told where it listens: $port.
has_port()
{
    port=$(grep -oE '[0-9]+' "$WORK/poold" | tail -n 1)
    [ -n "$port" ]
}

# Starts the sample daemon with the given options; $daemon is its pid, and $port where it listens.
start_daemon()
{
    : >"$WORK/poold"
    "$BUILD/samples/poold" "$@" >"$WORK/poold" &
    daemon=$!
    wait_until has_port
}

# A session in which a client has sent the given commands; $session is its pid.
serve()
{
    local command line
    exec {client}<>"/dev/tcp/127.0.0.1/$port" || return 1
    for command; do
        printf '%s\r\n' "$command" >&"$client"
        while read -r -t 60 line <&"$client"; do
            [[ $line != [0-9][0-9][0-9]\ * ]] || break
        done
    done
    session=$(<"/proc/$daemon/task/$daemon/children")
    session=${session% }
    # The answer comes before the command's pools end: then it waits for the next one.
    wait_until grep -q '^State:.S' "/proc/$session/status"
}

end_daemon()
{
    exec {client}>&-
    kill "$daemon"
    wait "$daemon" 2>/dev/null
}

# Of a process, the session unless given: "rule pool or variable" of each finding.
found()
{
    "$LIFEGUARD" scan --format=json "${1-$session}" >"$WORK/scan.json" 2>"$WORK/err"
    echo "$?" >"$WORK/status"
    jq -r '.systems[].findings[] | select(.severity != "note") | "\(.rule) \(.variable // .pool.tag)"' \
        "$WORK/scan.json"
}

# NAME, the daemon's options, what is found in a session after two commands, the exit status. (The
# second may be hidden: the next line is read into memory where its address was, and has no end yet.)
expect()
{
    local name=$1 options=$2
    # shellcheck disable=SC2086
    start_daemon $options && serve "USER a" NOOP
    is "$name" "$(found)" "$3"
    is "... exit status" "$(<"$WORK/status")" "$4"
    end_daemon
}

work
expect "nothing without a mistake" "" "" 0
expect "a leaked pool" --fault=leaked-subpool \
    "unreachable-subpool leaked command pool" 1
expect "a variable that points into a destroyed pool" --fault=dangling-static \
    "dangling-pointer poold!last_answer" 0
expect "an object in the pool that it holds is no mistake" --fault=own-pool "" 0

start_daemon && serve "USER a" LIST "ECHO x" NOOP
is "nothing after every command" "$(found)" ""
end_daemon

start_daemon --fault=lost-subpool && serve "USER a" LIST NOOP
is "a pool that was lost once" "$(found)" "unreachable-subpool pool lost once"
is "... one of one" "$(jq -c '[.systems[].findings[] | .count, .alike]' "$WORK/scan.json")" '[1,1]'
end_daemon

start_daemon --fault=leaked-subpool && serve "USER a" NOOP NOOP NOOP NOOP
found >/dev/null
is "k of n after more occurrences, and n is right" \
    "$(jq '[.systems[].findings[] | select(.count >= 1 and .alike == 5)] | length' "$WORK/scan.json")" 1
end_daemon

# Pools whose only pointers are packed, marked, in memory that may only be read now, or kept by the
# kernel are not lost; one is.
mkfifo "$WORK/input"
"$BUILD/e2e/host_hidden" <"$WORK/input" >"$WORK/ready" &
daemon=$!
exec {client}>"$WORK/input"
wait_until [ -s "$WORK/ready" ]
is "what is hard to see is not lost" "$(found "$daemon")" "unreachable-subpool lost"
is "... two of three of its place are: a stale word hides one" \
    "$(jq -c '[.systems[].findings[] | .count, .alike]' "$WORK/scan.json")" '[2,3]'
if command -v gcore >/dev/null; then
    gcore -o "$WORK/core" "$daemon" >/dev/null 2>&1
    is "... nor in a core file, which does not tell what the kernel keeps" \
        "$(found "$WORK/core.$daemon" | sort)" \
        $'unreachable-subpool lost\nunreachable-subpool waited for'
fi
exec {client}>&-
wait "$daemon"

# Beside the recorder, whose tables have the addresses of all pools.
: >"$WORK/poold"
"$LIFEGUARD" record -o "$WORK/recording" -- "$BUILD/samples/poold" --fault=leaked-subpool \
    >"$WORK/poold" 2>&1 &
recorder=$!
wait_until has_port
daemon=$(<"/proc/$recorder/task/$recorder/children")
daemon=${daemon% }
serve "USER a" NOOP
is "recorded meanwhile, the same is found" "$(found)" "unreachable-subpool leaked command pool"
exec {client}>&-
kill "$daemon"
wait "$recorder"
done_testing
