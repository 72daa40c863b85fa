#!/usr/bin/env bash
# Where there is no room for a recording: it stops with a mark or never begins, says so, and the
# program is none the worse for it.
# SPDX-License-Identifier: MIT
[ -n "${LIMITS_NAMESPACE-}" ] || ! unshare -m true 2>/dev/null ||
    LIMITS_NAMESPACE=1 exec unshare -m "$0"
. "$(dirname "$0")/../lib.sh"

poold=$BUILD/samples/poold
work
cd "$WORK" || exit 1
disk=$WORK/disk
mkdir "$disk"
plan=3x60,20

# outcome COMMAND...: its exit status, and what it says.
outcome()
{
    "$@" >out.$$ 2>&1 </dev/null
    echo "$?" "$(<out.$$)"
}

preloaded()
{
    env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$1" "${@:2}"
}

# unharmed NAME DIR: the sample daemon recorded into DIR ends as it does by itself.
unharmed()
{
    is "$1: the program ends as ever" "$(outcome preloaded "$2" "$poold" --drive "$plan")" "$plain"
}

# no_verdict NAME DIR REGEX: check exits with 3 for the reason REGEX, which info gives too. What was
# found up to then fails by itself.
no_verdict()
{
    printf '[gate]\nfail-on = never\n' >never.policy
    status "... $1: no verdict" 3 "$LIFEGUARD" check --policy never.policy "$2"
    ok "... check says why" grep -qE "$3" "$WORK/out"
    status "... info has an account of it" 0 "$LIFEGUARD" info "$2"
    ok "... and says why" grep -qE "$3" "$WORK/out"
}

lost_events()
{
    "$LIFEGUARD" report --format=json "$1" | jq .recording.lost_events
}

# Gives $disk a file system of so many KB; fails where one cannot be mounted.
new_disk()
{
    umount -l "$disk" 2>/dev/null
    mount -t tmpfs -o "size=${1}k,mode=755" lifeguard-test "$disk" 2>/dev/null
}

fill_disk()
{
    # A page at a time, until not one is left.
    dd if=/dev/zero of="$disk/filler" bs=4096 conv=notrunc oflag=append 2>/dev/null
    [ "$(stat -f -c %a "$disk")" -eq 0 ]
}

plain=$(outcome "$poold" --drive "$plan")
is "by itself, the program succeeds in silence" "$plain" "0 "

# --- limits ---

unharmed_by_size()
{
    LIFEGUARD_MAX_SIZE=64K preloaded "$WORK/size" "$poold" --drive 0x0,500
}
is "LIFEGUARD_MAX_SIZE: the program ends as ever" "$(outcome unharmed_by_size)" "0 "
no_verdict "LIFEGUARD_MAX_SIZE" size 'the trace reached its limit'
ok "... lost events are counted" test "$(lost_events size)" -gt 1000
ok "... and the trace is no longer than that" test "$(stat -c %s size/*.trace)" -le 65536

limited()
{
    (ulimit "$1" "$2" && preloaded "$3" "$poold" --drive 0x0,500)
}
is "RLIMIT_FSIZE: the program ends as ever" "$(outcome limited -f 64 "$WORK/fsize")" "0 "
no_verdict "RLIMIT_FSIZE" fsize 'the trace reached its limit'
is "RLIMIT_FSIZE of nothing: the program ends as ever" \
    "$(outcome limited -f 0 "$WORK/nothing")" "0 "
is "... and leaves no trace" "$(ls -A nothing)" ''
is "RLIMIT_AS: the program ends as ever" "$(outcome limited -v 100000 "$WORK/space")" "0 "
status "... and the recording is whole" 0 "$LIFEGUARD" check space
is "RLIMIT_AS, tight: the program ends as ever" "$(outcome limited -v 12000 "$WORK/tight")" "0 "

small_files()
{
    (ulimit -f 8 && "$LIFEGUARD" record -o small -- touch started)
}
status "record refuses where no trace fits" 2 small_files
ok "... says why" grep -q 'ulimit -f' err
ok "... and starts nothing" test ! -e started

# --- directories ---

unharmed "a directory whose parent is missing" "$WORK/no/such"
ok "... is not made" test ! -e no
status "record refuses it" 2 "$LIFEGUARD" record -o no/such -- touch started
ok "... names it" grep -q 'no/such.*No such file' err
unharmed "a file in place of the directory" "$WORK/out"
unharmed "a missing directory" "$WORK/missing"
status "... is made" 0 "$LIFEGUARD" info missing
if [ "$(id -u)" -eq 0 ]; then
    chmod 755 .
    install -d -o nobody -m 500 readonly
    as_nobody()
    {
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    }
else
    mkdir -m 500 readonly
    as_nobody()
    {
        "$@"
    }
fi
if as_nobody test -x "$poold"; then
    is "a directory without permission to write: the program ends as ever" \
        "$(outcome as_nobody env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/readonly" \
            "$poold" --drive "$plan")" "$plain"
    is "... nothing is in it" "$(ls -A readonly)" ''
    status "record refuses it" 2 as_nobody "$LIFEGUARD" record -f -o readonly -- touch started
    ok "... and says why" grep -q 'Permission denied' err
else
    skip "a directory without permission to write" "only root can reach $BUILD"
fi

