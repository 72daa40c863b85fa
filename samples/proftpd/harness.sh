# Debian's ProFTPD on loopback, for the demo and the end-to-end tests to source.
#
#   proftpd_prepare DIR [WHAT]     write configuration, user and home directory under DIR; WHAT:
#                                  "modules" loads what Debian's modules.conf loads, "faults" loads
#                                  mod_faults. Directives may be added to DIR/modules.conf then
#   proftpd_start [COMMAND...]     start it, under COMMAND when there is one, until it listens
#   proftpd_restart                SIGHUP, until it listens again
#   proftpd_stop                   SIGTERM; returns the exit status of what was started
#   proftpd_kill                   end whatever still runs; for an exit trap
#   ftp_curl ARG...                curl as the user alice; @ at the start of ARG is the server's URL
#   ftp_transfer PATH [OPTION...]  one more transfer in the same session, for curl's --config;
#                                  an OPTION is "name value", or a name alone
#   ftp_lftp COMMANDS              an lftp session as alice
#
# PROFTPD_ROOT is where Debian's ProFTPD is unpacked: build/proftpd/root when it is not set.
# Sets PROFTPD_DIR, PROFTPD_HOME (alice's home), PROFTPD_PORT, PROFTPD_PID (the master's). What
# ProFTPD says goes to PROFTPD_DIR/log.

. "$(dirname "${BASH_SOURCE[0]}")/../loopback.sh"
PROFTPD_ROOT=${PROFTPD_ROOT-$(realpath -m "$(dirname "${BASH_SOURCE[0]}")/../../build/proftpd/root")}
PROFTPD_ROOT=${PROFTPD_ROOT%/}
PROFTPD=$PROFTPD_ROOT/usr/sbin/proftpd
PROFTPD_MODULES=$PROFTPD_ROOT/../modules
PROFTPD_PASSWORD=secret
PROFTPD_PID=
PROFTPD_JOB=

# Prints what loads the modules that are part of the program on Debian 12, and apart since; DIR is
# where modules are loaded from.
proftpd_shared_modules()
{
    local dir=$1 module packed=$PROFTPD_ROOT/usr/lib/proftpd
    for module in mod_delay mod_ls mod_xfer; do
        [ -e "$packed/$module.so" ] || continue
        [ "$dir" = "$packed" ] || ln -sf "$packed/$module.so" "$dir"
        echo "LoadModule $module.c"
    done
}

# Is mod_delay one of them? Then it leaves its pool behind at each restart, as other modules do.
proftpd_delay_is_shared()
{
    [ -e "$PROFTPD_ROOT/usr/lib/proftpd/mod_delay.so" ]
}

proftpd_prepare()
{
    local user=nobody group=nogroup jail='DefaultRoot ~' modules='' uid gid samples
    local packed=$PROFTPD_ROOT/usr/lib/proftpd
    samples=$(dirname "${BASH_SOURCE[0]}")
    PROFTPD_DIR=$1
    PROFTPD_HOME=$1/home
    PROFTPD_PORT=$(free_port)
    PROFTPD_PID=
    if [ "$(id -u)" -ne 0 ]; then
        user=$(id -un) group=$(id -gn) jail=
    fi
    uid=$(id -u "$user") gid=$(id -g "$user")
    mkdir -p "$PROFTPD_DIR/run" "$PROFTPD_HOME/sub/deeper"
    chmod 755 "$PROFTPD_DIR"
    (umask 077 && printf 'alice:%s:%s:%s::%s:/bin/sh\n' "$(openssl passwd -6 "$PROFTPD_PASSWORD")" \
        "$uid" "$gid" "$PROFTPD_HOME" >"$PROFTPD_DIR/passwd")
    echo "alice:x:$gid:" >"$PROFTPD_DIR/group"
    head -c 20000 /dev/zero >"$PROFTPD_HOME/download"
    touch "$PROFTPD_HOME"/file{1..40} "$PROFTPD_HOME"/sub/file{1..10}
    if [ "$(id -u)" -eq 0 ]; then
        chown -R "$uid:$gid" "$PROFTPD_HOME"
    fi
    if [ "${2-}" = faults ]; then
        "$samples/build-module" "$samples/mod_faults.c" "$PROFTPD_MODULES" || return
        printf 'ModulePath %s\n%s\nLoadModule mod_faults.c\n' "$PROFTPD_MODULES" \
            "$(proftpd_shared_modules "$PROFTPD_MODULES")" >"$PROFTPD_DIR/modules.conf"
    elif [ "${2-}" = modules ]; then
        sed "s|^ModulePath .*|ModulePath $packed|" \
            "$PROFTPD_ROOT/usr/share/proftpd/templates/modules.conf" >"$PROFTPD_DIR/modules.conf"
    elif [ -e "$packed/mod_xfer.so" ]; then
        printf 'ModulePath %s\n%s\n' "$packed" "$(proftpd_shared_modules "$packed")" \
            >"$PROFTPD_DIR/modules.conf"
    fi
    [ ! -e "$PROFTPD_DIR/modules.conf" ] || modules="Include $PROFTPD_DIR/modules.conf"
    sed -e "s|@DIR@|$PROFTPD_DIR|" -e "s|@PORT@|$PROFTPD_PORT|" -e "s|@USER@|$user|" \
        -e "s|@GROUP@|$group|" -e "s|@JAIL@|$jail|" -e "s|@MODULES@|$modules|" \
        "$samples/proftpd.conf.in" >"$PROFTPD_DIR/proftpd.conf"
}

