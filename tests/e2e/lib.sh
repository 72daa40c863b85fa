# For test scripts to source: tests that speak TAP, and a place to work in.
#
#   work                        make a fresh temporary directory, $WORK; it is removed at exit
#   ok NAME COMMAND...          passes when COMMAND succeeds; what it prints is shown if not
#   is NAME ACTUAL EXPECTED     passes when the two are the same
#   status NAME N COMMAND...    passes when COMMAND exits with N; its output is in $WORK/out, .err
#   skip NAME WHY               one test that cannot run here
#   skip_all WHY                the whole script cannot run here
#   wait_until COMMAND...       until it succeeds; fails when it does not within a minute
#   start_ready COMMAND...      starts what prints "ready" when it has begun, and waits for that: its
#                               pid is $pid, its output in $ready_out, .err; it ends with the script
#   at_exit COMMAND...          run when the script ends, however it does; last one first
#   done_testing                at the end: prints the plan
#
#   report RECORDING            leaves the JSON report in $WORK/report.json
#   json FILTER                 jq -c on that report
#   valid_report [FILE...]      one test: that report, or these files, are as the schema says
#   covered UNIT N              tests of that report that all UNITs (bytes, allocations, pools) which
#                               the pools hold were traced, N of them at least
#   without FUNCTION... NAME    the built-in description NAME without the entries of these, as
#                               $WORK/NAME.api, for tests that a loss is seen
#   write_page                  leaves lifeguard html of $WORK/recording in $WORK/page.html
#   page FILTER                 jq -c on the data in that page
#   told WORDS                  the number before WORDS in $WORK/info, what lifeguard info said
#   npm_package NAME@VERSION    is under $BUILD/npm, fetched where it is not; fails where it cannot be
#   has_go                      the command go is there, if it has to be unpacked (SOAK=1: fetched);
#                               fails with the reason in $why
#   need_sample SAMPLE WHAT...  what samples/SAMPLE/fetch fetches and its harness are at hand, or skip
#   need_proftpd                ProFTPD's harness (samples/proftpd/harness.sh) is at hand, or skip
#   record_proftpd [modules]    ProFTPD as in proftpd_prepare, recorded into $WORK/recording
#   open_session                a client logs in and waits; $session is the session's pid
#   close_session               ... and leaves
#   has_no_session              whether the master has noticed the end of the last one
#   ftp_transcript              what a client sees of sessions, without ports and times
#   daemon_pools                what lies in the running master: "bytes<TAB>tag" a pool, sorted
#
# $BUILD is the build directory, $LIFEGUARD the command, $SOURCE the top of the source tree.
# SPDX-License-Identifier: MIT

set -u
SOURCE=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
BUILD=$(realpath "${BUILD:-$SOURCE/build}")
LIFEGUARD=$BUILD/lifeguard
LC_ALL=C.UTF-8
export LC_ALL
tests_run=0
tests_failed=0
exit_commands=()

at_exit()
{
    exit_commands=("$(printf '%q ' "$@")" "${exit_commands[@]}")
}

wait_until()
{
    local tries
    for ((tries = 0; tries < 1200; tries++)); do
        "$@" && return
        sleep 0.05
    done
    echo "# not within a minute: $*"
    return 1
}

# A file of its own: what an earlier one printed is no sign of this one.
start_ready()
{
    ready_out=$(mktemp "$WORK/ready.XXXXXX")
    "$@" >"$ready_out" 2>"$ready_out.err" &
    pid=$!
    at_exit eval "kill $pid 2>/dev/null"
    wait_until grep -q ready "$ready_out"
}

run_exit_commands()
{
    local command
    for command in "${exit_commands[@]}"; do
        eval "$command"
    done
}
trap run_exit_commands EXIT
trap 'exit 143' TERM INT HUP

work()
{
    WORK=$(mktemp -d) || exit 1
    # Sessions run as another user and must reach their home directory below.
    chmod 755 "$WORK"
    at_exit rm -rf "$WORK"
}

