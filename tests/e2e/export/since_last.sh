#!/usr/bin/env bash
# Rows of a daemon that goes on: each export has what is new since the last one, and together they
# say what one export of all says.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/poold.sh"
work
state=$WORK/recording/export.state

# Rows that are new since then, to $WORK/NAME.
export_new()
{
    local name=$1
    shift
    "$LIFEGUARD" export --format=ndjson --since-last "$@" "$WORK/recording" >"$WORK/$name" \
        2>"$WORK/$name.err"
}

restart()
{
    local before
    before=$(grep -c 'read again' "$WORK/port")
    kill -HUP "$daemon" && wait_until eval '[ "$(grep -c "read again" "$WORK/port")" -gt '"$before"' ]'
}

# How many rows of each kind.
kinds()
{
    jq -r .row "$WORK/$1" | sort | uniq -c | awk '{ printf "%s %d\n", $2, $1 }'
}

# What stands after exports: of each id the rows that came last.
standing()
{
    jq -s -c -S 'def id: [.of // .row] + if (.of // .row) == "finding" then [.fingerprint, .kind]
            else [.pool_id, .stack_id] end;
        group_by(id)[] | (map(.exported) | max) as $last |
        .[] | select(.exported == $last and .row != "gone") | del(.exported, .whole)' "$@" | sort
}

"$LIFEGUARD" record -o "$WORK/recording" -- "$BUILD/samples/poold" -p 0 --fault=leaked-subpool \
    --fault=growing-pool-restart >"$WORK/port" 2>&1 &
at_exit kill $!
recorder=$!
ok "a daemon runs, recorded" wait_until [ -s "$WORK/port" ]
port=$(grep -oE '[0-9]+' "$WORK/port" | tail -n 1)
daemon=$(<"/proc/$recorder/task/$recorder/children")
daemon=${daemon%% *}
client 20 && wait_until sessions_ended
export_new first
ok "the first export is whole, and says why" grep -q \
    "export.state: No such file or directory: all rows are written" "$WORK/first.err"
is "... in its rows, too" "$(jq -c 'select(.row == "recording").whole' "$WORK/first")" true
"$LIFEGUARD" export --format=ndjson "$WORK/recording" | jq -c -S . | sort >"$WORK/all"
ok "... it is what an export of all is" eval 'standing "$WORK/first" | diff - "$WORK/all"'
export_new second
is "when nothing came, nothing is written" "$(<"$WORK/second")$(<"$WORK/second.err")" ""
client 20 && wait_until sessions_ended
export_new third
is "another session: what it adds to, and no backtrace that was told" \
    "$(kinds third | grep -E '^(recording|finding|stack) ')" $'finding 1\nrecording 1'
is "... with what is found now, of 22 commands each" "$(jq -c 'select(.row == "finding") | [.rule, .count]' \
    "$WORK/third")" '["leaked-subpool",44]'
is "... the recording is the same" "$(jq -c '[.recording, .whole] | select(.[1] != null)' \
    "$WORK/first" "$WORK/third" | sed 's/true/false/' | uniq | wc -l)" 1
for i in 1 2 3 4 5 6; do restart; done
export_new fourth
ok "restarts: another finding, and its backtrace" eval 'kinds fourth | grep -q "^stack" &&
    jq -s -e "any(.rule == \"growing-pool\")" "$WORK/fourth"'
"$LIFEGUARD" export --format=ndjson "$WORK/recording" | jq -c -S . | sort >"$WORK/all"
ok "all exports together are what an export of all is" eval \
    'standing "$WORK/first" "$WORK/third" "$WORK/fourth" | diff - "$WORK/all"'

if npm_package @duckdb/node-api@1.5.6-r.1; then
    fleet=$SOURCE/samples/fleet
    mkdir "$WORK/rows" && cp "$WORK/first" "$WORK/third" "$WORK/fourth" "$WORK/rows"
    ask()
    {
        (cd "$BUILD/npm" && node "$fleet/ask.mjs" "$1" leaks)
    }
    ask "$WORK/all" | sort >"$WORK/answer"
    ok "a database that has them all answers as of that one" eval \
        '[ -s "$WORK/answer" ] && ask "$WORK/rows/*" | sort | diff - "$WORK/answer"'
    jq -c 'select(.row == "finding" and .rule == "growing-pool") |
        {row: "gone", of: .row, recording, fingerprint, kind, exported: "2999-01-01T00:00:00Z"}' \
        "$WORK/fourth" >"$WORK/rows/gone"
    is "... and without what is gone" "$(ask "$WORK/rows/*" | jq -r .rule)" leaked-subpool
else
    skip "a database answers" "npm cannot fetch DuckDB"
fi
export_new fifth
is "what is known is not written" "$(<"$WORK/fifth")" ""
status "another destination" 0 "$LIFEGUARD" export --format=ndjson --since-last="$WORK/other.state" \
    "$WORK/recording"
is "... knows nothing of that" "$(wc -l <"$WORK/out")" "$(wc -l <"$WORK/all")"
sed -i '3s/^./x/' "$state"
export_new sixth
ok "a damaged state is said, with its place" grep -q "export.state:3: is damaged: all rows" \
    "$WORK/sixth.err"
is "... and all is written" "$(wc -l <"$WORK/sixth")" "$(wc -l <"$WORK/all")"
rm "$state"
"$LIFEGUARD" export --format=ndjson --since-last "$WORK/recording" >/dev/full 2>"$WORK/err"
is "what cannot be written is no export" $? 2
ok "... so the next one writes it" [ ! -e "$state" ]
status "a state that cannot be written" 2 "$LIFEGUARD" export --format=ndjson \
    --since-last="$WORK/none/state" "$WORK/recording"
ok "... is said" grep -q "none/state: No such file" "$WORK/err"
for wrong in --format=pprof --redact --pid=1 --since-last=; do
    status "--since-last with $wrong" 2 "$LIFEGUARD" export --format=ndjson --since-last "$wrong" \
        "$WORK/recording"
done
kill "$daemon"
done_testing
