# For truth.sh and truth_kinds.sh to source: rows of the truth table, judged.
#
#   judge NAME RECORDING EXPECTED [STOCK]   one row; STOCK is what is in every row of its kind
#   poold_row ROW EXPECTED                  a row of poold's: its arguments, after options of record's
#   system_row ROW EXPECTED                 a row of a program that uses another pool system
#   judged                                  at the end: precision and recall over all rows
# SPDX-License-Identifier: MIT

nl=$'\n'
rows=0 clean=0 found=0 wrong=0 missed=0

# How many lines of $actual and $expected comm leaves with $1.
count()
{
    comm "$1" <(printf '%s' "${actual:+$actual$nl}") <(printf '%s' "${expected:+$expected$nl}") | wc -l
}

# judge NAME RECORDING EXPECTED [STOCK]: one row; STOCK is what is in every row of its kind
judge()
{
    local actual expected
    actual=$(findings "$2") || actual="no report"
    expected=$(sed '/^$/d' <<<"$3${4-}" | sort)
    if [[ $1 == *busy* || $1 == *stream* ]]; then
        actual=$(without_counts <<<"$actual" | sort)
        expected=$(without_counts <<<"$expected" | sort)
    fi
    is "$1" "$actual" "$expected"
    rows=$((rows + 1))
    [ -n "$3" ] || clean=$((clean + 1))
    if [ "$actual" = "$expected" ]; then
        found=$((found + $(grep -c . <<<"$expected")))
    else
        found=$((found + $(count -12)))
        wrong=$((wrong + $(count -23)))
        missed=$((missed + $(count -13)))
    fi
}

# A row of poold's: its arguments, after options of record's.
poold_row()
{
    record_poold "$1" "$WORK/recording"
    judge "poold $1" "$WORK/recording" "$2"
}

# A row of a program that uses another pool system: which one, then its arguments.
system_row()
{
    local own=''
    [[ $1 != apr* ]] || own=$apr
    ! record_system "$1" "$WORK/recording" || judge "$1" "$WORK/recording" "$2$own"
}

# What APR does as it is initialised.
apr='permanent-pool-alloc warning master "global_pool" 2 80
'

judged()
{
    is "precision and recall over $rows rows, $clean of them clean: true, false, and missed findings" \
        "$((found > 0)) $wrong $missed" '1 0 0'
    awk -v t="$found" -v f="$wrong" -v m="$missed" \
        'BEGIN { printf "# precision %.3f, recall %.3f: %d findings\n", t / (t + f), t / (t + m), t }'
}
