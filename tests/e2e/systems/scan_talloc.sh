#!/usr/bin/env bash
# lifeguard scan of FreeRADIUS, which tracks nothing that is below none: talloc's objects are found by
# the number that marks all of a process, as many on each level as recording them tells.
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

work
need_sample radius root headers
radius_prepare "$WORK/server"
status "FreeRADIUS is started, recorded" 0 radius_start "$LIFEGUARD" record -o "$WORK/recording" --
ok "... and answers requests" radius_ask 5
read -r server _ <"/proc/$RADIUS_PID/task/$RADIUS_PID/children"
sleep 1 # what was answered is forgotten
moment=$(date +%Y-%m-%dT%H:%M:%S.%N)
status "a scan finds nothing that hinders it" 0 "$LIFEGUARD" scan --format=json "$server"
cp "$WORK/out" "$WORK/scan.json"
status "... and FreeRADIUS ends as it would" 0 radius_stop
"$LIFEGUARD" tree --at="$moment" --format=json "$WORK/recording" >"$WORK/tree.json" 2>/dev/null
is "... all objects are found, each on its level" "$(scanned_levels)" "$(recorded_levels)"
ok "... of which there are thousands" jq -e '[.systems[].pools[]] | length > 3000' "$WORK/scan.json"
ok "... with their names" grep -q ' [34][0-9][0-9] CONF_PAIR$' <<<"$(scanned_names)"
is "... what is below another is not called unreachable" "$(jq -c '[.systems[].findings[]]' "$WORK/scan.json")" '[]'
done_testing