proftpd_listens()
{
    [ -s "$PROFTPD_DIR/run/pid" ] && is_listened_to "$PROFTPD_PORT"
}

proftpd_restarts()
{
    awk '/reparsing configuration file/ { n++ } END { print n + 0 }' "$PROFTPD_DIR/log"
}

proftpd_has_restarted()
{
    [ "$(proftpd_restarts)" -gt "$1" ]
}

# Whether the master does nothing but wait: it slept all the time between two looks. It loses a
# signal that comes between its work and its wait, until it wakes up for something else.
proftpd_idle()
{
    local before
    before=$(grep -E 'ctxt_switches|^State:.*sleeping' "/proc/$PROFTPD_PID/status")
    sleep 0.02
    [[ $before == State* ]] &&
        [ "$before" = "$(grep -E 'ctxt_switches|^State' "/proc/$PROFTPD_PID/status")" ]
}

# Waits until CONDITION... holds and the master is idle.
proftpd_wait()
{
    local tries
    for ((tries = 0; tries < 3000; tries++)); do
        if "$@"; then
            PROFTPD_PID=$(<"$PROFTPD_DIR/run/pid")
            ! proftpd_idle || return 0
        fi
        kill -0 "$PROFTPD_JOB" 2>/dev/null || break
        sleep 0.01
    done
    echo "ProFTPD fails in $*:" >&2
    cat "$PROFTPD_DIR/log" >&2
    return 1
}

proftpd_start()
{
    # Only ProFTPD needs the libraries that were unpacked with it; COMMAND does not mind them.
    env LD_LIBRARY_PATH="$(echo "$PROFTPD_ROOT"/usr/lib/*-linux-gnu)" "$@" \
        "$PROFTPD" -n -c "$PROFTPD_DIR/proftpd.conf" >"$PROFTPD_DIR/log" 2>&1 </dev/null &
    PROFTPD_JOB=$!
    proftpd_wait proftpd_listens
}

proftpd_restart()
{
    local restarts
    restarts=$(proftpd_restarts)
    kill -HUP "$PROFTPD_PID" && proftpd_wait proftpd_has_restarted "$restarts"
}

proftpd_stop()
{
    local job=$PROFTPD_JOB
    kill -TERM "$PROFTPD_PID"
    PROFTPD_PID= PROFTPD_JOB=
    wait "$job"
}

proftpd_kill()
{
    local tries
    [ -n "$PROFTPD_JOB" ] || return 0
    # A recorder passes it on, to a ProFTPD that may not have told its pid yet.
    kill -TERM "$PROFTPD_JOB" 2>/dev/null || true
    for ((tries = 0; tries < 100; tries++)); do
        kill -0 "$PROFTPD_JOB" 2>/dev/null || break
        sleep 0.02
    done
    kill -KILL "$PROFTPD_JOB" ${PROFTPD_PID:+"$PROFTPD_PID"} 2>/dev/null || true
    wait "$PROFTPD_JOB" 2>/dev/null || true
    PROFTPD_PID= PROFTPD_JOB=
}

ftp_curl()
{
    curl -q --silent --show-error --max-time 60 --user "alice:$PROFTPD_PASSWORD" \
        "${@/#@/ftp://127.0.0.1:$PROFTPD_PORT}"
}

# Active mode: in passive mode curl 7.88 waits a second now and then, when the server is quick.
ftp_transfer()
{
    local option
    printf 'next\nftp-port = 127.0.0.1\nuser = "alice:%s"\noutput = /dev/null\n' "$PROFTPD_PASSWORD"
    printf 'url = "ftp://127.0.0.1:%d/%s"\n' "$PROFTPD_PORT" "$1"
    shift
    for option; do
        case $option in
        *' '*) echo "${option%% *} = \"${option#* }\"" ;;
        *) echo "$option" ;;
        esac
    done
}

ftp_lftp()
{
    HOME=$PROFTPD_DIR timeout 60 lftp -c "set cmd:fail-exit yes; set net:max-retries 1;
        set net:timeout 20; set ftp:ssl-allow no;
        open -u alice,$PROFTPD_PASSWORD ftp://127.0.0.1:$PROFTPD_PORT; $1"
}
# SPDX-License-Identifier: MIT
