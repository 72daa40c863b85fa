# For the benchmarks to source: rows of results, as a table and as JSON.
#
#   section NAME TITLE...         begins a table
#   sample COLUMN=NUMBER...       one round's numbers for the next row
#   row WHAT UNIT RESULT [BAR]    prints the row from its samples, and forgets them. RESULT is the
#                                 column that the bar is about; the others are shown as they are
#   value WHAT UNIT NUMBER [BAR]  a row of one number
#   missing WHAT WHY              a row that cannot be measured here
#
#   "${recorder[@]}" COMMAND...    records it into $WORK/recording, which fresh_recording removes
#   "${plainly[@]}" COMMAND...     does not
#   in_turns I A B                 runs the commands A and B, in every other round B first: what one
#                                  leaves behind can cost the next one time
#   have_heaptrack
#
# $WORK is a temporary directory, removed at exit.
#
# A row shows medians over its samples. The columns of a row are plain, recorded and heaptrack, as
# far as there are such; its result has quartiles too. A bar is an upper limit, or with ">" before
# it a lower one. Numbers are collected in $RESULTS, one JSON object a line.
# SPDX-License-Identifier: MIT

. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

BENCH=$BUILD/bench
RESULTS=${RESULTS:-$BENCH/results}
samples=()
work
export LIFEGUARD_QUIET=1 # what is recorded is no row
recorder=(env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/recording")
plainly=(env)

in_turns()
{
    if (($1 % 2)); then
        "$3" && "$2"
    else
        "$2" && "$3"
    fi
}

section()
{
    section=$1
    shift
    printf '\n%s\n' "$*"
    printf '  %-58s %10s %10s %10s %10s %21s %8s  %s\n' '' plain recorded heaptrack result \
        'quartiles' bar 'met'
}

sample()
{
    samples+=("$*")
}

# Prints a JSON object of what the samples say. Samples are lines of name=number.
summary()
{
    printf '%s\n' "${samples[@]}" | jq -R 'split(" ") | map(split("=") | {(.[0]): .[1] | tonumber}) | add' |
        jq -sc --arg section "$section" --arg what "$1" --arg unit "$2" --arg result "$3" \
            --arg bar "${4-}" '
        def at($sorted; $part): ((($sorted | length) - 1) * $part) as $place | ($place | floor) as $low
            | $sorted[$low] + ($sorted[($place | ceil)] - $sorted[$low]) * ($place - $low);
        def quantile($name; $part): map(.[$name] // empty) | sort
            | if length == 0 then null else at(.; $part) end;
        quantile($result; 0.5) as $median
        | (if $bar == "" then null else ($bar | ltrimstr(">") | tonumber) end) as $limit
        | {section: $section, what: $what, unit: $unit, rounds: length,
           plain: quantile("plain"; 0.5), recorded: quantile("recorded"; 0.5),
           heaptrack: quantile("heaptrack"; 0.5),
           result: $median, quartiles: [quantile($result; 0.25), quantile($result; 0.75)],
           bar: $limit, bar_is: (if $limit == null then null
                                 elif $bar | startswith(">") then "minimum" else "maximum" end),
           met: (if $limit == null or $median == null then null
                 elif $bar | startswith(">") then $median >= $limit else $median <= $limit end)}'
}

# A row of the table, from its JSON.
show()
{
    jq -r 'def short: if . == null then "" elif type != "number" then .
                  elif fabs >= 1000 then round
                  elif fabs >= 100 then . * 10 | round / 10
                  elif fabs >= 1 then . * 100 | round / 100
                  else . * 10000 | round / 10000 end | tostring;
           [.what + (if .unit == "" then "" else ", " + .unit end), (.plain | short),
            (.recorded | short), (.heaptrack | short), (.result | short),
            (.quartiles | map(short) | join("..")),
            (if .bar == null then "" elif .bar_is == "minimum" then ">=" else "<=" end) + (.bar | short),
            (if .met == null then "" elif .met then "yes" else "NO" end)] | join("\u001f")' |
        while IFS=$'\037' read -r what plain recorded heaptrack result quartiles bar met; do
            printf '  %-58s %10s %10s %10s %10s %21s %8s  %s\n' "$what" "$plain" "$recorded" \
                "$heaptrack" "$result" "$quartiles" "$bar" "$met"
        done
}

row()
{
    summary "$@" | tee -a "$RESULTS" | show
    samples=()
}

value()
{
    sample "value=$3"
    row "$1" "$2" value "${4-}"
}

missing()
{
    printf '  %-58s %s\n' "$1" "$2"
    jq -nc --arg section "$section" --arg what "$1" --arg why "$2" \
        '{$section, $what, missing: $why}' >>"$RESULTS"
}

fresh_recording()
{
    rm -rf "$WORK/recording"
}

have_heaptrack()
{
    command -v heaptrack >/dev/null && command -v heaptrack_print >/dev/null
}
