#!/usr/bin/env bash
# The page of five days and of a thousand sessions: times as people read them, ranges of time,
# filters, every process within reach. What it looks like is left in $BUILD/pictures.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/browser.sh"

work
[ -s "$BUILD/html/before.html" ] || skip_all "lifeguard was built without d3 (Debian's node-d3)"

make_page()
{
    mkdir -m 700 "$WORK/$1"
    "$BUILD/e2e/write_recording" "$WORK/$1" "$SOURCE/preload/api/proftpd.api" "$1" "$2" &&
        "$LIFEGUARD" html -o "$WORK/$1.html" "$WORK/$1" 2>/dev/null &&
        [ "$(stat -c %s "$WORK/$1.html")" -le 5000000 ]
}

ok "five days in 5 MB" make_page days 5
ok "and 1,100 sessions" make_page sessions 1100
status "... one of which can be drawn in full" 0 "$LIFEGUARD" html --pid=1500 -o "$WORK/one.html" \
    "$WORK/sessions"
need_browser

# picture NAME WIDTHxHEIGHT...
picture()
{
    local size
    mkdir -p "$BUILD/pictures"
    for size in "${@:2}"; do
        window "${size%x*}" "${size#*x}"
        js 'window.dispatchEvent(new Event("resize"))' >/dev/null
        screenshot "$BUILD/pictures/$1-$size.png"
    done
    window 1280 800
}

text()
{
    js 'return document.querySelector(arguments[0]).textContent' "$1" | jq -r .
}

# drag FROM TO: over the chart, at these shares of its width
drag()
{
    js 'const svg = document.querySelector("#timeline-chart svg"), box = svg.getBoundingClientRect();
        const send = (type, share) => svg.dispatchEvent(new MouseEvent(type, {bubbles: true,
            clientX: box.left + share * box.width, clientY: box.top + 50}));
        send("mousemove", Number(arguments[0])); send("mousedown", Number(arguments[0]));
        send("mousemove", Number(arguments[1])); send("mouseup", Number(arguments[1]))' "$@" >/dev/null
}

visible()
{
    js 'return [...document.querySelectorAll(arguments[0])].filter((e) => !e.hidden).length' "$1"
}

window 1280 800
browse "$WORK/days.html"
picture days 1920x1080 1280x800 800x900
ok "five days are told as days" grep -q '· *5 d *·' <<<"$(text '#facts')"
is "the axis has days and the time of day" \
    "$(js 'const all = [...document.querySelectorAll(".axis.x text")].map((e) => e.textContent);
        return [all.some((t) => /^[0-9]+-[0-9]+$/.test(t)), all.some((t) => /^[0-9]+:[0-9]+$/.test(t))]')" \
    "[true,true]"
ok "and the moment the date" grep -qE '^at \+4 d .* \(2023-11-[0-9]+ ' <<<"$(text '#moment')"
is "marks are explained" "$(js 'return [...document.querySelectorAll("#mark-legend li")].map((e) => e.textContent)')" \
    '["1 start-up done","123 connections","123 forks","19 restarts","1 shutdown"]'
is "the chart has the height that the others leave" \
    "$(js 'const h = (css) => document.querySelector(css).getBoundingClientRect();
        return h("#timeline-chart").height > 300 && h("#detail").bottom <= innerHeight')" true

js 'const svg = document.querySelector("#timeline-chart svg"), box = svg.getBoundingClientRect();
    svg.dispatchEvent(new MouseEvent("mousemove", {bubbles: true, clientX: box.left + 600, clientY: box.top + 60}))' >/dev/null
ok "the pointer reads out time and pools" grep -qE '2023-11-1[0-9] .* in all.*table pool' <<<"$(text '#readout')"

all=$(visible '#process-list > div')
drag 0.3 0.5
ok "a drag zooms into a range" grep -qE '^2023-11-1[67] .* to 2023-11-1[67] .*, (1 d|23 h)' <<<"$(text '#timeline-range')"
ok "... which the list of processes follows" test "$(visible '#process-list > div')" -lt "$all"
is "... the slider" "$(js 'const s = document.querySelector("#slider"); return [s.min > 0, s.max < 239]')" "[true,true]"
js 'const s = document.querySelector("#tree-measure"); s.value = "grown-bytes";
    s.dispatchEvent(new Event("change"))' >/dev/null
