#!/usr/bin/env bash
# Debian's httpd at work, one process or one thread a connection, with restarts of both kinds: the
# recorder changes nothing in it, loses nothing, and finds no fault in it.
. "$(dirname "$0")/lib.sh"

# Prints what a client sees of it.
requests()
{
    local i
    for i in {1..5}; do
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

# Has it serve with so many CHILDREN, under COMMAND or as it is; leaves $WORK/NAME.{seen,log,status}.
serve()
{
    local name=$1 children=$2 signal
    shift 2
    web_start "$@" || return
    {
        requests
        for signal in HUP USR1 HUP USR1; do
            web_reload "$signal" || return
            requests
        done
        web_settle "$children" || return
        echo
        portrait
    } >"$WORK/$name.seen" 2>&1
    web_stop TERM
    echo "$?" >"$WORK/$name.status"
    # Times and pids aside, and in no order: the children's lines come as they come.
    sed -E 's/^\[[^]]*\] //; s/\[pid [^]]*\]//; s/127.0.0.1:[0-9]+//' "$WEB_DIR/log" |
        grep -v 'Server built' | sort >"$WORK/$name.log"
}


expect_clean()
{
    report "$WORK/$1.rec"
    "$LIFEGUARD" info "$WORK/$1.rec" >"$WORK/info"
    is "... the description of APR is used" "$(json .recording.api)" '"apr"'
    is "... no event is lost" "$(json .recording.lost_events)" 0
    is "... no error, and no warning but of the start" \
        "$(json '[.findings[] | select(.severity != "note") | .phase] | unique')" '["start-up"]'
    is "... four restarts" "$(told restarts)" 4
    # Each connection's last request is the one that does not come.
    is "... and as many requests as were made" "$(told commands)" $((5 * 5 * (5 + 1)))
    status "... passes the gate" 0 "$LIFEGUARD" check "$WORK/$1.rec"
}

work
need_web httpd
for kind in prefork event; do
    [ "$kind" = prefork ] && children=2 || children=1
    web_prepare "$WORK/$kind" "$kind"
    status "httpd, $kind, as it is" 0 serve plain "$children"
    status "... and recorded" 0 serve recorded "$children" "$LIFEGUARD" record -o "$WORK/$kind.rec" --
    for what in seen log status; do
        ok "... the same $what" diff -a "$WORK/plain.$what" "$WORK/recorded.$what"
    done
    expect_clean "$kind"
done
done_testing
