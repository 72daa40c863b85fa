#!/usr/bin/env bash
# Layers: every include and every call goes down the table below, and none in a circle.
#
#   tests/layers.sh                 a test: of the sources, and of the objects in BUILD
#   tests/layers.sh TOP OBJ         the same of another tree: prints what is wrong, and fails
#
# Calls are what objects leave undefined, taken together with who defines it, for each of the two
# programs that they are linked into. A call that the compiler inlined is an include as well.
# SPDX-License-Identifier: MIT

# Folder, then what it may use: those folders or files and what they may use in turn.
table='
preload/libc
preload/util       preload/libc
preload/api        preload/libc
preload/walk       preload/api
preload/trace      preload/util
preload/code       preload/api preload/util
preload/unwind     preload/code preload/trace
preload/young      preload/unwind
preload/guard      preload/unwind preload/walk
preload/hooks      preload/unwind preload/young preload/guard preload/walk
preload/recorder.c preload/hooks
preload/attached.c preload/hooks

analyzer/util      preload/api/slice.h preload/api/slice.c preload/util/version.h
analyzer/trace     analyzer/util preload/api preload/trace/format.h preload/trace/format_walk.h preload/trace/looked.h preload/trace/varint.h
analyzer/thin      analyzer/trace
analyzer/symbols   analyzer/trace
analyzer/replay    analyzer/symbols
analyzer/profile   analyzer/replay
analyzer/rules     analyzer/profile
analyzer/gate      analyzer/rules
analyzer/tune      analyzer/replay
analyzer/record    analyzer/trace
analyzer/api       analyzer/record
analyzer/attach    analyzer/record preload/util/control.h preload/util/filter_code.h preload/util/filter_code.c preload/util/mappings.h preload/walk
analyzer/scan      analyzer/gate analyzer/api preload/walk preload/code/instruction.h preload/code/instruction.c preload/code/opcodes.h preload/code/opcodes.c
analyzer/render    analyzer/gate analyzer/api analyzer/scan analyzer/tune
analyzer/export    analyzer/render
analyzer/html      analyzer/render
analyzer/top       analyzer/render
analyzer/serve     analyzer/export
analyzer/keep      analyzer/export analyzer/thin
analyzer/commands  analyzer/html analyzer/top analyzer/attach analyzer/keep analyzer/serve
analyzer/main.c    analyzer/commands
'

# The seam where patched code comes in: entry.S calls hooks.c, which reads what entry.S saved.
seam='preload/hooks/entry preload/hooks/hooks'

