#!/usr/bin/env bash
# What lifeguard keep tells monitoring: metrics in a file and by HTTP, findings, a profile; scraped by
# the real Prometheus, whose alert fires of what no build had yesterday.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/poold.sh"
work
fleet=$SOURCE/samples/fleet
metrics=$WORK/textfiles/lifeguard.prom

# A daemon that leaks pools, recorded; a client came and went.
start_daemon()
{
    LIFEGUARD_DIR=$WORK/recording LD_PRELOAD=$BUILD/liblifeguard.so LIFEGUARD_QUIET=1 \
        "$WORK/poold" -p 0 --fault=leaked-subpool --fault=growing-pool >"$WORK/port" &
    daemon=$!
    at_exit eval "kill $daemon 2>/dev/null"
    wait_until [ -s "$WORK/port" ]
    port=$(grep -oE '[0-9]+' "$WORK/port" | tail -n 1)
    client 20 && wait_until sessions_ended
}

# start_keep ADDRESS [OPTION]: keeps the recording, and listens there; $url is where.
start_keep()
{
    rm -f "$WORK/keep.err"
    "$LIFEGUARD" keep -d 0.2 --listen="$1" --metrics="$metrics" "${@:2}" "$WORK/recording" \
        >"$WORK/keep" 2>"$WORK/keep.err" &
    keep=$!
    at_exit eval "kill $keep 2>/dev/null"
    wait_until grep -q 'listening on' "$WORK/keep.err"
    url=$(sed -n 's/.*listening on \(http[^ ,]*\).*/\1/p' "$WORK/keep.err")
}

end_keep()
{
    kill -TERM "$keep"
    wait "$keep"
}

get()
{
    curl -sgf -m 20 "$url$@"
}

# asked METHOD PATH: the answer's status.
asked()
{
    curl -sg -m 20 -o "$WORK/answer" -D "$WORK/head" -w '%{http_code}' -X "$1" "$url$2"
}

is_published()
{
    get /metrics >"$WORK/metrics"
}

# Also what was under way at the first look.
is_published_whole()
{
    is_published && [ "$(grep -c '^lifeguard_finding_items' "$WORK/metrics")" = 2 ] &&
        grep -q '^lifeguard_worst_pools.*session.* [1-9]' "$WORK/metrics"
}

header()
{
    tr -d '\r' <"$WORK/head" | sed -n "s/^$1: //Ip"
}

# What is told of the moment.
steady()
{
    grep -vE '^lifeguard_(read_time_seconds|worst_resident_bytes)' "$@"
}

test_usage()
{
    local word
    for word in '' x 127.0.0.1 127.0.0.1: 127.0.0.1:65536 127.0.0.1:-1 127.0.0.1:1x ::1 ::1:80 \
        [::1] [::1]80 [127.0.0.1]:80 localhost:80 127.1:80 1.2.3.4.5:80 [::1%lo]:80; do
        "$LIFEGUARD" keep --listen="$word" "$WORK/recording" >"$WORK/out" 2>&1
        [ $? = 2 ] && grep -q "Try 'lifeguard keep --help'" "$WORK/out" || break
        word=none
    done
    is "what is no address is refused" "$word" none
    for word in none.prom/ "$WORK/metrics" "$WORK/none/x.prom" "$WORK/link.prom" .prom; do
        "$LIFEGUARD" keep --metrics="$word" "$WORK/recording" >/dev/null 2>&1
        [ $? = 2 ] || break
        word=none
    done
    is "... and what is no file of metrics" "$word" none
}

