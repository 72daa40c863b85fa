#!/usr/bin/env bash
# Traces of every version since the oldest one that is read say what they said to their own version:
# recordings that were kept, see tests/e2e/recordings.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

constant()
{
    printf '#include "preload/trace/format.h"\nvalue %s' "$1" | "${CC:-cc}" -E -P -iquote "$SOURCE" - | sed -n 's/^value //p'
}

work
oldest=$(constant TRACE_OLDEST)
newest=$(constant TRACE_VERSION)
is "there is a recording of each version" "$(cd "$SOURCE/tests/e2e/recordings" && echo [0-9]*)" \
    "$(seq -s ' ' "$oldest" "$((newest - 1))")"
for ((version = oldest; version < newest; version++)); do
    install -d -m 700 "$WORK/recording" && cp "$SOURCE/tests/e2e/recordings/$version"/* "$WORK/recording"
    is "version $version" "$(for trace in "$WORK"/recording/*.zst; do
        zstd -dcq "$trace" | od -An -tu4 -j8 -N4
    done | sort -u | tr -d ' ')" "$version"
    status "... is judged" 1 "$LIFEGUARD" check --json "$WORK/check.json" "$WORK/recording"
    is "... with what was found then" "$(jq -c '[.recording.work.command, .recording.lost_events,
        .recording.coverage.mismatches, .recording.doubts, (.findings[] | .rule, .count, .bytes)]' "$WORK/check.json")" \
        '[13,0,0,[],"leaked-subpool",12,576]'
    ok "... all bytes are accounted for" jq -e '.recording.coverage.pools > 40' "$WORK/check.json"
    rm -r "$WORK/recording"
done
done_testing