comment()
{
    sed 's/^/# /'
}

passed()
{
    tests_run=$((tests_run + 1))
    echo "ok $tests_run - $1"
}

failed()
{
    tests_run=$((tests_run + 1))
    tests_failed=$((tests_failed + 1))
    echo "not ok $tests_run - $1"
}

ok()
{
    local name=$1 output status
    shift
    output=$("$@" 2>&1)
    status=$?
    if [ "$status" -eq 0 ]; then
        passed "$name"
    else
        failed "$name"
        printf 'exit status %d of: %s\n%s\n' "$status" "$*" "$output" | comment
    fi
}

is()
{
    if [ "$2" = "$3" ]; then
        passed "$1"
    else
        failed "$1"
        printf 'expected: %s\n  actual: %s\n' "$3" "$2" | comment
    fi
}

status()
{
    local name=$1 expected=$2 actual
    shift 2
    "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
    actual=$?
    if [ "$actual" -eq "$expected" ]; then
        passed "$name"
    else
        failed "$name"
        printf 'exit status %d, expected %d, of: %s\n' "$actual" "$expected" "$*" | comment
        tail -n 40 "$WORK/out" "$WORK/err" | comment
    fi
}

skip()
{
    tests_run=$((tests_run + 1))
    echo "ok $tests_run - $1 # SKIP $2"
}

# The whole script, or what is left of it.
skip_all()
{
    if ((tests_run)); then
        skip "the rest" "$1"
        done_testing
    else
        echo "1..0 # SKIP $1"
    fi
    exit 0
}

report()
{
    "$LIFEGUARD" report --format=json "$1" >"$WORK/report.json"
}

valid_report()
{
    local why name="reports are as their schema says"
    [ $# -gt 0 ] || set -- "$WORK/report.json"
    why=$("$SOURCE/tests/e2e/programs/report_valid" "$SOURCE/analyzer/render/report.schema.json" \
        "$@" 2>&1)
    case $? in
    77) skip "$name" "$why" ;;
    *) is "$name" "$why" '' ;;
    esac
}

json()
{
    jq -c "$1" "$WORK/report.json"
}

covered()
{
    is "... all $1 that the pools hold were traced" \
        "$(json ".recording.coverage | [.mismatches, .traced_$1 - .used_$1]")" '[0,0]'
    ok "... at least $2" jq -e ".recording.coverage.used_$1 >= $2" "$WORK/report.json"
}

# RECORDING LEAST: lifeguard tune hands out blocks as the program did, at LEAST times at least.
simulated()
{
    "$LIFEGUARD" tune --format=json "$1" >"$WORK/tune.json"
    is "... its blocks are as they are simulated" \
        "$(jq -c --argjson least "$2" '.simulated | [.pools >= $least, .mismatches, .samples]' \
            "$WORK/tune.json")" '[true,0,[]]'
}