test_http()
{
    ok "what is found is served" wait_until is_published_whole
    is "metrics are OpenMetrics" "$(asked GET /metrics; header Content-Type)" \
        "200application/openmetrics-text; version=1.0.0; charset=utf-8"
    is "... those of the file" "$(steady "$metrics")" "$(steady "$WORK/metrics")"
    "$LIFEGUARD" export --format=openmetrics "$WORK/recording" >"$WORK/exported"
    is "... and of the export" "$(steady "$WORK/metrics")" "$(steady "$WORK/exported")"
    is "... with what the daemon has in memory, in kB" "$(awk '/^lifeguard_worst_resident_bytes.*"master"/ {
        print $NF / 1024 }' "$WORK/metrics")" "$(awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status")"
    is "... none is of a process" "$(grep -c 'pid=\|PID' "$WORK/metrics")" 0
    is "findings are the report's" "$(get /findings | jq -S .findings)" \
        "$("$LIFEGUARD" report --format=json "$WORK/recording" |
            jq -S '.findings | map(.divergence = null)')"
    is "... as JSON" "$(asked GET '/findings?x=1'; header Content-Type)" 200application/json
    is "the profile is that of the export" "$(get /debug/pprof/heap | gunzip | sha256sum)" \
        "$("$LIFEGUARD" export --format=pprof "$WORK/recording" | gunzip | sha256sum)"
    if has_go; then
        ok "... which go tool pprof fetches" eval 'PPROF_TMPDIR=$WORK go tool pprof -top \
            "$url/debug/pprof/heap" | grep -q "palloc\|pcalloc"'
    else
        skip "go tool pprof fetches it" "$why"
    fi
    curl -sg -I "$url/findings" | tr -d '\r' >"$WORK/head"
    ok "HEAD has the length alone" [ "$(header Content-Length)" -gt 1000 ]
    is "other methods are refused" "$(asked POST /metrics; header Allow)" "405GET, HEAD"
    is "... also with much to say" "$(head -c 1000000 /dev/zero | curl -sg -m 20 -o /dev/null \
        -w '%{http_code}' --data-binary @- "$url/metrics")" 405
    is "other paths are none" "$(asked GET /metrics/../x)$(asked GET //)$(asked GET '/findings%20')" \
        404404404
    is "... nor is a long one" "$(asked GET "/$(printf 'x%.0s' {1..60000})")" 414
    status "another one cannot listen there" 2 "$LIFEGUARD" keep --listen="${url#http://}" \
        "$WORK/recording"
    ok "... which is said" grep -q "${url#http://}: Address already in use" "$WORK/err"
}

read_time()
{
    sed -n 's/^lifeguard_read_time_seconds.* //p' "$metrics"
}

is_later()
{
    [ "$(read_time)" -gt "$1" ]
}

count_sockets()
{
    find "/proc/$keep/fd" -lname 'socket:*' | wc -l
}

are_taken()
{
    [ "$(count_sockets)" -ge 33 ]
}

