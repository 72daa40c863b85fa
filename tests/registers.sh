#!/usr/bin/env bash
# What the fast path reaches touches no vector register: they are saved only after it
# (preload/hooks/entry.h). The recorder's objects tell what hooks_try() calls and what those call in
# turn, and what registers are named in them. So the list of files in the Makefile is whole.
. "$(dirname "$0")/e2e/lib.sh"
work

# hooks_try() calls these by a table.
fast_path='hooks_try try_nothing try_other try_allocation try_take try_give_back'

# "FILE:FUNCTION NAME" of each use of a name, with FILE: before those of the file itself, and
# "FILE:FUNCTION !" of each that names a vector register, in the objects below $1.
uses()
{
    find "$1" -name '*.o' | sort | while read -r object; do
        [ ! -d preload ] || [ -e "${object#"$1"/}" ] || [ -e "${object:${#1}+1:-2}" ] || continue
        objdump -dr --no-show-raw-insn "$object" | awk -v file="${object##*/}" '
            /^[0-9a-f]+ <.*>:$/ { within = file ":" substr($2, 2, length($2) - 3); print within }
            /%[xyz]mm[0-9]/ { print within, "!" }
            /R_X86_64_/ { name = $NF; sub(/[-+]0x[0-9a-f]+$/, "", name); print within, name }
            match($0, /(call|j[a-z]+) +[0-9a-f]+ <[^>+]*/) {
                name = substr($0, RSTART, RLENGTH); sub(/.*</, "", name)
                print within, file ":" name
            }' | sort -u
    done
}

# Reads that; prints what is reached from functions $1: "FUNCTION !" where it names such a register,
# "FUNCTION ?" where it is in no object, else "FUNCTION".
reached()
{
    awk -v from="$1" '
        { name = $1; sub(/.*:/, "", name); there[$1]; by_name[name] = $1 }
        $2 == "!" { touches[$1]; next }
        NF == 2 { used[$1] = used[$1] " " $2 }
        function visit(name) {
            if (!(name in there) && (name in by_name))
                name = by_name[name]
            if (!(name in seen)) {
                seen[name]
                queue[++count] = name
            }
        }
        END {
            roots = split(from, root)
            for (i = 1; i <= roots; i++)
                visit(root[i])
            for (i = 1; i <= count; i++) {
                uses = split(used[queue[i]], next_one)
                for (k = 1; k <= uses; k++)
                    visit(next_one[k])
                print queue[i] (queue[i] in touches ? " !" : queue[i] in there ? "" : " ?")
            }
        }'
}

# Named on the fast path, but never called there: there is room for an event (find_fast()), a name
# has its number (read_call()), and what measures strings has no fast path (plan() in install.c).
never='stream_begin_events|event_name|strlen'

# Sets $reached of the objects below $1.
follow()
{
    reached=$(uses "$1" | grep -v -w -E "($never)\$" | reached "$fast_path")
}

# The files that it is in.
files()
{
    sed -n 's/\.o:.*//p' <<<"$reached" | sort -u | tr '\n' ' '
}

# What it calls that is no function of the objects below $1, nor data there.
others()
{
    find "$1" -name '*.o' -exec nm --defined-only {} + 2>/dev/null |
        awk 'NF == 3 && $2 ~ /[bBdDrRvV]/ { print $3 }' >"$WORK/data"
    sed -n 's/ ?$//p' <<<"$reached" | grep -v '^\.' | grep -v -x -F -f "$WORK/data"
}

objects=$BUILD/obj/pic
[ -e "$objects/preload/hooks/hooks.c.o" ] || skip_all "there are no objects of the recorder"
cd "$SOURCE" || exit 1
follow "$objects"
unsaved=$(make -s --no-print-directory --eval 'print-unsaved: ; @echo $(notdir $(UNSAVED))' \
    print-unsaved | tr ' ' '\n' | sort -u | tr '\n' ' ')
is "the files of the fast path are compiled without vector registers" "$(files)" "$unsaved"
is "... and it names none" "$(grep '!$' <<<"$reached")" ""
is "... nor calls what may" "$(others "$objects")" "clock_gettime"

# A small fast path, in which something is planted.
mkdir -p "$WORK/obj"
compile()
{
    printf '%s\n' "$2" >"$WORK/$1"
    "${CC:-cc}" -O2 -c "$WORK/$1" -o "$WORK/obj/$1.o" || exit 1
}
cd "$WORK" || exit 1
compile hooks.c 'int far(int); int hooks_try(int a) { return far(a) + 1; }'
compile far.c 'int far(int a) { return a * 3; }'
follow "$WORK/obj"
is "a path without fault passes" "$(files)$(grep '!$' <<<"$reached")" "far.c hooks.c "
compile far.c 'double of(int); int far(int a) { return (int)(of(a) * 1.5); }'
follow "$WORK/obj"
is "a vector register is seen where it is called from another file" \
    "$(grep '!$' <<<"$reached")" "far.c.o:far !"
is "... and a call that leaves the recorder" "$(others "$WORK/obj" | grep -w of)" "of"
done_testing
