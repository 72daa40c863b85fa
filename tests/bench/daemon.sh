#!/usr/bin/env bash
# What recording adds to a daemon beside its events: to its start, to a fork, to its memory, to the
# time until it answers.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

rounds=${ROUNDS:-21}

# added WHAT UNIT SCALE BAR PLAIN RECORDED: a sample of what was added, in ns divided by SCALE.
added()
{
    sample "$(awk -v scale="$1" -v plain="$2" -v recorded="$3" 'BEGIN {
        printf "plain=%f recorded=%f added=%f", plain / scale, recorded / scale,
            (recorded - plain) / scale }')"
}

# start_time VARIABLE COMMAND...: ns until $server, run by COMMAND, listens.
start_time()
{
    local -n time=$1
    shift
    "$BENCH/ready" "$WORK/time" "$PROFTPD_PORT" "$@" "${server[@]}" >"$WORK/log" 2>&1 || exit 1
    read -r time <"$WORK/time"
}

start_up()
{
    local what=$1 plain recorded i
    shift
    local server=("$@")
    for ((i = 0; i < rounds; i++)); do
        fresh_recording
        start_time plain "${plainly[@]}"
        start_time recorded "${recorder[@]}"
        added 1e6 "$plain" "$recorded"
    done
    row "start of $what" ms added 10
}

# fork_times VARIABLE DIR COMMAND...: in VARIABLE two lines, of children on their parent's processor
# and on another, each of ns that a fork takes until it is back in the parent, and in the child, and
# of ns that the child takes to create a file in DIR. One line where there is but one processor.
fork_times()
{
    local -n lines=$1
    local dir=$2
    shift 2
    mkdir -p "$dir"
    "$@" "$BENCH/forks" "$WORK/time" 1000000 100 "$dir" || exit 1
    mapfile -t lines <"$WORK/time"
}

# fork_row TITLE PLAIN RECORDED: the row of two columns of the rounds on standard input.
fork_row()
{
    local round
    while read -r -a round; do
        added 1e3 "${round[$2]}" "${round[$3]}"
    done
    row "$1" us added 100
}

# forks DIR WHERE: with recordings in DIR. No file is removed meanwhile: for minutes afterwards ext4
# looks twice at each inode that was in use, whatever file is created.
forks()
{
    local i kind plain recorded kinds=("same processor" "another") file
    rm -f "$WORK"/forks.*
    for ((i = 0; i < rounds; i++)); do
        fork_times plain "$1/plain.$i" "${plainly[@]}"
        fork_times recorded "$1/other.$i" env LD_PRELOAD="$BUILD/liblifeguard.so" \
            LIFEGUARD_DIR="$1/recording.$i"
        for kind in "${!plain[@]}"; do
            echo "${plain[kind]} ${recorded[kind]}" >>"$WORK/forks.$kind"
        done
    done
    for kind in "${!plain[@]}"; do
        fork_row "fork, $2, ${kinds[kind]}: back in the parent" 0 3 <"$WORK/forks.$kind"
        fork_row "fork, $2, ${kinds[kind]}: back in the child" 1 4 <"$WORK/forks.$kind"
        while read -r -a file; do
            sample "plain=$((file[2] / 1000)) result=$((file[2] / 1000))"
        done <"$WORK/forks.$kind"
        row "  an empty file, created there by the child of a plain fork" us result
    done
}

# life_of VARIABLE POOLS COMMAND...: CPU ns, median, of a child whose parent has POOLS pools.
life_of()
{
    local -n life=$1
    local pools=$2
    shift 2
    "$@" "$BENCH/exits" "$WORK/time" "$pools" 40 || exit 1
    read -r life _ <"$WORK/time"
}

