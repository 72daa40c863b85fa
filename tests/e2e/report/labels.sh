#!/usr/bin/env bash
# What units of work are about is recorded: the verb of FTP's commands, the path of nginx's requests,
# the signal that asks for a restart. Never what
# follows it, and no more different ones than there is room for, whatever a client sends.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# 70 verbs that there are not, each with an argument; then one that there is.
send_verbs()
{
    local i
    for ((i = 0; i < 70; i++)); do
        printf 'quote = "*X%dY secret%d"\n' $i $i
    done >"$WORK/commands"
    printf 'quote = "*\033[2Jquiet secret"\nquote = "NOOP"\nquote = "NOOP"\n' >>"$WORK/commands"
    ftp_curl --output /dev/null --config "$WORK/commands" @/
}

record_ftp()
{
    record_proftpd && send_verbs && proftpd_stop && report "$WORK/recording"
}

get_paths()
{
    web_get '/a/b.html?token=secret' '/a/b.html?other=secret' '/%41<x>' / >"$WORK/answers"
}

record_web()
{
    web_prepare "$WORK/nginx" nginx
    web_start "$LIFEGUARD" record -f -o "$WORK/nginx.rec" -- && get_paths && web_stop QUIT
}

# A client keeps its connection.
look_while_connected()
{
    local line
    web_prepare "$WORK/kept" nginx
    web_start "$LIFEGUARD" record -f -o "$WORK/kept.rec" -- || return
    exec 9<>"/dev/tcp/127.0.0.1/$WEB_PORT"
    printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&9
    read -r line <&9
    "$LIFEGUARD" top -b -n 1 "$WORK/kept.rec" >"$WORK/top"
    exec 9>&-
    web_stop QUIT && grep -q ' connection->pool$' "$WORK/top"
}

need_proftpd
work
ok "a client sends many verbs, recorded" record_ftp
is "as many are told as there is room for, and the others together" \
    "$(json '[.recording.labels | length <= 65, (.[] | select(.label == "other") | .units > 5)]')" \
    '[true,true]'
is "... in letters, digits and a few signs" \
    "$(json '[.recording.labels[].label | select(test("^[A-Za-z0-9._/-]{1,40}$") | not)]')" '[]'
ok "info tells the most frequent" sh -c \
    "'$LIFEGUARD' info '$WORK/recording' | grep -q 'other, .* X0Y.* and [0-9]* others$'"
ok "no argument is in the recording" sh -c "! grep -rq secret '$WORK/recording'"

ok "a daemon is restarted, recorded" "$LIFEGUARD" record -f -o "$WORK/restarts" -- \
    "$BUILD/samples/poold" --drive 1x20,4 --fault=leaked-subpool-restart --fault=growing-pool
report "$WORK/restarts"
is "what grows at a restart is told as of the signal that asks for that" \
    "$(json '[.findings[] | [.kind, .per_unit.label]] | sort')" \
    '[["master","SIGHUP"],["session",null]]'

if why=$("$SOURCE/samples/web/fetch" nginx 2>&1); then
    . "$SOURCE/samples/web/harness.sh"
    at_exit web_kill
    ok "a client asks nginx for paths, recorded" record_web
    ok "top tells pools that have no name by their role" look_while_connected
    report "$WORK/nginx.rec"
    is "each path is told, without what is asked of it" \
        "$(json '[.recording.labels[] | [.label, .units]]')" \
        '[["/a/b.html",2],["/",1],["/_41_x_",1]]'
    ok "no argument is in the recording" sh -c "! grep -rq secret '$WORK/nginx.rec'"
else
    skip "a client asks nginx for paths" "$why"
fi
done_testing
