#!/usr/bin/env bash
# lifeguard keep changes nothing of what a recording says, wherever it cuts: recordings of poold,
# ProFTPD and nginx, in both modes, as they were at random moments, kept, killed, and read to their
# ends. SEED=N repeats a run; SOAK=1: a thousand kills.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

SEED=${SEED:-$$}
RANDOM=$SEED
CLAIMED=104 LEFT_OUT=392 # offsets in struct trace_header
echo "# SEED=$SEED"

number_at()
{
    od -An -tu8 -j "$2" -N 8 "$1" | tr -d ' '
}

# put_number FILE OFFSET NUMBER
put_number()
{
    local bytes i number=$3
    for ((i = 0; i < 8; i++)); do
        bytes+=$(printf '\\x%02x' $((number >> 8 * i & 255)))
    done
    # shellcheck disable=SC2059 # bytes, as printf writes them
    printf "$bytes" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# What commands say of a recording.
sayings()
{
    local command
    for command in 'report --format=json' 'tree --format=json --at=peak' 'export --format=ndjson'; do
        # shellcheck disable=SC2086 # a command and its option
        (cd "$WORK/$1" && "$LIFEGUARD" $command .)
        echo "$?"
    done 2>&1
}

# Into $WORK/whole, in that mode; $preloaded is what to start the program with.
prepare()
{
    rm -rf "$WORK/whole"
    mkdir -m 700 "$WORK/whole"
    preloaded=(env LIFEGUARD_RECORD="$1" LD_PRELOAD="$BUILD/liblifeguard.so"
        LIFEGUARD_DIR="$WORK/whole")
}

record_poold()
{
    "${preloaded[@]}" "$BUILD/samples/poold" --drive 2x4000,20 --fault=leaked-subpool \
        --fault=growing-pool-restart --fault=permanent-alloc --fault=use-after-destroy
}

record_proftpd()
{
    proftpd_prepare "$WORK/proftpd" modules
    proftpd_start "${preloaded[@]}" && ftp_curl --output /dev/null @/ && proftpd_restart &&
        ftp_curl --output /dev/null @/sub/ && proftpd_restart && proftpd_stop
}

record_nginx()
{
    web_prepare "$WORK/nginx" nginx
    web_start "${preloaded[@]}" && requests $((SOAK ? 60 : 2)) && web_settle 1 && web_stop QUIT
}

# A copy as it was at a random moment, each of its processes still writing.
begin_cut()
{
    local trace claimed fd
    rm -rf "$WORK/cut"
    cp -a --sparse=always "$WORK/whole" "$WORK/cut"
    for trace in "$WORK"/cut/*.trace; do
        claimed=$(number_at "$trace" $CLAIMED)
        put_number "$trace" $CLAIMED $((4096 * (1 + (RANDOM * 32768 + RANDOM) % (claimed / 4096))))
        exec {fd}<>"$trace"
        writers+=("$fd")
    done
}

end_cut()
{
    local trace
    for trace in "$WORK"/cut/*.trace; do
        [ -e "$trace" ] || continue
        put_number "$trace" $CLAIMED "$(number_at "$WORK/whole/${trace##*/}" $CLAIMED)"
    done
}

end_writers()
{
    local fd
    for fd in "${writers[@]}"; do
        exec {fd}>&-
    done
    writers=()
}

# has_begun PID: it takes SIGTERM by now, or has ended.
has_begun()
{
    local status
    status=$(cat "/proc/$1/status" 2>/dev/null) && ! grep -q '^State:.Z' <<<"$status" || return 0
    ((0x$(sed -n 's/^SigBlk:.//p' <<<"$status") & 0x4000))
}

# keep SECONDS SIGNAL [OPTION]: keeps it for so long, then that comes.
keep()
{
    local pid
    "$LIFEGUARD" keep -d 0.1 "${@:3}" "$WORK/cut" >"$WORK/kept" 2>&1 &
    pid=$!
    [ "$2" != TERM ] || wait_until has_begun "$pid"
    sleep "$1"
    kill -"$2" "$pid"
    wait "$pid" 2>/dev/null
}

has_taken_out()
{
    compgen -G "$WORK/cut/*.kept" >/dev/null
}

# On a busy machine it has not looked twice in so short a time.
keep_until_taken_out()
{
    local tries
    for ((tries = 0; tries < 20; tries++)); do
        keep "$tries.6" TERM
        ! has_taken_out || return 0
    done
    return 1
}

says_the_same()
{
    sayings cut | cmp - "$WORK/before"
}

# cuts N: kept to so many random moments, then read on, then kept again.
cuts()
{
    local round
    for ((round = 0; round < $1; round++)); do
        begin_cut
        keep 0.6 TERM
        end_cut
        says_the_same && keep 0.4 TERM && says_the_same || return
    done
}

