# For truth.sh and proftpd_builds.sh to source, with ProFTPD's harness: the rows of tests/truth/ftp.table,
# each in a session of its own of the ProFTPD that runs, recorded into $WORK/recording, as the master $master.
#
#   open_row ROW FINDINGS       a session in which the row's commands are given, and which stays
#   close_rows                  all sessions leave; their rows are in names, what is to be found in
#                               expectations, their pids in sessions
#   session_recording PID       leaves in $WORK/one what was recorded of that session and its master
# SPDX-License-Identifier: MIT

# Sends the command $1, and returns what kind of reply came: its first digit.
ftp_command()
{
    local line
    printf '%s\r\n' "$1" >&"$control" || return
    while read -r -t 20 line <&"$control"; do
        [[ ! $line =~ ^[1-5][0-9][0-9]\  ]] || break
    done
    reply=${line:0:1}
    [ -n "$line" ]
}

# The command $1 with a data connection, which takes all that comes, or brings $2 bytes.
ftp_data()
{
    local data line
    printf 'EPSV\r\n' >&"$control"
    read -r -t 20 line <&"$control" && line=${line##*|||} && line=${line%%|*} || return
    exec {data}<>"/dev/tcp/127.0.0.1/$line" || return
    printf '%s\r\n' "$1" >&"$control"
    read -r -t 20 line <&"$control"
    if [ -n "${2-}" ]; then
        head -c "$2" /dev/zero >&"$data"
    else
        cat <&"$data" >/dev/null
    fi
    exec {data}>&-
    read -r -t 20 line <&"$control" && [[ $line == 2* ]]
}

# One round of a row of ProFTPD's: commands, ";" between them.
ftp_round()
{
    local command
    while IFS= read -r command; do
        case $command in
        LIST* | NLST* | MLSD* | RETR*) ftp_data "$command" ;;
        STOR* | APPE*) ftp_data "$command" 20000 ;;
        *) ftp_command "$command" ;;
        esac || return
    done <<<"${1//; /$'\n'}"
}

# The trace of the session and that of its master, as a recording of their own.
session_recording()
{
    rm -rf "$WORK/one"
    mkdir -m 700 "$WORK/one"
    ln "$WORK/recording/$master".* "$WORK/recording/$1".* "$WORK/one"
}

names=() expectations=() sessions=() controls=()

# A row of ProFTPD's in a session of its own, which stays: the master pauses when one ends.
open_row()
{
    local round rounds=${1%% *}
    open_session || { failed "ftp $1: no session" && return; }
    for ((round = 0; round < rounds; round++)); do
        ftp_round "${1#* }" || { failed "ftp $1: round $round" && break; }
    done
    names+=("$1") expectations+=("$2") sessions+=("$session") controls+=("$control")
}

close_rows()
{
    for control in "${controls[@]}"; do
        printf 'QUIT\r\n' >&"$control"
        exec {control}>&-
    done
    for session in "${sessions[@]}"; do
        for ((tries = 0; tries < 200; tries++)); do
            [ -e "/proc/$session" ] || break
            sleep 0.02
        done
    done
}
