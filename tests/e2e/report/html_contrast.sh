#!/usr/bin/env bash
# The colours of the page: text has the contrast that WCAG's level AA asks for, 4.5 to 1, and what
# has to be told apart without reading, 3 to 1; in both themes.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

work
css=$SOURCE/analyzer/html/page.css

# colours BLOCK: "name #rrggbb" of the block that begins with this line
colours()
{
    awk -v block="$1" 'index($0, block) { inside = 1; next } inside && /}/ { exit }
        inside { while (match($0, /--[a-z0-9-]+: #[0-9a-f]+;/)) {
            print substr($0, RSTART + 2, RLENGTH - 3); $0 = substr($0, RSTART + RLENGTH) } }' "$css" |
        sed 's/: / /' | sort
}

# Pairs of $WORK/pairs, "colour ground least", that have less contrast among the colours of FILE.
too_faint()
{
    awk 'function digit(hex, at) { return index("0123456789abcdef", substr(hex, at, 1)) - 1 }
        function part(hex, at) { return digit(hex, at) * 16 + digit(hex, at + 1) }
        function linear(value) { value /= 255
            return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ^ 2.4 }
        function light(hex) {
            return 0.2126 * linear(part(hex, 2)) + 0.7152 * linear(part(hex, 4)) + 0.0722 * linear(part(hex, 6)) }
        NR == FNR { colour[$1] = $2; next }
        !($1 in colour) || !($2 in colour) { print $1, $2, "is missing"; next }
        { a = light(colour[$1]) + 0.05; b = light(colour[$2]) + 0.05
          ratio = a > b ? a / b : b / a
          if (ratio < $3) printf "%s on %s: %.2f\n", $1, $2, ratio }' "$1" "$WORK/pairs"
}

{
    for ground in back panel chosen; do
        printf '%s '"$ground"' 4.5\n' ink soft error warning note focus
    done
    for fill in c{0..11} m{0..5} rest; do
        echo "cell-ink $fill 4.5"
    done
    for sign in s{0..7} mark-{1,2,3,4,6} focus; do
        echo "$sign back 3"
    done
} >"$WORK/pairs"

colours ':root {' >"$WORK/light"
colours ':root:not([data-theme=light]) {' >"$WORK/dark"
colours ':root[data-theme=dark] {' >"$WORK/chosen"
ok "all colours of the light theme were read" test "$(wc -l <"$WORK/light")" -gt 40
is "the dark theme has the same ones" "$(cut -d' ' -f1 "$WORK/dark")" "$(cut -d' ' -f1 "$WORK/light")"
is "... whether it is chosen or the system's" "$(cat "$WORK/chosen")" "$(cat "$WORK/dark")"
is "light: nothing is too faint" "$(too_faint "$WORK/light")" ""
is "dark: nothing is too faint" "$(too_faint "$WORK/dark")" ""
is "every colour of the scripts is there" \
    "$(sed -nE 's/^const (POOL|PART|MODULE)_COLOURS = ([0-9]+);.*/\2/p' "$SOURCE/analyzer/html/colours.js" |
        tr '\n' ' ')" "$(for letter in c s m; do grep -c "^$letter[0-9]" "$WORK/light"; done | tr '\n' ' ')"
sed -i 's/^soft .*/soft #999999/' "$WORK/light"
ok "a faint one would be seen" test -n "$(too_faint "$WORK/light")"
done_testing
