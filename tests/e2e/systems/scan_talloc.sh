#!/usr/bin/env bash
# lifeguard scan of FreeRADIUS, which tracks nothing that is below none: talloc's objects are found by
# the number that marks all of a process, as many on each level as recording them tells.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# Lines "how many objects, so many levels below one that is below none".
scanned_levels()
{
    jq -r '.systems[] | select(.api == "talloc") | .pools |
        reduce .[] as $pool ({}; .[$pool.address] = (if $pool.parent then .[$pool.parent] + 1 else 0 end)) |
        .[]' "$WORK/scan.json" | sort -n | uniq -c
}

recorded_levels()
{
    jq -r 'def rows($level): $level, (.children[] | rows($level + 1)); .processes[0].pools[] | rows(0)' \
        "$WORK/tree.json" | sort -n | uniq -c
}

# The names of all objects.
scanned_names()
{
    jq -r '.systems[].pools[].tag' "$WORK/scan.json" | sort | uniq -c
}

# MISTAKE: a program with its mistakes, whose objects talloc counts itself.
scan_sample()
{
    start_ready env LD_LIBRARY_PATH="$(radius_libraries)" "$WORK/faults" "$1" wait
    "$LIFEGUARD" scan --format=json "$pid" >"$WORK/scan.json" 2>"$WORK/err"
    is "... $1: a scan finds as many objects as talloc counts" \
        "$? $(jq '[.systems[].pools[]] | length' "$WORK/scan.json")" "0 $(sed -n 's/^ready //p' "$ready_out")"
}

# Whether there are as many objects as when it was asked last: what was answered is forgotten then.
rests()
{
    local before=$objects
    objects=$("$LIFEGUARD" scan --format=json "$server" | jq '[.systems[].pools[]] | length')
    [ "$objects" = "$before" ] || { sleep 0.5 && false; }
}

work
need_sample radius root headers
radius_prepare "$WORK/server"
status "FreeRADIUS is started, recorded" 0 radius_start "$LIFEGUARD" record -o "$WORK/recording" --
ok "... and answers requests" radius_ask 5
read -r server _ <"/proc/$RADIUS_PID/task/$RADIUS_PID/children"
sleep 1
objects=
wait_until rests
moment=$(date +%Y-%m-%dT%H:%M:%S.%N)
status "a scan finds nothing that hinders it" 0 "$LIFEGUARD" scan --format=json "$server"
cp "$WORK/out" "$WORK/scan.json"
status "... and FreeRADIUS ends as it would" 0 radius_stop
"$LIFEGUARD" tree --at="$moment" --format=json "$WORK/recording" >"$WORK/tree.json" 2>/dev/null
is "... all objects are found, each on its level" "$(scanned_levels)" "$(recorded_levels)"
ok "... of which there are thousands" jq -e '[.systems[].pools[]] | length > 3000' "$WORK/scan.json"
ok "... with their names" grep -q ' [34][0-9][0-9] CONF_PAIR$' <<<"$(scanned_names)"
talloc=$(LD_LIBRARY_PATH=$(radius_libraries) ldd "$RADIUS" | awk '$1 == "libtalloc.so.2" { print $3 }')
is "... what is below another is not called unreachable" "$(jq -c '[.systems[].findings[]]' "$WORK/scan.json")" '[]'
ok "a program that uses talloc is built" ${CC:-cc} -std=gnu11 -g -O1 -Wno-deprecated-declarations \
    -I "$SOURCE/build/radius/headers/usr/include" "$SOURCE/tests/e2e/programs/talloc/faults.c" -o "$WORK/faults" "$talloc"
for mistake in tree leak steal; do
    scan_sample $mistake
done
done_testing
