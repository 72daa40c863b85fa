#!/usr/bin/env bash
# A program without a pool API runs unharmed, the record says that nothing was hooked, and the gate
# gives no verdict.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

work
cd "$SOURCE" || exit 1
for program in /bin/true /bin/ls; do
    expected=$("$program" 2>&1)
    rm -rf "$WORK/recording"
    is "$program does what it does" \
        "$("$LIFEGUARD" record -o "$WORK/recording" -- "$program" 2>/dev/null)" "$expected"
    status "... its record can be read" 0 "$LIFEGUARD" info "$WORK/recording"
    ok "... and says loudly that nothing was hooked" grep -q 'NOTHING WAS HOOKED' "$WORK/out"
    status "... the report does" 0 report "$WORK/recording"
    is "... no API, no hook" "$(json '.recording | [.api, .hooks]')" '[null,[]]'
    status "... the gate has no verdict" 3 "$LIFEGUARD" check "$WORK/recording"
done
done_testing
