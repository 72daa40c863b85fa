#!/usr/bin/env bash
# A program that names its pools, its functions and itself to deceive whoever reads of them: every
# name comes out as harmless text, and as it is in JSON.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# 14 bytes: clear the screen, quote, backslash, newline, reverse the reading direction, no UTF-8.
evil=$'\033[2J"\\\n\342\200\256\377abc'
shown='\x1B[2J"\\\x0A\u{202E}\xFFabc'
# As a string in JSON: what is no UTF-8 is escaped, the rest is as recorded.
json_name='"\u001b[2J\"\\\n\u202e\\xFFabc"'

# The sample daemon, with these names in place of others of the same length.
build_evil()
{
    local escaped
    # For sed, a newline and a backslash each behind a backslash.
    escaped=$'\033[2J"\\\\\\\n\342\200\256\377abc'
    "${CC:-cc}" -std=gnu11 -O2 -rdynamic "$SOURCE"/samples/poold/*.c -o "$WORK/poold" &&
        LC_ALL=C sed "s/keep_temporary/$escaped/g; s/leaked command/$escaped/g" "$WORK/poold" \
            >"$WORK/$evil" && chmod +x "$WORK/$evil"
}

# Lines of UTF-8, without control characters and what turns the reading direction.
is_harmless()
{
    iconv -f UTF-8 -t UTF-8 "$1" >/dev/null &&
        ! LC_ALL=C grep -nP '[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\x8b-\x8f\xa8-\xae]' "$1"
}

# harmless NAME STATUS COMMAND...: what COMMAND prints is, and the evil name is in it, escaped.
harmless()
{
    status "$1" "$2" "${@:3}"
    ok "... in harmless text" is_harmless "$WORK/out"
    ok "... with the name escaped" grep -qF -- "$shown" "$WORK/out"
}

work
ok "a daemon with evil names" build_evil
is_harmless <(printf '%s\n' "$evil") >/dev/null 2>&1
is "the test knows evil when it sees it" $? 1
status "it is recorded" 0 "$LIFEGUARD" record -o "$WORK/recording" -- "$WORK/$evil" \
    --drive 2x50,20 --fault=leaked-subpool --fault=growing-pool
harmless "the report" 0 "$LIFEGUARD" report "$WORK/recording"
ok "... names the pool" grep -qF -- "\`$shown pool\`" "$WORK/out"
ok "... the function" grep -qF -- "  ${shown}_data_in_session_pool" "$WORK/out"
ok "... and the program" grep -qF -- "/$shown" "$WORK/out"
harmless "the gate" 1 "$LIFEGUARD" check "$WORK/recording"
harmless "the tree" 0 "$LIFEGUARD" tree "$WORK/recording"
harmless "the record's account" 0 "$LIFEGUARD" info "$WORK/recording"
harmless "a batch of top" 0 "$LIFEGUARD" top -b -n 1 "$WORK/recording"
for format in dot folded speedscope; do
    status "export as $format" 0 "$LIFEGUARD" export --format=$format "$WORK/recording"
    ok "... in harmless text" is_harmless "$WORK/out"
done
"$LIFEGUARD" export --format=dot "$WORK/recording" >"$WORK/dot"
ok "the graph is one" eval 'dot -Tjson0 "$WORK/dot" | jq -e .objects'
is "... and has the pool's name" "$(dot -Tplain "$WORK/dot" 2>/dev/null | grep -c 'u{202E}.*abc pool')" 1

ok "the report as JSON" report "$WORK/recording"
ok "JSON is JSON" jq -e .version "$WORK/report.json"
is "... with the pool's name as it is" \
    "$(json '[.findings[] | select(.rule == "leaked-subpool").pool.tag] | unique')" \
    "[$(jq -cn "$json_name + \" pool\"")]"
is "... the function's" \
    "$(json '[.. | .function? // empty | select(endswith("_data_in_session_pool"))] | unique')" \
    "[$(jq -cn "$json_name + \"_data_in_session_pool\"")]"
is "... and the program's" "$(json '.recording.program | sub(".*/"; "")')" "$(jq -cn "$json_name")"
"$LIFEGUARD" tree --format=json "$WORK/recording" >"$WORK/report.json"
is "the tree's JSON has the pools" \
    "$(json '[.. | .tag? // empty | select(endswith("abc pool"))] | length > 40')" true
# The session leaks; what it does to its own trace never makes that a pass.
wiped()
{
    local trace
    rm -rf "$WORK/wiped" && mkdir -m 700 "$WORK/wiped" &&
        LD_PRELOAD=$BUILD/liblifeguard.so LIFEGUARD_DIR=$WORK/wiped "$BUILD/samples/poold" \
            --drive 1x100 --fault=leaked-subpool || return
    trace=$WORK/wiped/$("$LIFEGUARD" processes --format=json "$WORK/wiped" |
        jq '.processes[] | select(.kind == "session") | .pid').trace
    "$@" "$trace" && "$LIFEGUARD" check "$WORK/wiped"
}

empty()
{
    : >"$1"
}

# Zeros from page $1 on, over as many as there can be.
zeros_from()
{
    dd if=/dev/zero of="$2" bs=4096 seek="$1" count=64 conv=notrunc 2>/dev/null
}

status "a session that empties its trace is no pass" 3 wiped empty
status "... nor is one that fills it with zeros" 3 wiped zeros_from 0
status "... or all behind its header" 3 wiped zeros_from 1
done_testing
