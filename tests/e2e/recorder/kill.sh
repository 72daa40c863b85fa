#!/usr/bin/env bash
# SIGKILL at random moments, of masters and of sessions under load: every trace is readable, and
# holds every event that was committed before. SOAK=1: fifteen times as often.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
scale=$((${SOAK:-0} ? 15 : 1))
seed=3
RANDOM=$seed
kills=0

# Waits so many microseconds, without a process of its own.
pause()
{
    local microseconds
    printf -v microseconds '%07d' "$1"
    read -r -t "${microseconds::-6}.${microseconds: -6}" -u "$never"
}

random_pause()
{
    last_pause=$((RANDOM * 32768 % $1 + RANDOM % $1))
    pause $((last_pause % $1))
}

children_of()
{
    cat "/proc/$1/task/$1/children" 2>/dev/null
}

a_child_of()
{
    local children
    read -ra children <<<"$(children_of "$1")"
    ((${#children[@]} > 0)) && child=${children[RANDOM % ${#children[@]}]}
}

shoot()
{
    kill -KILL "$1" 2>/dev/null && kills=$((kills + 1))
}

problem()
{
    echo "run $run: $*" >>"$WORK/problems"
}

# What must hold of every recording, however it ended. Leaves the report in $WORK/report.json.
check_recording()
{
    "$LIFEGUARD" info "$1" >"$WORK/info" 2>"$WORK/err" || problem "cannot be read: $(<"$WORK/err")"
    grep -q '^lost  *0 events$' "$WORK/info" || problem "$(grep '^lost' "$WORK/info")"
    # Who dies in fork() has made no call yet, and has no trace; who dies as it claims its first
    # block has nothing in it.
    sed -n '/^doubts/,$p; /^odd/p; /NOT COMPLETE/p' "$WORK/info" |
        grep -v -e ' forked process.* not recorded' -e 'nothing is in what was claimed' | while read -r line; do problem "$line"; done
    report "$1" || problem "no report of it"
}

# --- a program that keeps its own count -------------------------------------------------------

start_program()
{
    rm -rf "$WORK/recording" "$WORK/accounts"
    LD_PRELOAD=$BUILD/liblifeguard.so LIFEGUARD_DIR=$WORK/recording \
        "$BUILD/e2e/killed" "$WORK/accounts" &
    program=$!
    disown "$program" # the shell is not to tell how it died
}

end_program()
{
    shoot "$program"
    # Locked as long as one of them is there.
    [ ! -e "$WORK/accounts" ] || flock -w 20 "$WORK/accounts" true || problem "it lives on"
}

# "PID CALLS" of each process that made any, by its own account.
accounts()
{
    [ ! -e "$WORK/accounts" ] || od -An -v -t d8 -w64 -j64 "$WORK/accounts" |
        awk '$1 { calls = 0; for (i = 2; i <= 8; i++) calls += $i; if (calls) print $1, calls }'
}

# A call that was under way may be in the trace already: one a thread.
compare_accounts()
{
    accounts >"$WORK/own"
    jq -r '.processes[] | "\(.pid) \(.events)"' "$WORK/report.json" >"$WORK/recorded"
    awk -v run="$run" 'NR == FNR { recorded[$1] = $2; next }
        recorded[$1] + 0 < $2 || recorded[$1] > $2 + 3 {
            print "run " run ": process " $1 " made " $2 " calls, recorded are " recorded[$1] + 0
        }' "$WORK/recorded" "$WORK/own" >>"$WORK/problems"
    awk 'NR == FNR { recorded[$1] = $2; next } { print $2, recorded[$1] - $2 }' \
        "$WORK/recorded" "$WORK/own" >>"$WORK/compared"
}

kill_program()
{
    local shots=0
    start_program
    while ((shots < 4)); do
        random_pause 40000
        a_child_of "$program" && shoot "$child" && shots=$((shots + 1))
    done
    random_pause 40000
    end_program
    check_recording "$WORK/recording"
    compare_accounts
}

# Killed in its first milliseconds, there may be no trace, and then there was no call.
kill_program_early()
{
    start_program
    random_pause 12000
    end_program
    if report "$WORK/recording" 2>"$WORK/err"; then
        "$LIFEGUARD" info "$WORK/recording" | grep damaged | while read -r line; do
            problem "$line"
        done
        compare_accounts
    elif [ -n "$(accounts)" ] ||
        find "$WORK/recording" -name '*.trace' -printf '%b\n' | awk '$1 > 128 { big = 1 } END { exit !big }'; then
        problem "$(<"$WORK/err")"
    fi
}

# --- ProFTPD ----------------------------------------------------------------------------------

# Sessions one after the other, each as long as it lives; until $WORK/enough is there.
keep_busy()
{
    while [ ! -e "$WORK/enough" ]; do
        ftp_curl --fail-early --output /dev/null @/ --config "$WORK/transfers"
        sleep 0.01
    done >/dev/null 2>&1
}

write_load()
{
    local i
    for ((i = 0; i < 300; i++)); do
        ftp_transfer ''
        ftp_transfer upload "upload-file $WORK/upload"
    done >"$WORK/transfers"
    head -c 3000 /dev/zero >"$WORK/upload"
}

start_daemon()
{
    rm -rf "$WORK/enough" "$PROFTPD_DIR/run/pid" "$WORK/walked"
    proftpd_start "$LIFEGUARD" record -f -o "$WORK/recording" -- || return
    loads=()
    for ((i = 0; i < 2; i++)); do
        keep_busy &
        loads+=($!)
    done
}

# The pools in the memory of process $1, which stands still then; what it does next is its death.
walk()
{
    local PROFTPD_PID=$1
    kill -STOP "$1" 2>/dev/null || return
    while ! grep -q '^State:.*stopped' "/proc/$1/status"; do
        [ -e "/proc/$1" ] || return
    done
    daemon_pools >"$WORK/walked.$1" 2>/dev/null && [ -s "$WORK/walked.$1" ] && walked+=("$1")
}

recorded_pools()
{
    "$LIFEGUARD" tree --pid "$1" --at exit --format=json "$WORK/recording" |
        jq -r '.processes[0].pools[] | recurse(.children[]) | "\(.bytes)\t\(.tag // .role // "")"' | sort
}

# Not who died in fork().
is_recorded()
{
    json '.processes[].pid' | grep -qx "$1"
}

# Where it was stopped in the middle of a call, the two may differ in what the call is about.
compare_with_memory()
{
    local pid
    for pid in "${walked[@]}"; do
        is_recorded "$pid" || continue
        recorded_pools "$pid" >"$WORK/tree"
        diff "$WORK/walked.$pid" "$WORK/tree" >"$WORK/differences"
        lines=$(grep -c '^[<>]' "$WORK/differences")
        echo "$(wc -l <"$WORK/walked.$pid") $lines" >>"$WORK/compared.memory"
        ((lines <= 2)) || problem "$pid has other pools: $(head -n 9 "$WORK/differences")"
    done
}

kill_session()
{
    until a_child_of "$PROFTPD_PID"; do
        pause 2000
    done
    ((RANDOM % 2)) || walk "$child"
    shoot "$child"
}

kill_daemon()
{
    local shots=0
    walked=()
    start_daemon || problem "ProFTPD did not start"
    while ((shots < 4)); do
        random_pause 150000
        kill_session && shots=$((shots + 1))
    done
    random_pause 150000
    ((RANDOM % 2)) || walk "$PROFTPD_PID"
    touch "$WORK/enough"
    read -ra sessions <<<"$(children_of "$PROFTPD_PID")"
    shoot "$PROFTPD_PID"
    for session in "${sessions[@]}"; do
        kill -KILL "$session" 2>/dev/null
    done
    wait "$PROFTPD_JOB" "${loads[@]}"
    PROFTPD_PID= PROFTPD_JOB=
    check_recording "$WORK/recording"
    [ "$(id -u)" -ne 0 ] || compare_with_memory
    json '[.processes[].events] | add' >>"$WORK/compared.daemon"
}

work
: >"$WORK/problems"
: >"$WORK/compared"
mkfifo "$WORK/never"
exec {never}<>"$WORK/never"
echo "# seed $seed"

for ((run = 0; run < 8 * scale; run++)); do
    kill_program
done
is "a killed program's calls are all in its trace, and nothing is damaged" "$(<"$WORK/problems")" ''
awk '{ calls += $1; more += $2; n++ }
    END { printf "# %d processes, %d calls counted, %d more recorded\n", n, calls, more }' \
    "$WORK/compared"
ok "... millions of them" awk "{ n += \$1 } END { exit n < 1000000 }" "$WORK/compared"

: >"$WORK/problems"
for ((run = 0; run < 8 * scale; run++)); do
    kill_program_early
done
is "one that was killed as it started has a trace, or has made no call" "$(<"$WORK/problems")" ''

need_proftpd
: >"$WORK/problems"
proftpd_prepare "$WORK/proftpd"
write_load
for ((run = 0; run < 4 * scale; run++)); do
    kill_daemon
done 2>/dev/null
is "ProFTPD's traces are readable, and nothing is damaged or lost" "$(<"$WORK/problems")" ''
touch "$WORK/compared.memory"
if [ "$(id -u)" -eq 0 ]; then
    ok "what was stopped before has the pools of its trace in memory" \
        test "$(wc -l <"$WORK/compared.memory")" -ge $((5 * scale))
else
    skip "what was stopped before has the pools of its trace in memory" "only root may look"
fi
awk '{ pools += $1; differing += $2 }
    END { printf "# %d processes were stopped first: %d pools compared, %d in a call differ\n", NR, pools, differing }' "$WORK/compared.memory"
awk '{ events += $1 } END { printf "# %d events of ProFTPD\n", events }' "$WORK/compared.daemon"
is "all were killed" "$kills" $((68 * scale))
done_testing
