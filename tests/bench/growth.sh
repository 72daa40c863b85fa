#!/usr/bin/env bash
# How time and memory grow with the work: with events, live pools, distinct stacks, sessions.
# EVENTS: the most, 100 million.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

most=${EVENTS:-100000000}
bar=1.1 # the power of what counts as linear: no machine is quiet
again=3 # seconds: runs shorter than this are made twice, and the better one counts

# The columns of a step: CPU seconds, and MiB of the largest process or of all traces.
columns=(plain_s recorded_s recorded_MiB trace_MiB report_s report_MiB)

# spent COMMAND...: CPU seconds and MiB.
spent()
{
    "$BENCH/usage" "$WORK/usage" "$@" >"$WORK/output" || return 1
    awk '{ print $1 / 1e9, $3 / 1048576 }' "$WORK/usage"
}

# best PREPARE COMMAND...: the same of the better of two runs, with PREPARE before each.
best()
{
    local prepare=$1 first second
    shift
    "$prepare" && first=$(spent "$@") || return 1
    second=$first
    if awk -v first="$first" -v again="$again" 'BEGIN { exit first + 0 >= again }'; then
        "$prepare" && second=$(spent "$@") || return 1
    fi
    printf '%s\n' "$first" "$second" | sort -g | head -n 1
}

# step NUMBER COMMAND...: a line of the table, the number and the columns.
step()
{
    local number=$1 plain recorded report size
    shift
    plain=$(best true "$@") && recorded=$(best fresh_recording "${recorder[@]}" "$@") &&
        report=$(best true "$LIFEGUARD" report --format=json "$WORK/recording") || return 1
    size=$(du -s --block-size=1 "$WORK/recording" | awk '{ print $1 / 1048576 }')
    echo "$number ${plain% *} $recorded $size $report"
}

# The power of the number that each column grows with: by least squares over all steps, and over
# the last step alone; the larger of the two.
powers()
{
    awk 'function log_of(i, c) { return log(value[i, c] > 0 ? value[i, c] : 1e-6) }
         function fit(c,   i, x, y, sx, sy, sxx, sxy) {
             for (i = 1; i <= NR; i++) {
                 x = log_of(i, 1); y = log_of(i, c)
                 sx += x; sy += y; sxx += x * x; sxy += x * y
             }
             return (NR * sxy - sx * sy) / (NR * sxx - sx * sx)
         }
         function last(c) {
             return (log_of(NR, c) - log_of(NR - 1, c)) / (log_of(NR, 1) - log_of(NR - 1, 1))
         }
         { for (c = 1; c <= NF; c++) value[NR, c] = $c; columns = NF }
         END {
             printf "power"
             for (c = 2; c <= columns; c++)
                 printf " %.3f", (fit(c) > last(c) ? fit(c) : last(c))
             print ""
         }' "$WORK/steps"
}

print_line()
{
    awk '{ printf "  %12s", $1; for (i = 2; i <= NF; i++) printf " %12.3f", $i; print "" }'
}

# A line of the table, or the one of powers, as a row of the JSON.
as_json()
{
    jq -Rc --arg what "$1" --arg columns "number ${columns[*]}" 'split(" ") as $values
        | [($columns | split(" ")), $values] | transpose
        | {section: "growth", what: $what} + (map({(.[0]): (.[1] | tonumber? // .)}) | add)'
}

# grow WHAT FIRST LAST COMMAND...: a table over the powers of ten from FIRST to LAST, each in place
# of @ in COMMAND.
grow()
{
    local what=$1 first=$2 last=$3 n power
    shift 3
    printf '\n  %12s' "$what"
    printf ' %12s' "${columns[@]}"
    echo
    : >"$WORK/steps"
    for ((n = first; n <= last; n *= 10)); do
        step "$n" "${@/@/$n}" >"$WORK/step" || exit 1
        tee -a "$WORK/steps" <"$WORK/step" | print_line
    done
    power=$(powers)
    print_line <<<"$power"
    { cat "$WORK/steps" && echo "$power"; } | as_json "$what" >>"$RESULTS"
    value "steepest power, plain_s left out" '' \
        "$(tr ' ' '\n' <<<"$power" | tail -n +3 | sort -g | tail -n 1)" "$bar"
}

section growth "Time and memory as the work grows (CPU s; MiB of the largest process and of all traces)"
grow events 100000 "$most" "$BENCH/tree" -n @
grow "live pools" 100 1000000 "$BENCH/tree" -n 2000000 -l @
grow stacks 100 1000000 "$BENCH/tree" -n 2000000 -f 20 -c -s @
grow sessions 1 10000 "$BUILD/samples/poold" --drive @x10
