# For tests with web servers to source, after lib.sh.
#
#   requests N                    makes N times five requests, over a connection each; prints the
#                                 answers
#   serve NAME N STOP COMMAND...  has the server that web_prepare prepared serve, with reloads by the
#                                 SIGNALS, under COMMAND or as it is; it has N children when it
#                                 waits. Ends it with STOP; leaves $WORK/NAME.{seen,log,status}
#   same_as_plain                 tests that `serve plain` and `serve recorded` left the same
#   start_counting KIND [LINES]   starts a server as web_prepare prepares it, recorded into $WORK/rec,
#                                 under gdb, which counts as web/count.gdb does
#   stop_counting N STOP          ends it when it has N children and waits; $WORK/info then tells of
#                                 what was recorded of it alone
#   entered FUNCTION              how often gdb saw it entered

requests()
{
    local i
    for ((i = 0; i < $1; i++)); do
        web_get / /directory/ /zeros /nothing /moved/index.html
    done
}

# What is open in it and in its children, what they do with signals, and how many threads they have.
portrait()
{
    local pid
    for pid in "$WEB_PID" $(web_children); do
        find "/proc/$pid/fd" -type l -exec readlink {} + | sed 's/:\[.*//' | sort
        grep -E '^(Sig(Pnd|Blk|Ign|Cgt)|Threads|Uid|Groups)' "/proc/$pid/status"
    done
}

serve()
{
    local name=$1 children=$2 stop=$3 signal
    shift 3
    web_start "$@" || return
    {
        requests 5
        for signal in $SIGNALS; do
            web_reload "$signal" || return
            requests 5
        done
        web_settle "$children" || return
        echo
        portrait
    } >"$WORK/$name.seen" 2>&1
    web_stop "$stop"
    echo "$?" >"$WORK/$name.status"
    # Times and pids aside, and in no order: the children's lines come as they come. That all of
    # them are busy may be so or not when the server looks.
    sed -E 's/^\[[^]]*\] //; s/[0-9]{3,}//g; s/^[0-9/]+ [0-9:]+//; s/\*[0-9]+//' "$WEB_DIR/log" |
        grep -v -e 'Server built' -e 'signal .* received' -e MaxRequestWorkers | sort -u >"$WORK/$name.log"
}

same_as_plain()
{
    local what
    for what in seen log status; do
        ok "... the same $what" diff -a "$WORK/plain.$what" "$WORK/recorded.$what"
    done
}

start_counting()
{
    rm -rf "$WORK/web" "$WORK/rec" "$WORK/alone"
    web_prepare "$WORK/web" "$@"
    web_start gdb -nx -batch -x "$SOURCE/tests/e2e/programs/web/count.gdb" --args \
        env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/rec"
}

stop_counting()
{
    local pid=$WEB_PID
    web_settle "$1" && web_stop "$2" && report "$WORK/rec" || return
    mkdir -p "$WORK/alone" && mv "$WORK/rec/$pid.trace" "$WORK/alone/0.trace" &&
        "$LIFEGUARD" info "$WORK/alone" >"$WORK/info"
}

entered()
{
    sed -n "s/^entered $1 //p" "$WORK/web/out"
}
# SPDX-License-Identifier: MIT
