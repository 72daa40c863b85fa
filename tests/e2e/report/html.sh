#!/usr/bin/env bash
# The page of pictures in a browser: its figures are the report's and the tree's, clicks and keys
# work, hostile text stays text.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/browser.sh"

work
[ -s "$BUILD/html/before.html" ] || skip_all "lifeguard was built without d3 (Debian's node-d3)"
need_browser

ARROW_DOWN='\uE015' ARROW_RIGHT='\uE014' ENTER='\uE007' ESCAPE='\uE00C'

# Leaks in the sessions, growth in the master.
"$LIFEGUARD" record -o "$WORK/recording" -- "$BUILD/samples/poold" --drive 3x40,6 \
    --fault=leaked-subpool --fault=growing-pool-restart >"$WORK/poold" 2>&1 ||
    comment <"$WORK/poold"
report "$WORK/recording"
status "a page is written" 0 write_page
status "check writes it, too, where findings fail" 1 "$LIFEGUARD" check --html "$WORK/check.html" \
    "$WORK/recording"
page_data()
{
    sed -n 's/^<script type="application\/json" id="data">\(.*\)<\/script>$/\1/p' "$1"
}
is "... the same, with the verdict" "$(page_data "$WORK/check.html" | jq -cS 'del(.gate)' | md5sum)" \
    "$(jq -cS 'del(.gate)' "$WORK/data.json" | md5sum)"
ok "... and tells where in it the first of them is" grep -q "check.html#finding-1$" "$WORK/out"
status "... but not over another report" 2 "$LIFEGUARD" check --html "$WORK/x" --json "$WORK/x" \
    "$WORK/recording"
ok "it is 5 MB at most" test "$(stat -c %s "$WORK/page.html")" -le 5000000

is "the report in it is the one of lifeguard report" \
    "$(page .report | jq -cS .)" "$(jq -cS . "$WORK/report.json")"

# Of each process, what its pools hold at its last moment.
cat >"$WORK/held.jq" <<'END'
. as $page | def changes: ((.base // empty | [$page.rows[.].changes[0]]) // []) + .changes;
def held: [changes[] as $c | range(0; $c | length; 4) | {key: "\($c[.])", value: $c[.+1:.+3]}] |
    from_entries | [([.[][0]] | add), ([.[][1]] | add)];
.rows[1:] | map({key: "\(.pid)", value: held}) | from_entries
END
"$LIFEGUARD" tree --format=json "$WORK/recording" >"$WORK/tree.json"
is "the pools at the end of each process are those of lifeguard tree" \
    "$(jq -cS -f "$WORK/held.jq" "$WORK/data.json")" \
    "$(jq -cS '.processes | map({key: "\(.pid)", value: ([.pools | .. | objects | select(has("capacity")).bytes] |
        [add, length])}) | from_entries' \
        "$WORK/tree.json")"
"$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
is "the flame graph has every allocation" \
    "$(page '.rows[0] | ([.sites[][4]] | add) + .rest[2]')" "$(told allocations)"

is "the growth in a command is the report's" \
    "$(page '[.rows[] | select(.kind == "session") | ([.sites[][5]] | add) / .units[0]] | unique')" \
    "$(json '[.findings[] | select(.kind == "session").per_unit.bytes]')"

window 1280 800
browse "$WORK/page.html"
is "it loads without a word on the console" "$(console)" ""
is "at 1280 by 800 it needs no scrolling" \
    "$(js 'return [document.body.scrollWidth <= 1280, document.body.scrollHeight <= 800]')" \
    "[true,true]"
is "it lists the findings in the report's order" \
    "$(js 'return [...document.querySelectorAll("#finding-list .rule")].map((e) => e.textContent)')" \
    "$(json '[.findings[].rule]')"
is "with their counts" \
    "$(js 'return [...document.querySelectorAll("#finding-list .what")]
        .map((e) => Number(/([\d,]+) (?:pool|allocation)s/.exec(e.textContent)[1].replace(",", "")))')" \
    "$(json '[.findings[].count]')"
is "it sums up the severities" \
    "$(js 'return [...document.querySelectorAll("#summary button")].map((e) =>
        parseInt(e.textContent))')" "$(json '.summary | [.error, .warning, .note]')"
is "it has a row for each process, and one for all" \
    "$(js 'return document.querySelectorAll("#process-list > div").length')" \
    "$(json '.processes | length + 1')"

press '#finding-1 button'
is "a click on a finding shows its backtrace" \
    "$(js 'return [...document.querySelectorAll("#finding-1 .stack:first-of-type li")]
        .map((e) => e.firstChild.textContent)')" \
    "$(json '.findings[0] | (if .stack == [] then .pool.created else .stack end) |
        map(.function | select(test("^(_start|__libc_start)") | not))')"
is "the page shows a process that it was found in" \
    "$(js 'return document.querySelector("#process-list [aria-selected=true] .name").textContent')" \
    "$(json '.findings[0] | "\(.kind) \(.pids[0])"')"
