#!/usr/bin/env bash
# What a finding is known by: the same from build to build, and never that of another fault.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

faults=(--fault=permanent-alloc --fault=permanent-alloc-restart --fault=leaked-subpool
    --fault=leaked-subpool-restart --fault=growing-pool --fault=growing-pool-restart)

fresh_source()
{
    rm -rf "$WORK/source"
    cp -r "$SOURCE/samples/poold" "$WORK/source"
}

# build NAME COMPILER OPTION...: the sample daemon in $WORK/source, the pools as a distribution
# builds them.
build()
{
    local name=$1
    shift
    mkdir -p "$WORK/$name"
    (cd "$WORK/source" && gcc -std=gnu11 -g -O2 -c pool.c && mv pool.c pool.c.built &&
        "$@" -std=gnu11 -g -rdynamic *.[co] -o "$WORK/$name/poold" && mv pool.c.built pool.c)
}

# The same with its faults in libfaults-VERSION.so: NAME VERSION
build_with_library()
{
    local dir=$WORK/$1 library=libfaults-$2.so
    mkdir -p "$dir"
    (cd "$WORK/source" &&
        gcc -std=gnu11 -g -fPIC -shared fault.c -Wl,-soname,"$library" -o "$dir/$library" &&
        rm fault.c && gcc -std=gnu11 -g -O2 -rdynamic *.c "$dir/$library" -Wl,-rpath,"$dir" -o "$dir/poold")
}

# record NAME: "rule kind fingerprint nearby weak" of each finding in $WORK/NAME/found.
record()
{
    "$LIFEGUARD" record -f -o "$WORK/$1/recording" -- "$WORK/$1/poold" --drive 2x30,12 \
        "${faults[@]}" && report "$WORK/$1/recording" || return
    jq -r '.findings[] | "\(.rule) \(.kind) \(.fingerprint) \(.nearby) \(.weak)"' \
        "$WORK/report.json" | sort >"$WORK/$1/found"
    [ -s "$WORK/$1/found" ]
}

build_and_record()
{
    build "$@" && record "$1"
}

variant()
{
    ok "$1: built and recorded" build_and_record "$@"
    is "... the same fingerprints" "$(cat "$WORK/$1/found")" "$(cat "$WORK/first/found")"
}

# How many different ones there are in column COLUMN of the findings of NAME...
distinct()
{
    local column=$1
    shift
    (cd "$WORK" && cut -d' ' -f"$column" "${@/%//found}" | sort -u | wc -l)
}

work
command -v gcc >/dev/null || skip_all "gcc is not installed"
fresh_source
ok "the faults, not optimized" build_and_record first gcc -O0
is "... each has a fingerprint of its own" "$(distinct 3 first)" "${#faults[@]}"
is "... and a nearby one" "$(distinct 4 first)" "${#faults[@]}"
is "... none is weak" "$(grep -c ' true$' "$WORK/first/found")" 0
cp -r "$WORK/first" "$WORK/again"
ok "a second run, of a copy and elsewhere in memory" record again
is "... the same" "$(cat "$WORK/again/found")" "$(cat "$WORK/first/found")"

# A call in tail position leaves no frame behind: then the logical stack is another.
variant optimized gcc -O2 -fno-optimize-sibling-calls
variant at-a-fixed-address gcc -O1 -no-pie -gdwarf-4
if command -v clang >/dev/null; then
    variant clang clang -O0
    variant clang-optimized clang -O2 -fno-optimize-sibling-calls
else
    skip "clang" "clang is not installed"
fi

# A directory with another name, and all lines 50 further down.
mkdir "$WORK/else where"
mv "$WORK/source" "$WORK/else where/src"
for file in "$WORK/else where/src"/*.c; do
    { printf '\n%.0s' {1..50}; cat "$file"; } >"$WORK/moved.c" && mv "$WORK/moved.c" "$file"
done
ln -s "else where/src" "$WORK/source"
variant moved gcc -O0
rm "$WORK/source"

for version in 1.2 2.0; do
    fresh_source
    ok "the faults in a library of version $version" build_with_library "library-$version" "$version"
    ok "... recorded" record "library-$version"
done
is "... the same fingerprints" "$(cat "$WORK/library-2.0/found")" "$(cat "$WORK/library-1.2/found")"
# One pool grows by what the program does in either case.
is "... other ones than in the program itself" "$(distinct 3 library-1.2 optimized)" \
    $((2 * ${#faults[@]} - 1))

# A caller gets another name: it calls all faults from afar, whose places stay what they are.
fresh_source
sed -i 's/\<master_drive\>/master_work/g' "$WORK/source"/*.[ch]
ok "a caller is renamed" build_and_record renamed gcc -O0
is "... who called is no part of a fingerprint" "$(distinct 3 renamed first)" ${#faults[@]}
is "... the nearby ones are the same" "$(distinct 4 renamed first)" ${#faults[@]}
status "a baseline of before" 0 "$LIFEGUARD" check --baseline "$WORK/baseline" --update-baseline \
    "$WORK/first/recording"
status "... by these knows what has moved" 0 "$LIFEGUARD" check --baseline "$WORK/baseline" \
    "$WORK/renamed/recording"
is "... and nothing is new" "$(grep -c 'error: ' "$WORK/out")" 0

# The same mistake once more in the same function: only the lines differ.
fresh_source
sed -i '/pstrdup(permanent_pool, "the file/{p;s/the file/another file/}' "$WORK/source/fault.c"
ok "one allocation more in the same function" build_and_record twice gcc -O0
is "... has a fingerprint of its own" "$(distinct 3 twice first)" $((1 + ${#faults[@]}))
status "... is not in the baseline of before" 1 "$LIFEGUARD" check --baseline "$WORK/baseline" \
    "$WORK/twice/recording"
is "... and alone" "$(grep -c ': error: ' "$WORK/out")" 1

# Static functions have no name in a stripped program.
fresh_source
ok "without names" build_and_record stripped gcc -O1 -s
ok "... the fingerprints are weak" grep -q ' true$' "$WORK/stripped/found"
status "... not taken into a baseline unasked" 1 "$LIFEGUARD" check --baseline "$WORK/weak" \
    --update-baseline "$WORK/stripped/recording"
ok "... which is told" grep -q -- --allow-weak "$WORK/err"
status "... but with --allow-weak" 0 "$LIFEGUARD" check --baseline "$WORK/weak" \
    --update-baseline --allow-weak "$WORK/stripped/recording"
status "... and then known" 0 "$LIFEGUARD" check --baseline "$WORK/weak" "$WORK/stripped/recording"
done_testing
