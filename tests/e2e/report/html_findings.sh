#!/usr/bin/env bash
# What the page shows of a finding: who did it, what it holds by itself over time, the ways by which
# the program comes there, and the processes that have it.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/browser.sh"

work
[ -s "$BUILD/html/before.html" ] || skip_all "lifeguard was built without d3 (Debian's node-d3)"

"$LIFEGUARD" record -o "$WORK/recording" -- "$BUILD/samples/poold" --drive 3x40,6 \
    --fault=leaked-by-helper --fault=growing-pool-restart --fault=growing-pool \
    --fault=permanent-alloc >"$WORK/poold" 2>&1 || comment <"$WORK/poold"
report "$WORK/recording"
status "a page is written" 0 write_page

# What each finding's parts hold in the end, over its processes: [pools or bytes, ...].
cat >"$WORK/parts.jq" <<'END'
. as $page | def at_end: [.[] as $c | range(0; $c | length; 4) | {key: "\($c[.])", value: $c[.+1:.+3]}] |
    from_entries;
[.rows[1:][] | .parts | at_end] as $rows |
[.parts[] as [$first, $count, $pools] |
    [$rows[] | .["\(range($first; $first + $count))"] // empty] | [.[][0], 0] | add]
END
is "the page and the command agree how many parts are by themselves" \
    "$(sed -nE 's/.*PARTS_BY_THEMSELVES = ([0-9]+);.*/\1/p' "$SOURCE"/analyzer/html/*.js)" \
    "$(sed -nE 's/#define PARTS_BY_THEMSELVES +([0-9]+).*/\1/p' "$SOURCE"/analyzer/html/*.h)"
is "what the parts of a finding hold in the end is what the report says of it" \
    "$(jq -c -f "$WORK/parts.jq" "$WORK/data.json")" "$(json '[.findings[].bytes]')"
is "all processes together have each of them" \
    "$(page '.rows[0].parts | [.[] as $c | range(0; $c | length; 4) |
        {key: "\($c[.])", value: $c[.+1]}] | from_entries | length')" \
    "$(page '[.parts[][1]] | add')"

need_browser
window 1280 800
browse "$WORK/page.html"
# texts CSS: of all such elements
texts()
{
    js 'return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)' "$1"
}

is "no two cards say the same" \
    "$(js 'const all = [...document.querySelectorAll("#finding-list strong")].map((e, i) =>
        e.textContent + document.querySelectorAll("#finding-list .pool")[i].textContent);
        return new Set(all).size === all.length && all.length > 3')" true
is "a card says where: the file and line, with the function" \
    "$(texts '#finding-list strong' | jq -c 'map(test("^[a-z_]+ [a-z]+[.]c:[0-9]+")) | unique')" '[true]'

helper=$(json '[.findings[].pool.tag] | index("pool of a helper") + 1')
press "#finding-$helper button"
is "the ways by which the program comes there are listed" \
    "$(js 'return document.querySelectorAll(".places li").length')" \
    "$(json ".findings[$helper - 1].places | length")"
ok "... of which there are several" jq -e ".findings[$helper - 1].places | length > 4" \
    "$WORK/report.json"
is "... in the colours that they have in the chart" \
    "$(js 'const of = (css) => [...document.querySelectorAll(css)].map((e) => [...e.classList].find((c) => /^s[0-9]/.test(c)));
        return of(".places .way").length > 0 && JSON.stringify(of(".places li > span.swatch").sort()) ===
            JSON.stringify(of("#timeline-chart .band").sort())')" true
is "the chart begins at nothing, and ends with the finding's own pools" \
    "$(js 'const slider = document.querySelector("#slider"), moment = document.querySelector("#moment");
        const at = (value) => { slider.value = value; slider.dispatchEvent(new Event("input"));
            return /: (.*) of this finding/.exec(moment.textContent)[1]; };
        return [at(slider.min), at(slider.max)]')" '["0","40"]'
is "the blamed frame stands out" \
    "$(js 'return document.querySelector(".frames .blamed").textContent')" \
    "$(json ".findings[$helper - 1] | .pool.created[0].function + .where")"
is "the frames that start every program are not shown" \
    "$(texts '.frames li' | jq 'any(.[]; test("^_start|^__libc_start"))')" false

first=$(js 'return document.querySelector("#timeline-title").textContent')
keys '#finding-list' 'n'
ok "a key goes to the next process that has it" test "$first" != \
    "$(js 'return document.querySelector("#timeline-title").textContent')"
keys '#finding-list' 'p'
is "... and back" "$(js 'return document.querySelector("#timeline-title").textContent')" "$first"

is "a pool has one colour in every view" \
    "$(js 'document.querySelector("#finding-" + arguments[0] + " button").click();
        const colour = (e) => [...e.classList].find((c) => /^c[0-9]/.test(c)), seen = {};
        const note = (name, e) => name && (seen[name] = seen[name] || new Set()).add(colour(e));
        document.querySelectorAll("#legend button").forEach((b) => note(b.querySelector(".name").textContent, b.querySelector(".swatch")));
        document.querySelectorAll("#tree g").forEach((g) => note(g.querySelector("text").textContent, g));
        document.querySelectorAll("#finding-list .pool").forEach((p) => note(p.textContent, p.firstChild));
        delete seen["(other): 1 more"]; delete seen["all pools"];
        return [Object.values(seen).every((s) => s.size === 1), Object.keys(seen).length > 4]' "$helper")" \
    '[true,true]'
is "the first view is before the shutdown: pools are alive" \
    "$(js 'return !/: 0 pools/.test(document.querySelector("#moment").textContent)')" true

browse "$WORK/page.html#finding-2"
is "a link to a finding opens it" \
    "$(js 'return document.querySelector("#finding-list [aria-expanded=true]").parentNode.id')" '"finding-2"'
browse about:blank
browse "$WORK/page.html#$(json '.findings[2].fingerprint' | tr -d '"')"
is "... by its id, too" \
    "$(js 'return document.querySelector("#finding-list [aria-expanded=true]").parentNode.id')" '"finding-3"'

window 800 900
js 'window.dispatchEvent(new Event("resize"))' >/dev/null
is "on a narrow page the views stand in the open card, and nothing is wider than it" \
    "$(js 'return [document.querySelector("#work").parentNode.id, document.body.scrollWidth <= innerWidth]')" \
    '["finding-3",true]'
is "all that left no word on the console" "$(console)" ""
done_testing
