#!/usr/bin/env bash
# record --crash: where a signal came that ends the program is noted, and the program ends, or does
# not, as without the recorder. Without the option, what is known of its end is said.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
program=$BUILD/e2e/host_guard

# crash OPTION... KIND: the program that does as KIND says, recorded
crash()
{
    "$LIFEGUARD" record "${@:1:$#-1}" -f -o "$WORK/rec" -- "$program" "${@: -1}" \
        >"$WORK/recorded" 2>"$WORK/err"
    echo "status $?" >>"$WORK/recorded"
    report "$WORK/rec"
}

# same OPTION... KIND: the same with the recorder and without
same()
{
    {
        "$program" "${@: -1}" >"$WORK/plain" 2>/dev/null
        echo "status $?" >>"$WORK/plain"
        crash "$@"
    } 2>/dev/null # the shell tells who was killed
    ok "$*: the same" diff "$WORK/plain" "$WORK/recorded"
}

# "signal noted handled innermost function"
crashes()
{
    json '[.findings[] | select(.crash) | "\(.crash.signal) \(.crash.noted) \(.crash.handled) " +
        "\(.stack[0].function // .stack[1].function) \(.count)"] | join("; ")' | tr -d '"'
}

for case in 'own SIGSEGV own' 'killed SIGSEGV killed' 'trap SIGTRAP trap' 'divide SIGFPE divide' \
    'jump SIGSEGV jump' 'abort SIGABRT abort' 'child SIGSEGV own'; do
    read -r kind signal function <<<"$case"
    same --crash "$kind"
    json '[.findings[] | select(.crash) | .stack[].function | select(. == "'"$function"'")] | length > 0' >"$WORK/has"
    is "... where it came is told" "$(crashes | cut -d ' ' -f 1-3) $(<"$WORK/has")" "$signal true false true"
    same --crash --guard=all "$kind"
    is "... and with guarded pages" "$(crashes | cut -d ' ' -f 1-3)" "$signal true false"
done
same --crash handlers
is "what a handler of the program's gets is told, too" "$(crashes)" \
    'SIGSEGV true true touch_nowhere 4'
same --crash logs
is "... with what was done before it, not in the handler" \
    "$(json '.findings[] | select(.crash) | .crash.events[-1] | [.size, .event, .pool, any(.stack[].function; . == "logs")]')" \
    '[99,"allocated from","permanent_pool > of the session",true]'
is "... and the rest of it" "$(crashes) $(json '.processes[0].exit')" 'SIGSEGV true true logs 1 3'
same --crash deep
is "no room on the stack for a handler: the signal that ended it is known" \
    "$(crashes | cut -d ' ' -f 1-2)" 'SIGSEGV false'
for kind in calls locked room no-code threads fork; do
    same --crash "$kind"
done

crash own
is "without the option the signal is known, and what came before it" \
    "$(crashes | cut -d ' ' -f 1-2) $(json '.findings[0].crash.events[-1].event')" \
    'SIGSEGV false "named"'
ok "... info says it" grep -q 'ended by SIGSEGV' <("$LIFEGUARD" info "$WORK/rec")
ok "... processes says it" grep -q ' SIGSEGV ' <("$LIFEGUARD" processes "$WORK/rec")
is "... and its JSON" "$("$LIFEGUARD" processes --format=json "$WORK/rec" | jq -r '.processes[0].signal')" SIGSEGV
ok "... the report says it in words" grep -q 'ERROR crash: SIGSEGV (Segmentation fault)' \
    <("$LIFEGUARD" report "$WORK/rec")
crash child
is "a child's signal is known as its parent asks for it" "$(crashes | cut -d ' ' -f 1-2)" 'SIGSEGV false'
is "... it is the child's" "$(json '.processes | map(.signal)')" '[null,"SIGSEGV"]'
crash unasked
is "a child whose end nobody told of: nothing is claimed" "$(crashes)" ''
ok "... but that" grep -q '1 process without an exit record' <("$LIFEGUARD" report "$WORK/rec")
ok "a signal that is sent to end it is none" sh -c '"$0" record --for=1s -f -o "$1" -- sleep 60' \
    "$LIFEGUARD" "$WORK/rec"
report "$WORK/rec"
is "... and no crash" "$(crashes) $(json '.processes[0].signal')" ' "SIGTERM"'

crash --crash --guard=all jump
status "a crash fails" 1 "$LIFEGUARD" check --sarif "$WORK/sarif" --junit "$WORK/junit" \
    --codequality "$WORK/cq" "$WORK/rec"
is "... SARIF has it" "$(jq -r '.runs[0].results[].ruleId' "$WORK/sarif")" crash
ok "... JUnit" grep -q 'crash.*SIGSEGV' "$WORK/junit"
ok "... Code Quality" grep -q 'SIGSEGV' "$WORK/cq"
cp -r "$WORK/rec" "$WORK/recording"
write_page
is "... the page" "$(page '[.report.findings[].crash.signal]')" '["SIGSEGV"]'
done_testing