without()
{
    local name=${*: -1} expression=
    while [ $# -gt 1 ]; do
        expression+="/^$1 *=/d;"
        shift
    done
    "$LIFEGUARD" api show "$name" | sed "$expression" >"$WORK/$name.api"
}

write_page()
{
    "$LIFEGUARD" html -o "$WORK/page.html" "$WORK/recording" || return
    sed -n 's/^<script type="application\/json" id="data">\(.*\)<\/script>$/\1/p' "$WORK/page.html" \
        >"$WORK/data.json"
}

page()
{
    jq -c "$1" "$WORK/data.json"
}

told()
{
    sed -n "s/^\(.*[^0-9,]\)\?\([0-9][0-9,]*\) $1.*/\2/p" "$WORK/info" | head -n 1 | tr -d ,
}

has_go()
{
    local package root=$SOURCE/build/go
    ! command -v go >/dev/null || return 0
    why="go is not installed; SOAK=1 fetches it"
    package=$(apt-cache depends golang-go 2>/dev/null | awk '/Depends: golang-[0-9.]+-go$/ { print $2 }')
    [ -e "$root" ] || ((${SOAK:-0})) || return
    why=$("$SOURCE/samples/fetch" --alone go go usr/lib "${package:-golang-go}" 2>&1) || return
    for GOROOT in "$root"/usr/lib/go-[0-9]*; do
        PATH=$GOROOT/bin:$PATH
    done
    export GOROOT
    why="Debian's go does not run here"
    go version >/dev/null 2>&1
}

need_sample()
{
    local sample=$1 what why
    shift
    for what; do
        why=$("$SOURCE/samples/$sample/fetch" "$what" 2>&1) || skip_all "$why"
    done
    . "$SOURCE/samples/$sample/harness.sh"
    at_exit "${sample}_kill"
}

need_proftpd()
{
    local why
    why=$("$SOURCE/samples/proftpd/fetch" 2>&1) || skip_all "$why"
    . "$SOURCE/samples/proftpd/harness.sh"
    at_exit proftpd_kill
}

record_proftpd()
{
    proftpd_prepare "$WORK/proftpd" "${1-}"
    proftpd_start "$LIFEGUARD" record -o "$WORK/recording" --
}

open_session()
{
    local line
    exec {control}<>"/dev/tcp/127.0.0.1/$PROFTPD_PORT" || return 1
    printf 'USER alice\r\nPASS %s\r\n' "$PROFTPD_PASSWORD" >&"$control"
    while read -r -t 60 line <&"$control"; do
        [[ $line != 230* ]] || break
    done
    session=$(<"/proc/$PROFTPD_PID/task/$PROFTPD_PID/children")
    session=${session% }
    session=${session##* } # the latest; others may be about to go
    [[ $line == 230* && -n $session ]]
}

close_session()
{
    exec {control}>&-
    wait_until [ ! -e "/proc/$session" ]
}

has_no_session()
{
    [ -z "$(<"/proc/$PROFTPD_PID/task/$PROFTPD_PID/children")" ]
}

ftp_transcript()
{
    head -c 5000 /dev/zero >"$WORK/upload"
    {
        ftp_transfer '' 'quote PWD' 'quote FEAT' 'quote STAT download' 'quote MLST download' \
            'quote HELP'
        ftp_transfer download
        ftp_transfer upload "upload-file $WORK/upload"
        ftp_transfer '' 'quote RNFR upload' 'quote RNTO moved' 'quote DELE moved' 'quote *NONE'
    } >"$WORK/transfers"
    ftp_curl --verbose --output /dev/null @/ --config "$WORK/transfers" 2>&1 | tr -d '\r' |
        grep '^[<>]' | sed -E -e 's/\([0-9|,]+\)|(PORT|EPRT) .*/PORT/' -e 's/[0-9]{14}/TIME/g' \
        -e 's/[A-Z][a-z]{2} +[0-9]+ [0-9:]{5}/TIME/' -e 's/unique=[^;]*/unique/'
    ftp_curl @/ | awk '{ print $1, $5, $9 }'
}

daemon_pools()
{
    local base offset
    base=$(awk -v exe="$PROFTPD" '$6 == exe { sub(/-.*/, "", $1); print $1; exit }' \
        "/proc/$PROFTPD_PID/maps")
    offset=$(nm -D "$PROFTPD" | awk '$3 == "permanent_pool" { print $1 }')
    "$BUILD/e2e/poolwalk" "$PROFTPD_PID" $((0x$base + 0x$offset)) | sort
}

done_testing()
{
    echo "1..$tests_run"
    exit $((tests_failed > 0))
}

npm_package()
{
    local whole=$BUILD/npm/.${1//\//_}.whole
    [ ! -e "$whole" ] || return 0
    command -v npm >/dev/null && mkdir -p "$BUILD/npm" || return
    # Tests run side by side: one that finds half a package maps a file that is written meanwhile.
    (flock 9 && [ -e "$whole" ] || timeout 60 npm install --silent --no-audit --no-fund \
        --prefix "$BUILD/npm" "$1" >/dev/null 2>&1 && touch "$whole") 9>"$BUILD/npm/.lock"
}