is "its pools are marked in the tree" \
    "$(js 'return document.querySelectorAll("#tree .marked").length > 0')" true
press '#finding-1 button'
is "a second click closes it" "$(js 'return document.querySelectorAll(".detail").length')" 0

press '#process-list > div' 0
keys '#process-list' "$ARROW_DOWN"
is "an arrow key chooses the next process" \
    "$(js 'return document.querySelector("#timeline-title").textContent')" \
    "$(json '.processes[0] | "\(.kind) \(.pid)"')"
before=$(js 'return document.querySelector("#moment").textContent')
js 'const s = document.querySelector("#slider"); s.value = 0;
    s.dispatchEvent(new Event("input"))' >/dev/null
ok "the slider moves the moment" test "$before" != \
    "$(js 'return document.querySelector("#moment").textContent')"
is "at the start there is no pool" \
    "$(js 'return document.querySelector("#moment").textContent.includes(": 0 pools, 0 B asked")')" true

press '#process-list > div' 0
press '#tab-flame'
whole=$(js 'return document.querySelectorAll("#flame g").length')
ok "the flame graph has cells" test "$whole" -gt 8
keys '#search' 'MASTER'
is "a search finds cells" "$(js 'return document.querySelectorAll("#flame .match").length > 0')" true
keys '#flame svg' "$ARROW_DOWN$ARROW_DOWN$ENTER"
is "keys zoom into a cell" \
    "$(js 'return document.querySelectorAll("#flame .above").length')" 2
keys '#flame svg' "$ESCAPE"
is "and back" "$(js 'return document.querySelectorAll("#flame g").length')" "$whole"
back=$(js 'return getComputedStyle(document.body).backgroundColor')
press '#theme'
ok "there is a dark theme, and a light one" test "$back" != \
    "$(js 'return getComputedStyle(document.body).backgroundColor')"
is "all that left no word on the console" "$(console)" ""

# What the gate made of the findings: one fails, one is suppressed.
echo 'growing-pool:* reason=to be mended' >"$WORK/suppressions"
status "check lets one pass" 1 "$LIFEGUARD" check --html "$WORK/check.html" \
    --suppressions "$WORK/suppressions" "$WORK/recording"
browse "$WORK/check.html"
is "its page lists what fails" \
    "$(js 'return [...document.querySelectorAll("#finding-list li")].filter((e) => !e.hidden)
        .map((e) => e.querySelector(".rule").textContent + " " + e.querySelector(".judged").textContent)')" \
    '["leaked-subpool fails"]'
is "... says how many, in its head" "$(js 'return document.querySelector("#verdict").textContent')" \
    '"check: failed; 1 finding fails, 1 let pass"'
press '#filter-fails'
is "... and shows the others, and why they pass, on demand" \
    "$(js 'return [...document.querySelectorAll("#finding-list li")].filter((e) => !e.hidden).length +
        [...document.querySelectorAll(".judged")].map((e) => e.textContent).sort().join()')" \
    '"2fails,passes: suppressed by growing-pool:* (to be mended)"'

# A daemon with names that would be markup, or reverse the reading direction.
tag='</script><b>'"'"'"' function=$'<script>="\\&\342\200\256'
"${CC:-cc}" -std=gnu11 -O2 -rdynamic "$SOURCE"/samples/poold/*.c -o "$WORK/poold" &&
    LC_ALL=C sed "s|leaked command|$tag|g; s|keep_temporary|$function|g" "$WORK/poold" \
        >"$WORK/<b>evil" && chmod +x "$WORK/<b>evil"
"$LIFEGUARD" record -o "$WORK/evil" -- "$WORK/<b>evil" --drive 2x50 --fault=leaked-subpool \
    --fault=growing-pool >"$WORK/out" 2>&1 || comment <"$WORK/out"
status "a page of hostile names" 0 "$LIFEGUARD" html -o "$WORK/evil.html" "$WORK/evil"
browse "$WORK/evil.html"
press '#finding-1 button'
press '#tab-flame'
is "they are text in the findings" \
    "$(js 'return [...document.querySelectorAll("#finding-list .pool")].map((e) => e.textContent)
        .includes(arguments[0] + " pool")' "$tag")" true
keys '#search' '<script>="&'
press '#flame .match'
is "and in the flame graph, with what cannot be seen spelt out" \
    "$(js 'return document.querySelector("#flame .tip").textContent.startsWith(arguments[0])' \
        '<script>="&\u{202E}_data_in_session_pool')" true
is "and in the program's name" \
    "$(js 'return document.querySelector("#facts").textContent.includes("<b>evil")')" true
is "no element came of them" \
    "$(js 'return [document.querySelectorAll("b").length, document.scripts.length]')" "[0,3]"
is "nothing on the page turns the reading direction" \
    "$(js 'return /[\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText)')" false
is "and nothing was said on the console" "$(console)" ""
done_testing
