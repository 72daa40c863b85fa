#!/usr/bin/env bash
# The real ProFTPD recorded by one command: started, used by curl and lftp, restarted, and ended.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# Runs the client in file $1 beside ProFTPD, which gets the other arguments.
beside_proftpd()
{
    LD_LIBRARY_PATH=$(echo "$PROFTPD_ROOT"/usr/lib/*-linux-gnu) "$LIFEGUARD" record -f \
        -o "$WORK/recording" --for=2m --wait-port="127.0.0.1:$PROFTPD_PORT" --run="bash $WORK/$1" \
        -- "$PROFTPD" -c "$PROFTPD_DIR/proftpd.conf" "${@:2}" >"$PROFTPD_DIR/log" 2>&1
}

proftpds()
{
    grep -lzxF "$PROFTPD_DIR/proftpd.conf" /proc/[0-9]*/cmdline 2>/dev/null | tr -dc '0-9\n' |
        while read -r pid; do
            [ "$(readlink "/proc/$pid/exe")" != "$PROFTPD" ] || echo "$pid"
        done
}

none_left()
{
    [ -z "$(proftpds)" ]
}

end_proftpds()
{
    local pid
    for pid in $(proftpds); do
        kill -KILL "$pid"
    done
}

# Client $1, from the input.
client()
{
    {
        printf 'set -e\n. %q\n' "$SOURCE/samples/proftpd/harness.sh"
        printf '%s=%q\n' PROFTPD_DIR "$PROFTPD_DIR" PROFTPD_PORT "$PROFTPD_PORT"
        echo 'PROFTPD_JOB=$LIFEGUARD_PID PROFTPD_PID=$LIFEGUARD_PID'
        cat
    } >"$WORK/$1"
}

sessions()
{
    json "[.processes[] | select(.kind == \"session\" and $1)] | length"
}

need_proftpd
work
proftpd_prepare "$WORK/proftpd"
at_exit end_proftpds

client rounds <<'END'
for round in 1 2 3; do
    ftp_curl -o /dev/null @/download
    ftp_lftp 'cls; cd sub; cls'
    proftpd_restart
done
END
status "curl, lftp and restarts beside ProFTPD: 0" 0 beside_proftpd rounds -n
ok "... nothing is left running" none_left
report "$WORK/recording"
is "... master and sessions ended by themselves" "$(json '[.processes[].exit] | unique')" '[0]'
is "... every session did something: none comes of the wait for the port" "$(sessions '.events < 200')" 0
is "... six of them" "$(sessions true)" 6
is "... all bytes are covered" "$(json '.recording.coverage.mismatches')" 0
"$LIFEGUARD" report "$WORK/recording" >"$WORK/out"
ok "... three restarts were seen" grep -q '3 restarts' "$WORK/out"

client transfer <<'END'
ftp_curl -o /dev/null @/download
END
status "a ProFTPD in the background: 0" 0 beside_proftpd transfer
ok "... nothing is left running" none_left
report "$WORK/recording"
is "... its session is recorded" "$(sessions '.events > 200')" 1

client fails <<'END'
ftp_curl -o /dev/null @/nowhere
END
status "what curl cannot get is its status" 78 beside_proftpd fails -n
ok "... and nothing is left running" none_left

client lingers <<'END'
exec 3<>"/dev/tcp/127.0.0.1/$PROFTPD_PORT"
read -r line <&3
sleep 100 &
END
status "a connection that is left open" 0 beside_proftpd lingers -n
ok "... ends, and nothing is left running" none_left

echo 'Frobnicate on' >>"$PROFTPD_DIR/proftpd.conf"
status "a mistake in the configuration: ProFTPD's status" 1 beside_proftpd rounds -n
ok "... and what ProFTPD said of it" grep -q "'Frobnicate'" "$PROFTPD_DIR/log"
ok "... nothing is left running" none_left
done_testing
