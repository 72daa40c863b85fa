# For scripts to source: Debian's FreeRADIUS (see fetch) on loopback, in a directory of its own.
#
#   radius_prepare DIR      its configuration; the user bob has the password hello, and a request is
#                           forgotten as soon as it is answered
#   radius_libraries        what LD_LIBRARY_PATH has to be for it
#   radius_check COMMAND... run COMMAND with freeradius -XC: it reads its configuration and ends
#   radius_start COMMAND... run COMMAND with freeradius, wait until it answers; RADIUS_FLAGS has further
#                           flags for it
#   radius_ask N            N requests, each answered
#   radius_reload           SIGHUP, and wait until it has been dealt with
#   radius_stop             SIGTERM; gives the exit status
#   radius_kill             for the end of a script, however it comes
#
# Sets RADIUS_DIR, RADIUS_PORT and RADIUS_PID. What FreeRADIUS says goes to RADIUS_DIR/log.

RADIUS_ROOT=$(realpath -m "$(dirname "${BASH_SOURCE[0]}")/../../build/radius/root")
RADIUS=$RADIUS_ROOT/usr/sbin/freeradius
RADIUS_PID=

radius_libraries()
{
    find "$RADIUS_ROOT/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:
}

# A port of UDP that nobody has.
radius_free_port()
{
    local port
    while port=$((10000 + RANDOM % 20000)); do
        grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$port") " /proc/net/udp || break
    done
    echo "$port"
}

radius_prepare()
{
    local module
    RADIUS_DIR=$1
    RADIUS_PORT=$(radius_free_port)
    mkdir -p "$RADIUS_DIR/var" "$RADIUS_DIR/run"
    cp -r "$RADIUS_ROOT/etc/freeradius/3.0" "$RADIUS_DIR/raddb"
    sed -i -E "s|^libdir = .*|libdir = $RADIUS_ROOT/usr/lib/freeradius|
        s|^sysconfdir = .*|sysconfdir = $RADIUS_DIR|
        s|^raddbdir = .*|raddbdir = $RADIUS_DIR/raddb|
        s|^localstatedir = .*|localstatedir = $RADIUS_DIR/var|
        s|^logdir = .*|logdir = $RADIUS_DIR/var|
        s|^run_dir = .*|run_dir = $RADIUS_DIR/run|
        s|^cleanup_delay = .*|cleanup_delay = 0|
        s|^([[:space:]]*)(user\|group) = freerad|\1# \2|" "$RADIUS_DIR/raddb/radiusd.conf"
    for module in always attr_filter chap detail digest exec expiration expr files logintime mschap \
        pap preprocess realm; do
        ln -s "../mods-available/$module" "$RADIUS_DIR/raddb/mods-enabled/$module"
    done
    sed -i '1i bob Cleartext-Password := "hello"' "$RADIUS_DIR/raddb/mods-config/files/authorize"
    cat >"$RADIUS_DIR/raddb/sites-enabled/test" <<EOF
server test {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = $RADIUS_PORT
	}
	authorize {
		preprocess
		chap
		mschap
		digest
		suffix
		files
		expiration
		logintime
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
		digest
	}
	post-auth {
		exec
		Post-Auth-Type REJECT {
			attr_filter.access_reject
		}
	}
}
EOF
}

radius_check()
{
    LD_LIBRARY_PATH=$(radius_libraries) "$@" "$RADIUS" -XC -d "$RADIUS_DIR/raddb" \
        -D "$RADIUS_ROOT/usr/share/freeradius"
}

radius_kill()
{
    local pids
    [ -n "$RADIUS_PID" ] || return 0
    pids=$(pgrep -P "$RADIUS_PID")
    kill -KILL "$RADIUS_PID" $pids 2>/dev/null
}

radius_log_has()
{
    [ "$(grep -c "$1" "$RADIUS_DIR/log")" -gt "$2" ]
}

radius_wait()
{
    local tries
    for ((tries = 0; tries < 1200; tries++)); do
        ! "$@" || return 0
        kill -0 "$RADIUS_PID" 2>/dev/null || break
        sleep 0.05
    done
    echo "FreeRADIUS fails in $*:" >&2
    cat "$RADIUS_DIR/log" >&2
    return 1
}

radius_start()
{
    : >"$RADIUS_DIR/log"
    LD_LIBRARY_PATH=$(radius_libraries) "$@" "$RADIUS" -f ${RADIUS_FLAGS-} -l "$RADIUS_DIR/log" \
        -d "$RADIUS_DIR/raddb" -D "$RADIUS_ROOT/usr/share/freeradius" </dev/null >/dev/null 2>&1 &
    RADIUS_PID=$!
    radius_wait radius_log_has 'Ready to process requests' 0
}

radius_ask()
{
    local answers
    answers=$(echo 'User-Name=bob,User-Password=hello' |
        LD_LIBRARY_PATH=$(radius_libraries) "$RADIUS_ROOT/usr/bin/radclient" -c "$1" \
            -D "$RADIUS_ROOT/usr/share/freeradius" "127.0.0.1:$RADIUS_PORT" auth testing123 |
        grep -c 'Received Access-Accept')
    [ "$answers" -eq "$1" ]
}

radius_reload()
{
    local before
    before=$(grep -c 'HUP' "$RADIUS_DIR/log")
    touch "$RADIUS_DIR/raddb/mods-config/files/authorize"
    kill -HUP "$RADIUS_PID"
    radius_wait radius_log_has HUP $((before + 1))
}

radius_stop()
{
    local pid=$RADIUS_PID
    kill -TERM "$pid"
    RADIUS_PID=
    wait "$pid"
}
# SPDX-License-Identifier: MIT