status "a directory that is gone in the end: the status is the program's" 7 \
    "$LIFEGUARD" record -o gone -- sh -c 'rm -r gone; exit 7'
ok "... and record says loudly what happened" grep -q 'NOTHING WAS RECORDED.*gone: ' err

# --- full disks ---

if [ -z "${LIMITS_NAMESPACE-}" ] || ! new_disk 64; then
    skip "full disks" "nothing can be mounted here"
    done_testing
fi
at_exit umount -l "$disk"

mkdir -m 700 "$disk/recording"
ok "a full disk" fill_disk
unharmed "a full disk" "$disk/recording"
is "... leaves no trace" "$(ls -A "$disk/recording")" ''
status "record refuses it" 2 "$LIFEGUARD" record -f -o "$disk/recording" -- touch started
ok "... says why" grep -q 'No space left' err
ok "... and starts nothing" test ! -e started
mount -o remount,ro "$disk"
unharmed "a read-only file system" "$disk/recording"
status "record refuses it" 2 "$LIFEGUARD" record -f -o "$disk/recording" -- touch started
ok "... and says why" grep -q 'Read-only' err

# Whatever is left, from not a page to more than is needed.
harmed='' silent=''
for ((pages = 0; pages < 64; pages += 1 + pages / 12)); do
    new_disk 4096 && mkdir -m 700 "$disk/recording" && fill_disk
    truncate -s "-$((pages * 4096))" "$disk/filler"
    [ "$(outcome preloaded "$disk/recording" "$poold" --drive "$plan")" = "$plain" ] ||
        harmed+=" $pages"
    verdict=$(outcome "$LIFEGUARD" check "$disk/recording")
    case $verdict in
        "3 no verdict: "*) ;;
        "2 lifeguard check: $disk/recording: no recording"*) [ -z "$(ls "$disk/recording")" ] ;;
        "0 lifeguard check: 0 findings fail: passed"*)
            [ "$("$LIFEGUARD" report --format=json "$disk/recording" |
                jq -c '[.recording.lost_events, (.processes | length)]')" = '[0,4]' ]
            ;;
        *) false ;;
    esac || silent+=" $pages pages: $verdict"
done
is "0 to 64 pages left: the program ends as ever each time" "$harmed" ''
is "... and what is missing is always told" "$silent" ''

# poold_session COMMAND...: a session of the sample daemon that goes on after COMMAND; prints how
# many of its commands succeeded, when the daemon ended with success too.
poold_session()
{
    local port server early replies
    coproc SERVER {
        exec env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$disk/recording" "$poold" -p 0
    }
    server=$SERVER_PID
    trap 'kill "$server"' EXIT # this is a subshell of its own
    port=$(grep -oEm 1 '[0-9]+$' <&"${SERVER[0]}") || return
    exec 7<>"/dev/tcp/127.0.0.1/$port" || return
    yes NOOP | head -n 200 >&7
    # Only a session that answers has a trace: COMMAND is to meet it in the middle.
    early=$(timeout 100 grep -m 201 -c '^2' <&7)
    "$@" || return
    {
        yes LIST | head -n 3000
        echo QUIT
    } >&7 &
    replies=$(timeout 100 grep -c '^2' <&7)
    exec 7>&-
    kill -TERM "$server"
    trap - EXIT
    wait "$server" && echo $((early + replies))
}
new_disk 1024 && mkdir -m 700 "$disk/recording"
quiet=$(poold_session true)
ok "a session on a disk with room" test "${quiet:-0}" -eq 3202
rm -rf "$disk/recording" && mkdir -m 700 "$disk/recording"
is "one that fills up in the middle: every command is answered" "$(poold_session fill_disk)" \
    "$quiet"
no_verdict "a disk that fills up" "$disk/recording" 'disk had no room.*No space left'
ok "... lost events are counted" test "$(lost_events "$disk/recording")" -gt 1000

ext4_disk()
{
    umount -l "$disk"
    truncate -s 1M image && mkfs.ext4 -q -O ^has_journal -m 0 image && mount -o loop image "$disk" &&
        mkdir -m 700 "$disk/recording"
}
if PATH=$PATH:/sbin:/usr/sbin ext4_disk >/dev/null 2>&1; then
    fill_disk
    truncate -s -40960 "$disk/filler"
    sync -f "$disk"
    unharmed "ext4 with 40 KB left" "$disk/recording"
    no_verdict "ext4" "$disk/recording" 'lost|not recorded'
else
    skip "ext4" "no ext4 image can be mounted here"
fi

# --- ProFTPD ---

need_proftpd
new_disk 512
proftpd_prepare "$WORK/proftpd"
proftpd_start "$LIFEGUARD" record -o "$disk/recording" --
ok "... and works" ftp_curl -o listing @/
ok "its disk is full" fill_disk
ok "it lists all the same" ftp_curl -o listing.full @/
is "... what it did before" "$(awk '{ print $NF }' listing.full)" "$(awk '{ print $NF }' listing)"
ok "it sends" ftp_curl -o "$WORK/received" @/download
ok "... every byte" cmp received "$PROFTPD_HOME/download"
ok "it receives" ftp_curl -T received @/upload
for ((i = 0; i < 5; i++)); do
    proftpd_restart
done
proftpd_stop
is "it ends with success" $? 0
no_verdict "ProFTPD" "$disk/recording" 'lost|not recorded'
done_testing