# Who opens connections and says nothing keeps nobody from looking.
test_bounds()
{
    local i fd then fds=() at=${url#http://}
    for ((i = 0; i < 40; i++)); do
        exec {fd}<>"/dev/tcp/${at%:*}/${at##*:}" && fds+=("$fd")
    done
    is "40 connections wait" "${#fds[@]}" 40
    wait_until are_taken
    is "... of which 32 are taken" "$(count_sockets)" 33
    then=$(read_time)
    ok "... and the recording is looked at as before" wait_until is_later "$then"
    for fd in "${fds[@]}"; do exec {fd}>&-; done
    ok "when they are gone, others are answered" wait_until is_published
}

free_port()
{
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# What the build before had a day ago, each minute of some: into Prometheus's blocks.
remember_yesterday()
{
    LIFEGUARD_QUIET=1 "$LIFEGUARD" record -o "$WORK/before" -- "$WORK/poold" --drive 1x20 \
        --fault=growing-pool 2>/dev/null
    "$LIFEGUARD" export --format=openmetrics "$WORK/before" |
        awk -v now="$(date +%s)" '/^#/ { print; next }
            { for (i = -5; i < 10; i++) print $0, now - 86400 + 60 * i }' >"$WORK/yesterday"
    "$prometheus/promtool" tsdb create-blocks-from openmetrics "$WORK/yesterday" "$WORK/tsdb" \
        >/dev/null
}

start_prometheus()
{
    printf '%s\n' 'global: {scrape_interval: 1s, evaluation_interval: 1s}' \
        "rule_files: [$fleet/alerts.yml]" 'scrape_configs:' '- job_name: lifeguard' \
        "  static_configs: [targets: ['${url#http://}']]" >"$WORK/prometheus.yml"
    "$prometheus/prometheus" --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" \
        --web.listen-address="127.0.0.1:$at" >"$WORK/prometheus.log" 2>&1 &
    at_exit kill $!
}

query()
{
    curl -sG "http://127.0.0.1:$at/api/v1/query" --data-urlencode "query=$1"
}

has_series()
{
    [ "$(query 'count(lifeguard_finding_items)' | jq -r '.data.result[0].value[1]')" = \
        "$(grep -c '^lifeguard_finding_items{' "$WORK/metrics")" ]
}

has_alert()
{
    curl -s "http://127.0.0.1:$at/api/v1/alerts" >"$WORK/alerts"
    jq -e '.data.alerts[] | select(.labels.alertname == "PoolLeakNewInBuild")' "$WORK/alerts" \
        >/dev/null
}

test_prometheus()
{
    local prometheus=$SOURCE/build/prometheus/usr/bin at expression odd= tool=
    ! apt-cache show promtool >"$WORK/tool" 2>&1 || tool=promtool # in a package of its own since 13
    "$SOURCE/samples/fetch" --alone Prometheus prometheus usr/bin/promtool prometheus $tool \
        2>"$WORK/why" || { skip "Prometheus" "$(<"$WORK/why")"; return; }
    at=$(free_port)
    ok "promtool has nothing to say of the metrics" eval \
        '"$prometheus/promtool" check metrics <"$metrics"'
    ok "... nor of the rules" "$prometheus/promtool" check rules "$fleet/alerts.yml"
    ok "another build was there yesterday" remember_yesterday
    start_prometheus
    ok "Prometheus has a series a finding" wait_until has_series
    ok "what no build had yesterday is an alert" wait_until has_alert
    is "... of the leak alone, with its build" "$(jq -r '.data.alerts[] |
        select(.labels.alertname == "PoolLeakNewInBuild").labels | .rule + " " + .build' \
        "$WORK/alerts")" "leaked-subpool $(readelf -n "$WORK/poold" | awk '/Build ID/ { print $3 }')"
    while read -r expression; do
        [ "$(query "$expression" | jq '.data.result | length')" -gt 0 ] || odd+=$expression
    done < <(jq -r '.panels[].targets[].expr' "$fleet/dashboard.json")
    is "the dashboard's expressions all find something" "$odd" ""
}

# What is served with names of pools, or of directories, in it.
telling()
{
    local page
    for page in /metrics /findings /debug/pprof/heap; do
        get "$page" | zcat -f | grep -qae 'leaked command' -e "$WORK" && printf '%s ' "$page"
    done
}

test_redacted()
{
    is "names are served" "$(telling)" '/metrics /findings /debug/pprof/heap '
    end_keep
    start_keep 127.0.0.1:0 --redact
    ok "... unless redacted" wait_until is_published_whole
    is "... which leaves none" "$(telling)" ''
    ok "... but hashes" grep -q '"redacted-[0-9a-f]*"' <(get /findings)
    ok "... and what is printed here has them" grep -q 'leaked command pool' "$WORK/keep"
}

cp "$BUILD/samples/poold" "$WORK/poold"
mkdir -m 700 "$WORK/recording"
mkdir "$WORK/textfiles"
ln -s none "$WORK/link.prom"
test_usage
start_daemon
start_keep 127.0.0.1:0
test_http
test_bounds
test_prometheus
test_redacted
end_keep
is "keep ends" $? 0
ok "... takes its file along" [ ! -e "$metrics" ]
ok "... and says so" grep -q "lifeguard.prom is removed: nobody keeps it up to date" "$WORK/keep.err"
if grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 2>/dev/null; then
    start_keep '[::1]:0'
    ok "IPv6 is listened to" wait_until is_published
    is "... where that is said" "${url%:*}" 'http://[::1]'
    end_keep
else
    skip "IPv6 is listened to" "this host has none"
fi
start_keep 0
is "a port alone is of this host" "${url%:*}" http://127.0.0.1
kill "$daemon"
wait "$keep"
is "it ends with the recording" $? 0
ok "... and takes its file along, too" [ ! -e "$metrics" ]
start_keep 0.0.0.0:0
wait "$keep"
ok "who listens beyond this host is told" grep -q 'for whoever reaches it' "$WORK/keep.err"
done_testing
