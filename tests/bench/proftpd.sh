#!/usr/bin/env bash
# CPU time of the real ProFTPD, master and sessions, plain and recorded: one session that lists,
# stores, or fetches many times. What the client takes is not in it.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

rounds=${ROUNDS:-15}
files=1000 # in the directory that is listed

# An operation each: what curl's --config says of one more transfer in the same session.
list()
{
    ftp_transfer many/
}

retrieve()
{
    ftp_transfer download
}

store()
{
    ftp_transfer "sub/stored$1" "upload-file $PROFTPD_HOME/download"
}

# session OPERATION COUNT: one client that does it COUNT times.
session()
{
    local i
    for ((i = 0; i < $2; i++)); do
        "$1" "$i"
    done >"$WORK/transfers"
    ftp_curl --config "$WORK/transfers"
}

# daemon_cpu VARIABLE COMMAND...: CPU time in ms of a ProFTPD started with COMMAND that serves
# $operation $count times.
daemon_cpu()
{
    local -n spent=$1
    shift
    proftpd_start "$BENCH/usage" "$WORK/usage" "$@" && session "$operation" "$count" &&
        proftpd_stop || exit 1
    read -r spent _ <"$WORK/usage"
}

# Sockets wait a minute for their end, and the kernel looks at all of them when it gives a port to the
# next transfer: a session with those of others takes several times the CPU time. So each has a
# network of its own, where that is allowed.
alone=()
if [ "$(id -u)" -eq 0 ] && unshare -n ip link set lo up 2>/dev/null; then
    alone=(unshare -n)
fi

# What this script does when it is started as `proftpd.sh session OPERATION COUNT COMMAND...`.
one_session()
{
    local taken operation=$1 count=$2
    shift 2
    [ ${#alone[@]} -eq 0 ] || ip link set lo up
    prepare
    daemon_cpu taken "$@"
    echo "$taken"
}

# in_network COMMAND...: prints the CPU time of $count times $operation.
in_network()
{
    "${alone[@]}" "$0" session "$operation" "$count" "$@"
}

plain_session()
{
    plain=$(in_network "${plainly[@]}")
}

recorded_session()
{
    recorded=$(in_network "${recorder[@]}")
}

daemon_round()
{
    local plain recorded
    fresh_recording
    in_turns "$1" plain_session recorded_session || exit 1
    sample "$(awk -v plain="$plain" -v recorded="$recorded" 'BEGIN {
        printf "plain=%f recorded=%f ratio=%f", plain / 1e6, recorded / 1e6, recorded / plain }')"
}

daemon()
{
    local what=$1 operation=$2 count=$3 bar=${4:-1.05} i
    for ((i = 0; i < rounds; i++)); do
        daemon_round "$i"
    done
    row "$what, $(events) events" ms ratio "$bar"
}

# with VARIABLE: what it adds to a recording in full, in place of the plain program.
with()
{
    local plainly=("${recorder[@]}") recorder=(env "$1" "${recorder[@]}")
    daemon "the same LIST, recorded, and with $1" list 50 1.03
}

events()
{
    "$LIFEGUARD" report --format=json "$WORK/recording" | jq .recording.events
}

# Closing all descriptors, ProFTPD closes heaptrack's, too.
under_heaptrack()
{
    local what="the same LIST under heaptrack" of_heaptrack calls operation=list count=5
    have_heaptrack || { missing "$what" "heaptrack is not installed" && return; }
    daemon_cpu of_heaptrack heaptrack -o "$WORK/heap"
    calls=$(heaptrack_print "$(echo "$WORK"/heap.*)" |
        sed -n 's/^calls to allocation functions: \([0-9]*\).*/\1/p')
    missing "$what" "it records ${calls:-0} calls of malloc() in master and session"
}

prepare()
{
    proftpd_prepare "$WORK/proftpd"
    mkdir "$PROFTPD_HOME/many"
    (cd "$PROFTPD_HOME/many" && seq -f 'file%04g' "$files" | xargs touch)
}

need_proftpd
if [ "${1-}" = session ]; then
    shift
    one_session "$@"
    exit
fi
prepare

section proftpd "CPU time of ProFTPD, master and session"
daemon "LIST of $files files, 50 times" list 50
with LIFEGUARD_GUARD=1000
with LIFEGUARD_STALE=1000
daemon "RETR of 20 kB, 1,500 times" retrieve 1500
daemon "STOR of 20 kB, 1,000 times" store 1000
under_heaptrack
