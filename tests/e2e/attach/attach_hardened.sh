#!/usr/bin/env bash
# lifeguard attach and detach of a daemon in all of systemd's usual hardening together, as a user
# without privileges: the same findings as of one without. ProtectSystem=strict, PrivateTmp=,
# ProtectProc=, ProcSubset=, PrivateIPC=, ProtectHostname=, CapabilityBoundingSet=, and what
# hardened.c lists.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../poold.sh"
. "$(dirname "$0")/../systemd_sets.sh"
daemon_command=("$BUILD/samples/poold" -p 0 --fault=leaked-subpool-restart
    --fault=growing-pool-restart --fault=leaked-subpool --fault=permanent-alloc)

[ "$(id -u)" -eq 0 ] || skip_all 'only root can make a service of a process'
command -v systemd-analyze >/dev/null || skip_all 'there is no systemd-analyze, which has the sets'
case $BUILD/ in
/tmp/* | /var/tmp/*) skip_all "$BUILD is not to be seen where /tmp is private" ;;
esac

# Becomes the COMMAND, in file systems that cannot be written to. Run by unshare.
hardened()
{
    local mounted
    cat /proc/self/mounts >/dev/null || return
    while read -r _ mounted _; do
        case $mounted in
        /proc* | /sys* | /dev*) ;;
        *) mount -o remount,bind,ro "$(printf '%b' "$mounted")" || return ;;
        esac
    done </proc/self/mounts
    mount -t tmpfs none /tmp && mount -t tmpfs none /var/tmp &&
        mount -t proc -o hidepid=invisible,subset=pid none /proc || return
    exec setpriv --reuid=nobody --regid=nogroup --clear-groups --bounding-set=-all --inh-caps=-all \
        "$@"
}
export -f hardened

# serve COMMAND...: what COMMAND becomes is $daemon, on $port.
serve()
{
    : >"$WORK/port"
    "$@" "${daemon_command[@]}" >"$WORK/port" 2>&1 &
    daemon=$!
    at_exit eval "kill $daemon 2>/dev/null"
    wait_until grep -q ':[0-9]*$' "$WORK/port" || return
    port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$WORK/port")
    client 2
}

# Twenty restarts and three sessions, recorded as $1, from when it was attached to.
play()
{
    local attacher i
    "$LIFEGUARD" attach --children -o "$WORK/$1" "$daemon" 2>"$WORK/attach.err" &
    attacher=$!
    wait_until grep -q 'lifeguard top' "$WORK/attach.err" || return
    for ((i = 0; i < 20; i++)); do
        kill -HUP "$daemon" && client 1 || return
    done
    for ((i = 0; i < 3; i++)); do
        client 20 || return
    done
    wait_until sessions_ended
    kill -INT "$attacher" && wait "$attacher" || { cat "$WORK/attach.err"; return 1; }
}

# What was found in $1.
found()
{
    report "$WORK/$1"
    json '.findings[] | select(.severity == "error") | [.rule, .kind, .pool.tag, .fingerprint]' | sort
}

# The limits that are on $daemon: without privileges, or any more of them, and with filters.
limits()
{
    awk '/^(CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):/ { print $1, $2 }' "/proc/$daemon/status" | paste -sd ' '
}

work
unshare --mount --ipc --uts true 2>/dev/null || skip_all 'no namespaces can be made'
status 'a daemon is started' 0 serve env
ok '... recorded by attach, with its children' play plain
kill "$daemon"
wait "$daemon"
found plain >"$WORK/plain.found"
ok '... and its mistakes are found' [ "$(wc -l <"$WORK/plain.found")" -ge 4 ]
for way in kill fail; do
    status "$way: a daemon is started in a hardened service" 0 serve unshare --mount --propagation private \
        --ipc --uts bash -c 'hardened "$@"' hardened "$BUILD/e2e/hardened" $way \
        "$(names @system-service | numbers)"
    is '... in a file system that cannot be written to' \
        "$(awk '$2 == "/" { print substr($4, 1, 2) }' "/proc/$daemon/mounts" | tail -n 1)" ro
    is '... with all that' "$(limits)" \
        'CapPrm: 0000000000000000 CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2'
    ok '... recorded by attach, with its children' play $way
    ok '... and answers' client 1
    status '... and can be attached to again' 0 "$LIFEGUARD" attach -o "$WORK/$way.again" "$daemon"
    status '... and be let go of' 0 "$LIFEGUARD" detach "$daemon"
    kill "$daemon"
    wait "$daemon"
    is '... and ends as ever' $? 0
    is '... with the same findings' "$(found $way)" "$(<"$WORK/plain.found")"
    is '... and the record whole' "$(json '[.recording.lost_events, .recording.coverage.mismatches]')" '[0,0]'
done
done_testing
