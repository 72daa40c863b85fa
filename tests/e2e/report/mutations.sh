#!/usr/bin/env bash
# tests/truth/mutations: each weakening of the rules turns a row of the truth table red. The command
# is built anew for each of them, in a copy of the sources: minutes, for make soak.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/truth/rows.sh"
[ "${SOAK:-0}" != 0 ] || skip_all "SOAK is not set"
declare -a recordings=() expectations=() names=()

keep_row()
{
    recordings+=("$WORK/row${#names[@]}")
    names+=("$1")
    expectations+=("$(sed '/^$/d' <<<"$2" | sort)")
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

# How many rows the command tells otherwise than the table; at most one is looked for with $1.
red_rows()
{
    local row actual red=0
    for row in "${!names[@]}"; do
        actual=$(findings "${recordings[row]}" | grep -vxF "$apr")
        [[ ${names[row]} != *busy* && ${names[row]} != *stream* ]] || actual=$(without_counts <<<"$actual" | sort)
        [ "$actual" = "${expectations[row]}" ] && continue
        red=$((red + 1))
        [ -z "${1-}" ] || break
    done
    echo "$red"
}

build_copy()
{
    make -s -C "$copy" build/lifeguard >"$WORK/make" 2>&1
}

work
apr='permanent-pool-alloc warning master "global_pool" 2 80'
build_systems
each_row poold keep_poold
each_row systems keep_system
each_row growth keep_system
copy=$BUILD/mutations
rm -rf "$copy"
mkdir -p "$copy/tests"
cp -a "$SOURCE"/{Makefile,analyzer,preload,.ci} "$copy" 2>/dev/null
LIFEGUARD=$copy/build/lifeguard
ok "a copy of the sources is built" build_copy
is "it turns no row of ${#names[@]} red" "$(red_rows)" 0
# Else a row is red whatever is done to the rules.
[ "$tests_failed" -eq 0 ] || done_testing
while read -r file expression; do
    [[ $file != '#'* ]] || continue
    cp "$copy/$file" "$WORK/whole"
    sed -i "$expression" "$copy/$file"
    if cmp -s "$WORK/whole" "$copy/$file"; then
        failed "$file $expression: changes nothing"
    elif build_copy; then
        is "$file $expression" "$(red_rows first)" 1
    else
        failed "$file $expression: does not compile"
    fi
    cp "$WORK/whole" "$copy/$file"
    touch "$copy/$file"
done < <(grep -v '^#' "$SOURCE/tests/truth/mutations")
done_testing