# "FILE USED how" of each include.
includes()
{
    find preload analyzer -name '*.[chS]' | sort | xargs awk '
        match($0, /^#include "[^"]*"/) { print FILENAME, substr($0, 11, RLENGTH - 11), "includes" }'
}

# "FILE USED how" of each call and each use of data, of the objects below $1 that are of folders $2.
calls()
{
    [ -d "$1" ] || return
    (cd "$1" && find $2 -name '*.o' | sort) | while read -r object; do
        [ -e "${object%.o}" ] && printf '%s\0' "$1/$object" # else of a source that is gone
    done | xargs -0 -r nm -A -g | sed "s|^$1/||; s|\.o:|: |" | awk '
        { file = $1; sub(/:$/, "", file); name = $NF }
        $(NF - 1) == "U" { used[++count] = file; names[count] = name; next }
        { definer[name] = file }
        END {
            for (i = 1; i <= count; i++)
                if (names[i] in definer && definer[names[i]] != used[i])
                    print used[i], definer[names[i]], "calls " names[i] "() of"
        }'
}

# Reads such lines; says which run up.
upwards()
{
    awk -v table="$table" '
        function allow(folder, what,    i, more, parts) {
            if ((folder, what) in may)
                return
            may[folder, what]
            more = split(row[what], parts)
            for (i = 1; i <= more; i++)
                allow(folder, parts[i])
        }
        function room(file) {
            if (file in listed)
                return file
            sub(/\/[^\/]*$/, "", file)
            return file
        }
        BEGIN {
            count = split(table, rows, "\n")
            for (i = 1; i <= count; i++)
                if (split(rows[i], parts)) {
                    name = parts[1]
                    order[++folders] = name
                    listed[name]
                    row[name] = substr(rows[i], length(name) + 1)
                }
            for (i = 1; i <= folders; i++)
                allow(order[i], order[i])
        }
        {
            how = $3
            for (i = 4; i <= NF; i++)
                how = how " " $i
            from = room($1)
            if (!(from in listed))
                print $1 " is in no folder of the table"
            else if (!((from, room($2)) in may) && !((from, $2) in may))
                print $1 " " how " " $2 ": " from " may not use that"
        }' | sort -u
}

# Reads such lines; says which files, a source and its header being one, stand in circles.
circles()
{
    awk -v seam="$seam" '
        { sub(/\.[chS]$/, "", $1); sub(/\.[chS]$/, "", $2) }
        $1 != $2 && $1 " " $2 != seam { print $1, $2 }' | sort -u | tsort 2>&1 >/dev/null |
        sed -n 's/^tsort: -: input contains a loop:$/a circle:/p; s/^tsort: \(.*\)$/    \1/p'
}

check_layers()
{
    local sources=$(includes)
    local recorder=$(calls "$1/pic" preload)
    local command=$(calls "$1/plain" "analyzer $(cd "$1/plain" && ls -d preload/api preload/walk 2>/dev/null)")
    [ -n "$sources" ] && [ -n "$recorder" ] && [ -n "$command" ] || echo "there are no objects below $1"
    printf '%s\n' "$sources" "$recorder" "$command" | upwards
    printf '%s\n' "$sources" "$recorder" "$command" | circles
}

if [ $# = 2 ]; then
    cd "$1" || exit 2
    wrong=$(check_layers "$2")
    [ -z "$wrong" ] || printf '%s\n' "$wrong"
    [ -z "$wrong" ]
    exit
fi

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/e2e/lib.sh"
work

ok "every include and every call goes down, and none in a circle" \
    "$0" "$SOURCE" "$BUILD/obj"

# FILE TEXT: writes it into a small tree, compiled as the real one is.
plant()
{
    mkdir -p "$WORK/tree/${1%/*}"
    printf '%b\n' "$2" >"$WORK/tree/$1"
    [[ $1 == *.c ]] || return 0
    local kind
    for kind in plain pic; do
        mkdir -p "$WORK/obj/$kind/${1%/*}"
        "${CC:-cc}" -iquote "$WORK/tree" -c "$WORK/tree/$1" -o "$WORK/obj/$kind/$1.o" || exit 1
    done
}

small_tree()
{
    rm -rf "$WORK/tree" "$WORK/obj"
    plant analyzer/util/low.h 'int low(void);'
    plant analyzer/util/low.c '#include "analyzer/util/low.h"\nint low(void) { return 1; }'
    plant analyzer/trace/high.h 'int high(void);'
    plant analyzer/trace/high.c \
        '#include "analyzer/util/low.h"\nint high(void) { return low(); }'
    plant preload/util/deep.c 'int deep(void) { return 2; }'
    plant preload/trace/shallow.c \
        'int deep(void);\nint shallow(void) { return deep(); }'
}

# NAME EXPECTED: the tree fails, and EXPECTED are the first lines of what is said of it.
says()
{
    local said
    if said=$("$0" "$WORK/tree" "$WORK/obj"); then
        failed "$1"
    else
        is "$1" "$(head -n "$(grep -c . <<<"$2")" <<<"$said")" "$2"
    fi
}

small_tree
ok "a tree without fault passes" "$0" "$WORK/tree" "$WORK/obj"

plant analyzer/util/low.c '#include "analyzer/trace/high.h"\nint low(void) { return 1; }'
says "an include that runs up is seen" \
    "analyzer/util/low.c includes analyzer/trace/high.h: analyzer/util may not use that"

small_tree
plant analyzer/util/low.c 'int high(void);\nint low(void) { return high(); }'
says "a call that runs up is seen, without an include" \
    "analyzer/util/low.c calls high() of analyzer/trace/high.c: analyzer/util may not use that"

small_tree
plant preload/util/deep.c 'int shallow(void);\nint deep(void) { return shallow(); }'
says "... in the recorder, too" \
    "preload/util/deep.c calls shallow() of preload/trace/shallow.c: preload/util may not use that"

small_tree
plant analyzer/util/other.c 'int low(void);\nint other(void) { return low(); }'
plant analyzer/util/low.c 'int other(void);\nint low(void) { return other(); }'
says "a circle of calls within a folder is seen" "a circle:
    analyzer/util/low
    analyzer/util/other"

small_tree
plant analyzer/util/other.h '#include "analyzer/util/low.h"'
plant analyzer/util/low.h '#include "analyzer/util/other.h"'
says "... and one of includes" "a circle:
    analyzer/util/low
    analyzer/util/other"

small_tree
plant analyzer/attic/old.c '#include "analyzer/util/low.h"'
says "a folder that is not in the table is seen" \
    "analyzer/attic/old.c is in no folder of the table"

small_tree
rm -r "$WORK/obj/pic"
says "where there are no objects, nothing passes" "there are no objects below $WORK/obj"
done_testing
