#!/usr/bin/env bash
# Filters of system calls that kill: systemd's sets, there before the program starts, and one that a
# daemon sets itself. The program runs as without the recorder, and what is recorded is said.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../systemd_sets.sh"
work

recorded()
{
    rm -rf "$WORK/recording"
    mkdir -m 700 "$WORK/recording"
    env LIFEGUARD_DIR="$WORK/recording" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
}

# A program under filter $2 (allow or deny) with numbers $3; $1 says which it is.
expect_started()
{
    local preload=LD_PRELOAD=$BUILD/liblifeguard.so work=("$BUILD/e2e/coroutines" zero mapped main 5)
    recorded "$BUILD/e2e/sandbox" start "$2" "$3" "${work[@]}"
    local plain=$?
    if [ $plain -ne 0 ]; then
        skip "a program under $1" "it does not run without the recorder either ($plain)"
        return
    fi
    recorded "$BUILD/e2e/sandbox" start "$2" "$3" /usr/bin/env "$preload" "${work[@]}"
    is "a program under $1 runs as without" $? 0
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
    ok "... and is recorded" test "$(told 'on pools')" -gt 200
}

if command -v systemd-analyze >/dev/null; then
    expect_started @system-service allow "$(names @system-service | numbers)"
    for set in $(systemd-analyze syscall-filter | sed -n 's/^\(@[a-z-]*\)$/\1/p'); do
        case $set in
        @known | @system-service) continue ;;
        esac
        expect_started "~$set" deny "$(names "$set" | numbers)"
    done
    expect_started "@system-service ~@privileged ~@resources" allow \
        "$(comm -23 <(names @system-service | sort -u) <(names @privileged @resources | sort -u) | numbers)"
else
    skip "systemd's sets" "there is no systemd-analyze"
fi

# What such a daemon takes itself, and nothing for the recorder.
needed="read write brk mmap munmap exit_group newfstatat rt_sigreturn"
for by in prctl syscall libc-prctl libc-syscall; do
    # shellcheck disable=SC2086
    recorded env LD_PRELOAD="$BUILD/liblifeguard.so" "$BUILD/e2e/sandbox" later \
        "$(printf '%s\n' $needed | numbers)" "$by" none
    is "a daemon that allows itself what it takes, by $by()" "$? $(<"$WORK/out")" "0 done"
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
    ok "... is recorded until its blocks are full" test "$(told 'on pools')" -gt 10000
    ok "... which is told" grep -q 'Recording stopped early.*seccomp' "$WORK/info"
    report "$WORK/recording"
    ok "... what comes then is counted as lost" jq -e '.recording.lost_events > 0' "$WORK/report.json"
done
for by in prctl fail; do
    # shellcheck disable=SC2086
    recorded env LIFEGUARD_GUARD=all LIFEGUARD_CRASH=1 LD_PRELOAD="$BUILD/liblifeguard.so" \
        "$BUILD/e2e/sandbox" later "$(printf '%s\n' $needed | numbers)" "$by" none
    is "one whose allocations are guarded until then, by $by" "$? $(<"$WORK/out")" "0 done"
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
    ok "... some were" test "$(told 'allocations had a page of their own')" -gt 10
    ok "... which is told of the others" grep -q 'were not guarded as no page was free' "$WORK/info"
done
# shellcheck disable=SC2086 # glibc's fork() blocks signals from 2.41 on
recorded env LD_PRELOAD="$BUILD/liblifeguard.so" "$BUILD/e2e/sandbox" later \
    "$(printf '%s\n' $needed rt_sigprocmask clone set_robust_list wait4 getpid gettid | numbers)" prctl fork
is "one that forks a child, which can open nothing" "$? $(<"$WORK/out")" "0 done"
is "... the child is not recorded" "$(find "$WORK/recording" -name '*.trace' | wc -l)" 1
done_testing
