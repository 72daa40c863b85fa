# For scripts to source: Debian's smbd (see fetch) on loopback, in a directory of its own.
#
#   samba_prepare DIR       its configuration; whoever comes may use the share "files"
#   samba_libraries         what LD_LIBRARY_PATH has to be for it
#   samba_start COMMAND...  run COMMAND with smbd, wait until it listens
#   samba_connect           a client connects to the share, and stays; $samba_session is the pid of
#                           the process that serves it
#   samba_ask COMMAND...    what smbclient's COMMANDs, of that client, print
#   samba_leave             the client leaves
#   samba_stop              SIGTERM; gives the exit status
#   samba_kill              for the end of a script, however it comes
#
# Sets SAMBA_DIR, SAMBA_PORT and SAMBA_PID (the master's). What smbd logs goes to SAMBA_DIR/log.

. "$(dirname "${BASH_SOURCE[0]}")/../loopback.sh"
SAMBA_ROOT=$(realpath -m "$(dirname "${BASH_SOURCE[0]}")/../../build/samba/root")
SAMBA_PID=
SAMBA_JOB=

samba_libraries()
{
    find "$SAMBA_ROOT/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:
}

samba_prepare()
{
    SAMBA_DIR=$1
    SAMBA_PORT=$(free_port)
    mkdir -p "$SAMBA_DIR"/{files,state,log}
    chmod 777 "$SAMBA_DIR/files"
    seq 1000 >"$SAMBA_DIR/files/numbers"
    cat >"$SAMBA_DIR/smb.conf" <<END
[global]
    server role = standalone server
    interfaces = lo
    bind interfaces only = yes
    smb ports = $SAMBA_PORT
    disable netbios = yes
    disable spoolss = yes
    load printers = no
    rpc start on demand helpers = no
    map to guest = bad user
    guest account = $([ "$(id -u)" -eq 0 ] && echo nobody || id -un)
    private dir = $SAMBA_DIR/state
    lock directory = $SAMBA_DIR/state
    state directory = $SAMBA_DIR/state
    cache directory = $SAMBA_DIR/state
    pid directory = $SAMBA_DIR/state
    ncalrpc dir = $SAMBA_DIR/state/ncalrpc
    log file = $SAMBA_DIR/log/smbd
[files]
    path = $SAMBA_DIR/files
    read only = no
    guest ok = yes
END
}

samba_start()
{
    local tries
    LD_LIBRARY_PATH=$(samba_libraries) "$@" "$SAMBA_ROOT/usr/sbin/smbd" --foreground \
        --configfile="$SAMBA_DIR/smb.conf" --log-basename="$SAMBA_DIR/log" \
        </dev/null >"$SAMBA_DIR/out" 2>&1 &
    SAMBA_JOB=$!
    for ((tries = 0; tries < 1200; tries++)); do
        if is_listened_to "$SAMBA_PORT"; then
            SAMBA_PID=$(<"$SAMBA_DIR/state/smbd.pid")
            return 0
        fi
        kill -0 "$SAMBA_JOB" 2>/dev/null || break
        sleep 0.05
    done
    echo "smbd does not listen:" >&2
    cat "$SAMBA_DIR/out" "$SAMBA_DIR"/log/* >&2
    return 1
}

# Line by line: it waits for more to read even where it has read that already.
samba_client()
{
    LD_LIBRARY_PATH=$(samba_libraries) exec stdbuf -i0 -oL "$SAMBA_ROOT/usr/bin/smbclient" \
        --configfile="$SAMBA_DIR/smb.conf" --no-pass --port="$SAMBA_PORT" //127.0.0.1/files 2>&1
}

# What it prints for a command has no end that could be told from the rest: a command follows that it
# does not know.
samba_ask()
{
    local line command
    for command in "$@" end-of-answer; do
        echo "$command" >&"$samba_to"
    done
    while read -r -t 60 line <&"$samba_from"; do
        [[ $line != *"end-of-answer"* ]] || return 0
        echo "$line"
    done
    return 1
}

# A line each, in the order in which they were made.
samba_children()
{
    tr ' ' '\n' <"/proc/$SAMBA_PID/task/$SAMBA_PID/children"
}

# Bash gives the ends of a coprocess to no subshell.
samba_connect()
{
    local before
    before=$(samba_children)
    coproc samba { samba_client; }
    exec {samba_to}>&"${samba[1]}" {samba_from}<&"${samba[0]}"
    eval "exec ${samba[1]}>&- ${samba[0]}<&-"
    samba_ask volume >/dev/null || return
    samba_session=$(samba_children | grep -vxF "$before" | tail -n 1)
    [ -n "$samba_session" ]
}

samba_leave()
{
    exec {samba_to}>&-
    wait "$samba_PID" 2>/dev/null
}

# It ends its whole group by SIGTERM, itself as well.
samba_stop()
{
    local job=$SAMBA_JOB
    kill -TERM "$SAMBA_PID"
    SAMBA_PID= SAMBA_JOB=
    wait "$job"
}

samba_kill()
{
    [ -n "$SAMBA_JOB" ] || return 0
    kill -TERM ${SAMBA_PID:-$SAMBA_JOB} 2>/dev/null
    wait "$SAMBA_JOB" 2>/dev/null
}
# SPDX-License-Identifier: MIT