is "... and the tree, which shows what grew in it" \
    "$(js 'return [...document.querySelectorAll("#tree g text")].map((e) => e.textContent.slice(0, 3)).sort()')" \
    '["Ses","all","per","tab","tra"]'
grown=$(text '#tree .tip' | grep -oE '[0-9.]+ KB')
press '#tab-flame'
ok "... and the flame graph, of all processes" grep -q '^all 124 processes: .* did not give back by then' <<<"$(text '#about')"
is "... by as much as the tree grew" "$(text '#flame .tip' | grep -oE '[0-9.]+ KB')" "$grown"
js 'const s = document.querySelector("#flame-measure"); s.value = "alloc";
    s.dispatchEvent(new Event("change"))' >/dev/null
ok "... which says how to get a part of what it can show of the whole alone" \
    grep -q -- 'lifeguard html --since=+' <<<"$(text '#about')"
keys '#tab-tree' 'z'
is "a key shows the whole time again" "$(visible '#process-list > div')" "$all"

js 'const row = [...document.querySelectorAll("#process-list > div")].find((e) => /session 1003/.test(e.textContent));
    row.click()' >/dev/null
drag 0.3 0.5
picture range 1280x800
grown=$(text '#flame .tip' | grep -oE '[0-9.]+ KB')
press '#tab-tree'
ok "of one process, the flame graph shows who took what grew in a range" test -n "$grown"
is "... as much as the tree does" "$(js 'const s = document.querySelector("#tree-measure"); s.value = "grown-bytes";
    s.dispatchEvent(new Event("change")); return document.querySelector("#tree .tip").textContent' |
    grep -oE '[0-9.]+ KB')" "$grown"
press '#tab-flame'
keys '#tab-tree' 'za'

outermost=$(js 'return document.querySelectorAll("#flame g text")[1].textContent')
press '#flame-inverted'
ok "inverted, the innermost call is on top" test "$outermost" != \
    "$(js 'return document.querySelectorAll("#flame g text")[1].textContent')"

press '#summary button'
is "findings can be filtered by severity" "$(visible '#finding-list li')" 0
press '#summary button'
keys '#filter-text' '1600'
is "... and by text" "$(visible '#finding-list li')" 1
keys '#tab-tree' '?'
is "a key shows the keys" "$(js 'return [document.querySelector("#help").hidden, document.querySelectorAll("#help-keys dt").length > 10]')" \
    "[false,true]"
picture keys 1280x800
press '#help-close'

browse "$WORK/sessions.html"
is "every process is in the list" "$(visible '#process-list > div')" 1102
keys '#process-search' '1777'
is "... and found by its pid" "$(visible '#process-list > div')" 2
js 'document.querySelector("#process-list > div:not([hidden]):not(#process-0)").click()' >/dev/null
is "... and drawn" "$(text '#timeline-title')" "session 1777"
is "with what it had from its parent" \
    "$(js 'return [...document.querySelectorAll("#tree g text")].map((e) => e.textContent.slice(0, 3))')" \
    '["all","per","tab","Ses"]'
folded=$(sed -n 's/^<script type="application\/json" id="data">\(.*\)<\/script>$/\1/p' \
    "$WORK/sessions.html" | jq '.others[0][0]')
keys '#process-search' "\uE003\uE003\uE003\uE003$folded"
js 'document.querySelector("#process-list > div:not([hidden]):not(#process-0)").click()' >/dev/null
ok "one that has no pictures says how to get them" \
    grep -q "peak .* lifeguard html --pid=$folded DIR" <<<"$(text '#processes-folded')"
press '#finding-1 button'
is "the worst process is shown first" "$(text '#timeline-title')" "session 1011"
picture sessions 1920x1080 1280x800 800x900
is "all that left no word on the console" "$(console)" ""
done_testing
