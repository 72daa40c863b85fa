#!/usr/bin/env bash
# Disk space of traces: of an event while it is written and at rest, and of a session that idles.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

page=4096

disk_space()
{
    du -c --block-size=1 "$@" | awk 'END { print $1 }'
}

per_event()
{
    awk -v bytes="$1" -v events="$2" 'BEGIN { print bytes / events }'
}

recorded_events()
{
    "$LIFEGUARD" report --format=json "$WORK/recording" | jq .recording.events
}

# Rows for what lies in $WORK/recording.
sizes()
{
    local events
    events=$(recorded_events)
    value "$1, while written" bytes/event \
        "$(per_event "$(disk_space "$WORK"/recording/*.trace)" "$events")" 8
    if "$LIFEGUARD" pack "$WORK/recording" >"$WORK/log" 2>"$WORK/error"; then
        value "$1, at rest" bytes/event \
            "$(per_event "$(disk_space "$WORK/recording")" "$events")" 1
    else
        missing "$1, at rest" "not packed: $(head -n 1 "$WORK/error")"
    fi
}

tree_trace()
{
    fresh_recording
    "${recorder[@]}" "$BENCH/tree" "$@" >"$WORK/line" || exit 1
}

poold_trace()
{
    fresh_recording
    "${recorder[@]}" "$BUILD/samples/poold" --drive 20x1000 >"$WORK/log" || exit 1
}

proftpd_trace()
{
    local i
    fresh_recording
    proftpd_start "${recorder[@]}" || exit 1
    for ((i = 0; i < 30; i++)); do
        ftp_transfer many/
        ftp_transfer download
        ftp_transfer "sub/stored$i" "upload-file $PROFTPD_HOME/download"
    done >"$WORK/transfers"
    ftp_curl --config "$WORK/transfers" || exit 1
    proftpd_stop || exit 1
}

# lists COUNT: a session that lists a directory of 200 files as often; sets $size and $commands.
lists()
{
    local i
    fresh_recording
    proftpd_start "${recorder[@]}" || exit 1
    for ((i = 0; i < $1; i++)); do
        ftp_transfer few/
    done >"$WORK/transfers"
    ftp_curl --config "$WORK/transfers" || exit 1
    proftpd_stop || exit 1
    measure_commands "$WORK/recording"
}

# short_commands COUNT: a session of as many that take next to nothing.
short_commands()
{
    local i reader
    fresh_recording
    proftpd_start "${recorder[@]}" && open_session || exit 1
    cat <&"$control" >"$WORK/got" &
    reader=$!
    for ((i = 0; i < $1; i += 3)); do
        printf 'NOOP\r\nPWD\r\nSYST\r\n'
    done >&"$control"
    printf 'QUIT\r\n' >&"$control"
    wait "$reader"
    close_session
    proftpd_stop || exit 1
    measure_commands "$WORK/recording"
}

# sample_commands COUNT: the same of the sample daemon.
sample_commands()
{
    fresh_recording
    "${recorder[@]}" "$BUILD/samples/poold" --drive "1x$1" >"$WORK/log" || exit 1
    measure_commands "$WORK/recording"
}

# requests COUNT: as often a page, over one connection.
requests()
{
    local i paths=()
    fresh_recording
    for ((i = 0; i < $1; i++)); do
        paths+=(/)
    done
    web_start "${recorder[@]}" && web_get "${paths[@]}" >"$WORK/got" && web_stop TERM || exit 1
    measure_commands "$WORK/recording"
}

# queries COUNT: as many transactions of pgbench, of seven queries each.
queries()
{
    local command=("${recorder[@]/$WORK\/recording/$POSTGRESQL_DIR/recording}")
    rm -rf "$POSTGRESQL_DIR/recording"
    postgresql_start "${command[@]}" &&
        postgresql_run pgbench -n -c 1 -t "$1" >"$WORK/got" 2>&1 && postgresql_stop || exit 1
    measure_commands "$POSTGRESQL_DIR/recording"
}

measure_commands()
{
    size=$(disk_space "$1"/*.trace)
    read -r commands events < <("$LIFEGUARD" report --format=json "$1" |
        jq -r '[.recording.work.command, ([.processes[].events] | add)] | @tsv')
}

# per_command MODE WHAT RUN FEW MANY [BAR]: what more of them take, in that mode, and of it what
# 10^9 pool events do.
per_command()
{
    local size commands events few_size few_commands few_events
    local -x LIFEGUARD_RECORD=$1
    "$3" "$4"
    few_size=$size few_commands=$commands few_events=$events
    "$3" "$5"
    value "$2, $1" "bytes/1,000 commands" \
        "$(awk -v bytes=$((size - few_size)) -v commands=$((commands - few_commands)) \
            'BEGIN { print 1000 * bytes / commands }')" "${6-}"
    [ "$1" = full ] || value "$2, $1" "MB/10^9 pool events" \
        "$(awk -v bytes=$((size - few_size)) -v events=$((events - few_events)) \
            'BEGIN { print 1000 * bytes / events }')" 100
}

# in_both_modes WHAT RUN FEW MANY [BAR]
in_both_modes()
{
    per_command full "${@:1:4}"
    per_command survivors "$@"
}

heaptrack_trace()
{
    local allocations events
    heaptrack -o "$WORK/heap" "$BENCH/tree_malloc" -F -o "$WORK/line" >"$WORK/log" 2>&1 || exit 1
    read -r _ allocations events <"$WORK/line"
    value "heaptrack, same calls, at rest" bytes/event \
        "$(per_event "$(disk_space "$WORK"/heap.*)" "$events")"
}

idle_session()
{
    fresh_recording
    proftpd_start "${recorder[@]}" && open_session || exit 1
    value "an idle session after its login" pages \
        $(($(disk_space "$WORK/recording/$session.trace") / page)) "$1"
    close_session
    proftpd_stop || exit 1
}

need_proftpd
proftpd_prepare "$WORK/proftpd"
mkdir "$PROFTPD_HOME/many"
(cd "$PROFTPD_HOME/many" && seq -f 'file%04g' 1000 | xargs touch)

mkdir "$PROFTPD_HOME/few"
(cd "$PROFTPD_HOME/few" && seq -f 'file%04g' 200 | xargs touch)

section trace "Disk space of a trace, backtraces and all"
tree_trace && sizes "calls 16 deep, 64 stacks"
tree_trace -c -s 65536 && sizes "calls 16 deep, 65,536 stacks at random"
have_heaptrack && heaptrack_trace || missing "heaptrack, same calls" "heaptrack is not installed"
poold_trace && sizes "poold, 20 sessions of 1,000 commands"
proftpd_trace && sizes "ProFTPD, 30 times LIST, RETR, STOR"
in_both_modes "ProFTPD, LIST of 200 files" lists 100 3100 50000
in_both_modes "ProFTPD, NOOP, PWD, SYST" short_commands 3000 300000
in_both_modes "poold, LIST, ECHO, NOOP" sample_commands 30000 600000
on_web "nginx, requests" nginx nginx in_both_modes "nginx, requests" requests 500 4500
on_web "httpd, prefork, requests" httpd prefork \
    in_both_modes "httpd, prefork, requests" requests 500 4500
on_postgresql "PostgreSQL, queries of pgbench" \
    in_both_modes "PostgreSQL, queries of pgbench" queries 200 1200
idle_session 4
