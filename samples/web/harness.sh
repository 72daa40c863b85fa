# Debian's web servers on loopback, for the end-to-end tests to source.
#
#   web_prepare DIR KIND [LINES]   write configuration and files under DIR; KIND is prefork or event
#                                  (httpd, with that way to serve), or nginx; LINES, with "\n"
#                                  between, are added to the configuration. WEB_ALONE, when it is not
#                                  empty, lets it serve by itself, without children
#   web_start [COMMAND...]         start it, under COMMAND when there is one, until it serves; it has
#                                  a process group of its own, which it signals
#   web_reload SIGNAL              that makes it read its configuration again, until it serves again
#   web_settle N                   waits until it has N children, and they and it do nothing but wait
#   web_stop SIGNAL                returns the exit status of what was started
#   web_kill                       end whatever still runs; for an exit trap
#   web_get PATH...                print what is there, all over one connection
#
# Sets WEB_DIR, WEB_PORT, WEB_PID (the master's). What the server says goes to WEB_DIR/out, what it
# logs to WEB_DIR/log.

. "$(dirname "${BASH_SOURCE[0]}")/../loopback.sh"
WEB_BUILD=$(realpath -m "$(dirname "${BASH_SOURCE[0]}")/../../build")
WEB_ALONE=
WEB_PID=
WEB_JOB=

web_prepare()
{
    local user=nobody group=nogroup template=httpd more=${3-}
    WEB_DIR=$1
    WEB_KIND=$2
    WEB_PORT=$(free_port)
    WEB_PID=
    [ "$(id -u)" -eq 0 ] || user=$(id -un) group=$(id -gn)
    [ "$2" != nginx ] || template=nginx more+=${WEB_ALONE:+'\nmaster_process off;'}
    WEB_ROOT=$WEB_BUILD/$template/root
    mkdir -p "$WEB_DIR/run" "$WEB_DIR/files/directory"
    chmod 755 "$WEB_DIR"
    echo '<p>hello</p>' >"$WEB_DIR/files/index.html"
    head -c 300000 /dev/zero >"$WEB_DIR/files/zeros"
    touch "$WEB_DIR"/files/directory/file{1..20}
    sed -e "s|@DIR@|$WEB_DIR|g" -e "s|@PORT@|$WEB_PORT|" -e "s|@KIND@|$2|g" -e "s|@USER@|$user|" \
        -e "s|@GROUP@|$group|" -e "s|@ROOT@|$WEB_ROOT|g" -e "s|@MORE@|$more|" \
        "$(dirname "${BASH_SOURCE[0]}")/$template.conf.in" >"$WEB_DIR/conf"
}

# How often it has begun to serve: once, and once at each reload. Alone, it does not tell.
web_begun()
{
    if [ "$WEB_KIND" = nginx ]; then
        grep -c 'start worker processes' "$WEB_DIR/log"
    else
        grep -c 'resuming normal operations' "$WEB_DIR/log"
    fi
}

web_serves()
{
    [ -s "$WEB_DIR/run/pid" ] && is_listened_to "$WEB_PORT" &&
        [ -n "$WEB_ALONE" -o "$(web_begun)" -ge "$1" ]
}

web_wait()
{
    local tries
    for ((tries = 0; tries < 6000; tries++)); do
        if "$@"; then
            WEB_PID=$(<"$WEB_DIR/run/pid")
            return 0
        fi
        kill -0 "$WEB_JOB" 2>/dev/null || break
        sleep 0.01
    done
    echo "the server fails in $*:" >&2
    cat "$WEB_DIR/out" "$WEB_DIR/log" >&2
    return 1
}

web_start()
{
    local -a command
    web_kill # one that failed to do what was asked
    if [ "$WEB_KIND" = nginx ]; then
        command=("$WEB_ROOT/usr/sbin/nginx" -p "$WEB_DIR" -e "$WEB_DIR/log" -c "$WEB_DIR/conf")
    else
        command=("$WEB_ROOT/usr/sbin/apache2" -DFOREGROUND -f "$WEB_DIR/conf" ${WEB_ALONE:+-X})
    fi
    : >"$WEB_DIR/log"
    # Only the server needs the libraries that were unpacked with it; COMMAND does not mind them.
    setsid env LD_LIBRARY_PATH="$(echo "$WEB_ROOT"/usr/lib/*-linux-gnu)" "$@" \
        "${command[@]}" >"$WEB_DIR/out" 2>&1 </dev/null &
    WEB_JOB=$!
    web_wait web_serves 1
}

web_reload()
{
    local begun
    begun=$(web_begun)
    kill -"$1" "$WEB_PID" && web_wait web_serves $((begun + 1))
}

web_children()
{
    local children
    read -r -a children <"/proc/$WEB_PID/task/$WEB_PID/children"
    echo "${children[@]}"
}

# What every thread of it and of its children sleeps in, and how often it woke up.
web_sleepers()
{
    local pid
    for pid in "$WEB_PID" $(web_children); do
        cat /proc/"$pid"/task/*/status 2>/dev/null
    done | grep -E '^(State|Pid|.*ctxt_switches)'
}

web_waits()
{
    local before
    [ "$(web_children | wc -w)" -eq "$1" ] || return
    before=$(web_sleepers)
    sleep 0.05
    ! grep -q '^State:[^S]*(' <<<"$before" && [ "$before" = "$(web_sleepers)" ]
}

web_settle()
{
    web_wait web_waits "$1"
}

web_stop()
{
    local job=$WEB_JOB
    kill -"$1" "$WEB_PID"
    WEB_PID= WEB_JOB=
    wait "$job"
}

web_kill()
{
    local tries
    [ -n "$WEB_JOB" ] || return 0
    # A recorder passes it on, to a server that may not have told its pid yet.
    kill -TERM "$WEB_JOB" 2>/dev/null || true
    for ((tries = 0; tries < 100; tries++)); do
        kill -0 "$WEB_JOB" 2>/dev/null || break
        sleep 0.02
    done
    kill -KILL -- "-$WEB_JOB" 2>/dev/null || true
    wait "$WEB_JOB" 2>/dev/null || true
    WEB_PID= WEB_JOB=
}

web_get()
{
    curl -q --silent --show-error --max-time 60 "${@/#/http://127.0.0.1:$WEB_PORT}"
}
# SPDX-License-Identifier: MIT
