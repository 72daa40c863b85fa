#!/usr/bin/env bash
# tests/truth/mutations: each weakening of the rules turns a row of the truth table red. The command
# is built anew for each of them, in a copy of the sources: minutes, for make soak. That each still has
# something to weaken is looked at always.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/truth/rows.sh"

idle_mutations()
{
    local file expression
    while read -r file expression; do
        ! sed "$expression" "$SOURCE/$file" | cmp -s - "$SOURCE/$file" || echo "$file $expression"
    done < <(grep -v '^#' "$SOURCE/tests/truth/mutations")
}

is "each weakening changes something" "$(idle_mutations)" ''
[ "${SOAK:-0}" != 0 ] || skip_all "SOAK is not set"
declare -a recordings=() names=() timed=()

keep_row()
{
    recordings+=("$WORK/row${#names[@]}")
    [[ $1 != *busy* && $1 != *stream* ]] || timed+=("${#names[@]}")
    sed "/^$/d; s/^/${#names[@]} /" <<<"$2" >>"$WORK/table"
    names+=("$1")
}

keep_poold()
{
    keep_row "$1" "$2"
    record_poold "$1" "${recordings[-1]}"
}

keep_system()
{
    ! record_system "$1" "$WORK/one" || {
        keep_row "$1" "$2"
        mv "$WORK/one" "${recordings[-1]}"
    }
}

# findings_of FIRST LAST: "ROW FINDING" a line, sorted, with one jq for all these rows.
findings_of()
{
    local row
    rm -f "$WORK/reports"/*
    for ((row = $1; row <= $2; row++)); do
        "$LIFEGUARD" report --format=json "${recordings[row]}" >"$WORK/reports/$row" 2>>"$WORK/err"
    done
    (cd "$WORK/reports" && jq -r "input_filename as \$row | $each_finding | \"\(\$row) \(.)\"" *) |
        grep -vF " $apr" | plain | sort
}

# Of rows in which time is the unit, without what is not the same in each run.
plain()
{
    awk -v timed=" ${timed[*]} " \
        'index(timed, " " $1 " ") { sub(/ (error|warning|note) /, " "); sub(/ [0-9]* [0-9]*$/, "") } 1'
}

# Names the rows that the command tells otherwise than the table, but for $red_anyway; with $1 those
# of the first CHUNK alone in which there are any.
CHUNK=40
red_rows()
{
    local first last row
    for ((first = 0; first < ${#names[@]}; first += CHUNK)); do
        last=$((first + CHUNK <= ${#names[@]} ? first + CHUNK - 1 : ${#names[@]} - 1))
        for row in $(comm -3 <(findings_of $first $last) \
            <(awk "\$1 >= $first && \$1 <= $last" "$WORK/expected") | awk '{ print $1 }' | sort -nu); do
            ! grep -qxF -e "${names[row]}" <<<"$red_anyway" || continue
            echo "${names[row]}"
            [ -z "${1-}" ] || last=${#names[@]}
        done
        [ "$last" -lt "${#names[@]}" ] || break
    done
}

build_copy()
{
    make -s -C "$copy" build/lifeguard >"$WORK/make" 2>&1
}

work
apr='permanent-pool-alloc warning master "global_pool" 2 80'
mkdir "$WORK/reports"
build_systems
each_row poold keep_poold
each_row systems keep_system
each_row growth keep_system
each_row kinds keep_system
plain <"$WORK/table" | sort >"$WORK/expected"
copy=$BUILD/mutations
rm -rf "$copy"
mkdir -p "$copy/tests"
cp -a "$SOURCE"/{Makefile,analyzer,preload,.ci} "$copy" 2>/dev/null
# What has been built is not older than that: only what is changed is compiled.
mkdir -p "$copy/build"
cp -a "$BUILD"/{obj,html,completion,built-with,lifeguard} "$copy/build" 2>/dev/null
LIFEGUARD=$copy/build/lifeguard
ok "a copy of the sources is built" build_copy
# A row that is red whatever is done to the rules says nothing.
red_anyway=
red_anyway=$(red_rows | sort -u)
comment <<<"$red_anyway"
is "it turns no row of ${#names[@]} red, but where time is the unit" \
    "$(grep -v ' stream\|busy' <<<"$red_anyway")" ''
[ "$tests_failed" -eq 0 ] || done_testing
while read -r file expression; do
    [[ $file != '#'* ]] || continue
    cp "$copy/$file" "$WORK/whole"
    sed -i "$expression" "$copy/$file"
    if cmp -s "$WORK/whole" "$copy/$file"; then
        failed "$file $expression: changes nothing"
    elif build_copy; then
        red=$(red_rows first)
        ok "$file $expression" test -n "$red"
        comment <<<"$red"
    else
        failed "$file $expression: does not compile"
    fi
    cp "$WORK/whole" "$copy/$file"
    touch "$copy/$file"
done < <(grep -v '^#' "$SOURCE/tests/truth/mutations")
done_testing