# What is added to the life of a child that does next to nothing. Where its parent has more pools than
# it goes through, it looks at its own.
lives()
{
    local pools i plain recorded medians=()
    for pools in 100 1000 4000 100000; do
        for ((i = 0; i < 5; i++)); do
            fresh_recording
            life_of plain "$pools" "${plainly[@]}"
            life_of recorded "$pools" "${recorder[@]}"
            added 1e3 "$plain" "$recorded"
        done
        medians+=("$(printf '%s\n' "${samples[@]##*added=}" | sort -n | sed -n 3p)")
        row "a child's life, CPU, its parent having $pools pools" us added
    done
    value "  with 4000 beside 1000 of them" times \
        "$(awk -v few="${medians[1]}" -v many="${medians[2]}" 'BEGIN { print many / few }')" 1.25
    value "  with 100000 beside 1000 of them" times \
        "$(awk -v few="${medians[1]}" -v many="${medians[3]}" 'BEGIN { print many / few }')" 1.25
}

# Resident bytes of process $1, but for its trace.
resident()
{
    awk '/^[0-9a-f]+-[0-9a-f]+ / { trace = $NF ~ /\.trace$/ }
         /^Rss:/ && !trace { sum += $2 }
         END { print sum * 1024 }' "/proc/$1/smaps"
}

# Bytes of process $1 that are its own and were written to, but for its trace.
private()
{
    awk '/^[0-9a-f]+-[0-9a-f]+ / { trace = $NF ~ /\.trace$/ }
         /^Private_Dirty:/ && !trace { sum += $2 }
         END { print sum * 1024 }' "/proc/$1/smaps"
}

# say TEXT CODE: says TEXT to the server and waits for the last line of its answer; CODE is a pattern.
say()
{
    local line
    printf '%s\r\n' "$1" >&"$control"
    while read -r -t 20 line <&"$control"; do
        [[ $line != $2\ * ]] || return 0
    done
    return 1
}

# session_memory COMMAND...: private bytes of a session that has logged in, and of the same 300
# commands later, in $idle and $busy.
session_memory()
{
    local control session i
    proftpd_start "$@" || exit 1
    exec {control}<>"/dev/tcp/127.0.0.1/$PROFTPD_PORT" || exit 1
    say 'USER alice' 331 && say "PASS $PROFTPD_PASSWORD" 230 && say NOOP 200 || exit 1
    session=$(<"/proc/$PROFTPD_PID/task/$PROFTPD_PID/children")
    session=${session% }
    idle=$(private "$session")
    for ((i = 0; i < 100; i++)); do
        say PWD 257 && say NOOP 200 && say 'STAT /' '21[123]' || exit 1
    done
    busy=$(private "$session")
    exec {control}>&-
    proftpd_stop || exit 1
}

private_memory()
{
    local idle busy plain_idle plain_busy i later=()
    for ((i = 0; i < 3; i++)); do
        fresh_recording
        session_memory "${plainly[@]}"
        plain_idle=$idle plain_busy=$busy
        session_memory "${recorder[@]}"
        added 1024 "$plain_busy" "$busy"
        later+=("${samples[-1]}")
        unset 'samples[-1]'
        added 1024 "$plain_idle" "$idle"
    done
    row "private and dirty, an idle session" KiB added 256
    samples=("${later[@]}")
    row "private and dirty, a session after 300 commands" KiB added 512
}

# memory COMMAND...: resident bytes of a master and of a session that has listed $files files and
# now waits, in $of_master and $of_session; the session's pid in $session.
memory()
{
    local client
    rm -f "$WORK/listed" "$WORK/measured"
    proftpd_start "$@" || exit 1
    ftp_lftp "cls many/ > /dev/null; put -O sub $PROFTPD_HOME/download;
        !touch $WORK/listed; while ! [ -e $WORK/measured ]; do sleep 0.02; done" &
    client=$!
    while kill -0 "$client" 2>/dev/null && ! [ -e "$WORK/listed" ]; do
        sleep 0.02
    done
    session=$(<"/proc/$PROFTPD_PID/task/$PROFTPD_PID/children")
    session=${session% }
    of_master=$(resident "$PROFTPD_PID") of_session=$(resident "$session")
    touch "$WORK/measured"
    wait "$client" && proftpd_stop || exit 1
}

resident_memory()
{
    local of_master of_session plain_master plain_session i sessions=()
    for ((i = 0; i < 3; i++)); do
        fresh_recording
        memory "${plainly[@]}"
        plain_master=$of_master plain_session=$of_session
        memory "${recorder[@]}"
        added 1048576 "$plain_session" "$of_session"
        sessions+=("${samples[-1]}")
        unset 'samples[-1]'
        added 1048576 "$plain_master" "$of_master"
    done
    row "resident, ProFTPD's master" MiB added 8
    samples=("${sessions[@]}")
    row "resident, a session after a LIST and a STOR" MiB added 8
}

# latency_of VARIABLE COMMAND...: the 99th percentile, in ns, of $command in a session of ProFTPD.
latency_of()
{
    local -n tail=$1
    shift
    proftpd_start "$@" &&
        "$BENCH/latency" "$WORK/latency" "$PROFTPD_PORT" "$PROFTPD_PASSWORD" 2000 "$command" &&
        proftpd_stop || exit 1
    read -r _ tail <"$WORK/latency"
}

plain_latency()
{
    latency_of plain "${plainly[@]}"
}

recorded_latency()
{
    latency_of recorded "${recorder[@]}"
}

latency()
{
    local plain recorded i command=$1
    for ((i = 0; i < rounds; i++)); do
        fresh_recording
        in_turns "$i" plain_latency recorded_latency || exit 1
        sample "$(awk -v plain="$plain" -v recorded="$recorded" 'BEGIN {
            printf "plain=%f recorded=%f ratio=%f", plain / 1e3, recorded / 1e3, recorded / plain }')"
    done
    row "99th percentile of $command, of 2,000 in a session" us ratio 1.05
}

need_proftpd
proftpd_prepare "$WORK/proftpd"
mkdir "$PROFTPD_HOME/many"
(cd "$PROFTPD_HOME/many" && seq -f 'file%04g' 1000 | xargs touch)

memory=$(mktemp -d /dev/shm/lifeguard-bench.XXXXXX) || exit 1
at_exit rm -rf "$memory"

section daemon "What recording adds to a daemon beside its events"
start_up ProFTPD env LD_LIBRARY_PATH="$(echo "$PROFTPD_ROOT"/usr/lib/*-linux-gnu)" "$PROFTPD" -n \
    -c "$PROFTPD_DIR/proftpd.conf"
start_up poold "$BUILD/samples/poold" -p "$PROFTPD_PORT"
forks "$WORK" "on disk"
forks "$memory" "in /dev/shm"
lives
resident_memory
private_memory
latency PWD
latency "STAT /"