# killed N: killed at so many random moments; four times in a row before the rest is there and after.
killed()
{
    local round
    for ((round = 0; round < $1; round++)); do
        case $((round % 8)) in
        0)
            end_writers
            begin_cut
            ;;
        4) end_cut ;;
        esac
        keep "0.$((RANDOM % 3))$((RANDOM % 10))" KILL
        ((round % 4 < 3 || round % 8 < 4)) || says_the_same || return
    done
    end_cut
    says_the_same
}

# The findings of a recording.
found()
{
    "$LIFEGUARD" report --format=json "$WORK/$1" | jq -S '.recording.doubts, .recording.lost_events,
        [.findings[] | del(.first_ns, .last_ns, .first, .last, .advice, .divergence)]'
}

is_thinned()
{
    local trace
    for trace in "$WORK"/cut/*.trace; do
        (($(number_at "$trace" $LEFT_OUT) == 0)) || return 0
    done
    return 1
}

# While its processes write still; the last look takes out what the first one saw.
keep_until_thinned()
{
    local tries
    for ((tries = 0; tries < 20; tries++)); do
        keep "$tries.6" TERM --full=0
        ! is_thinned || return 0
    done
    return 1
}

# Of what is not kept in full the findings stay, wherever it is cut, and whenever keep is killed.
thinned()
{
    local writers=() round
    found whole >"$WORK/before"
    begin_cut
    end_cut
    ok "where nothing is kept in full, pools are left out while it is written" keep_until_thinned
    is "... of which all is found" "$(found cut | diff - "$WORK/before")" ''
    end_writers
    begin_cut
    keep 0.6 TERM --full=0
    end_cut
    is "... cut anywhere, too" "$(found cut | diff - "$WORK/before")" ''
    for ((round = 0; round < (SOAK ? 200 : 4); round++)); do
        keep "0.$((RANDOM % 3))$((RANDOM % 10))" KILL --full=0
        found cut | cmp -s - "$WORK/before" || break
    done
    is "... whenever keep is killed, too" "$round" $((SOAK ? 200 : 4))
    end_writers
    status "... and when its processes have ended" 0 "$LIFEGUARD" keep --full=0 "$WORK/cut"
    is "... of which the same is found" "$(found cut | diff - "$WORK/before")" ''
    ok "info says how much was left out" grep -qE '^mode +survivors|ended in their unit of work' \
        <("$LIFEGUARD" info "$WORK/cut")
}

# kept NAME MODE: what is recorded by record_NAME.
kept()
{
    local writers=()
    prepare "$2"
    "record_$1" >"$WORK/out" 2>&1
    is "$1 is recorded ($2)" $? 0
    sayings whole >"$WORK/before"
    cuts $((SOAK ? 20 : 1))
    is "... cut anywhere, it says the same" $? 0
    ok "... with something taken out" keep_until_taken_out
    killed $((SOAK ? 168 : 8))
    is "... whenever keep is killed, it does, too" $? 0
    end_writers
    status "... and is kept to its end" 0 "$LIFEGUARD" keep "$WORK/cut"
    is "... of which it says the same" "$(says_the_same 2>&1)" ''
}

# What was taken out and is not there is never taken for nothing.
loses_what_was_taken_out()
{
    local writers=()
    begin_cut
    end_cut
    keep_until_taken_out
    end_writers
    ok "info says how much was kept" grep -qE '^kept +[0-9.]+ KB of events were compressed' \
        <("$LIFEGUARD" info "$WORK/cut")
    rm "$WORK"/cut/*.kept
    status "where what was taken out is missing, there is no verdict" 3 \
        "$LIFEGUARD" check --policy "$WORK/never.policy" "$WORK/cut"
    ok "... as is said" grep -q 'bytes that lifeguard keep took out' "$WORK/out" "$WORK/err"
    "$LIFEGUARD" keep -d 0.1 "$WORK/cut" >"$WORK/out" 2>"$WORK/err"
    ok "... by keep, too, which leaves it as it is" grep -q 'not all that was taken out is there' \
        "$WORK/err"
}

SOAK=${SOAK:-0}
work
printf '[gate]\nfail-on = never\n' >"$WORK/never.policy"
kept poold full
thinned
loses_what_was_taken_out
((!SOAK)) || kept poold survivors
need_proftpd
((!SOAK)) || kept proftpd full
kept proftpd survivors
need_sample web nginx
. "$SOURCE/tests/e2e/programs/web/lib.sh"
kept nginx full
((!SOAK)) || thinned
((!SOAK)) || kept nginx survivors
done_testing
