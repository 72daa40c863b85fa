# For truth.sh, truth_kinds.sh and mutations.sh to source: the rows of tests/truth/*.table.
#
#   each_row TABLE COMMAND     calls COMMAND with a row and the findings that are to be in it
#   record_poold ROW DIR       records poold with the row's arguments into DIR
#   build_systems              builds the programs that use other pool systems, as far as there are any
#   record_system ROW DIR      records one of these; fails where it was not built. Of those whose name
#                              ends in "-blocks" the blocks are looked at, too
#   stale_is_seen              whether the kernel, and a filter of system calls, lets --stale be; else skips
#   findings RECORDING         the findings, a line each, as in the tables
#   without_counts             of such lines: without what is not the same in each run

each_finding='.findings[]
    | "\(.rule) \(.severity) \(.kind) \"\(.pool.path // "" | sub(".* > "; ""))\" \(.count) \(.bytes)"'

# The findings of RECORDING, a line each, as in the tables.
findings()
{
    report "$1" || return
    jq -r "$each_finding" "$WORK/report.json" | sort
}

# Without severity, count and bytes, which are not the same in each run where time is the unit.
without_counts()
{
    sed 's/^\([a-z-]*\) \(error\|warning\|note\) /\1 /; s/ [0-9]* [0-9]*$//'
}

# each_row TABLE COMMAND: calls COMMAND with a row and the findings that are to be in it. A row is a
# line, its findings are the indented lines below it.
each_row()
{
    local line row='' expected=''
    while IFS= read -r line; do
        case $line in
        '' | '#'*) ;;
        ' '*) expected+=${line#"${line%%[! ]*}"}$'\n' ;;
        *)
            [ -z "$row" ] || "$2" "$row" "$expected"
            row=$line expected=
            ;;
        esac
    done <"$SOURCE/tests/truth/$1.table"
    "$2" "$row" "$expected"
}

record_poold()
{
    local before=() row=$1
    while [[ $row == --poison* || $row == --guard* || $row == --stale* ]]; do
        before+=("${row%% *}") row=${row#* }
    done
    "$LIFEGUARD" record "${before[@]}" -f -o "$2" -- "$BUILD/samples/poold" $row \
        >"$WORK/out" 2>&1
}

# build_growth SYSTEM LIBRARY...: a program that uses its pools, see tests/e2e/programs/growth.
build_growth()
{
    local system=$1 source=$SOURCE/tests/e2e/programs/growth
    local ways=("$source"/{when,who,stream,field,caches,clients,errors,hoards,reloads,labels,costs,cases,variants,habits,stays,workers,threads,once}.c)
    shift
    ${CC:-cc} -std=gnu11 -g -O1 -fno-optimize-sibling-calls -rdynamic -pthread \
        "$source"/{growth,"$system"}.c "${ways[@]}" -o "$WORK/growth-$system" "$@" \
        2>"$WORK/err" || return
    # What only looks like the server has no blocks as the server has. What calls its functions for
    # growth.c is no more to blame than these are.
    sed -e '/^name /a library = pool_new pool_end pool_take pool_renew root_take' \
        "$SOURCE/preload/api/$system.api" >"$WORK/$system-blocks.api"
    sed -e '/^\[layout\]/,$d' "$WORK/$system-blocks.api" >"$WORK/$system.api"
}

build_systems()
{
    local why
    libraries=
    build_growth proftpd "$SOURCE/samples/poold/pool.c" || failed "pools as ProFTPD's are built"
    build_growth nginx || failed "pools as nginx's are built"
    build_growth postgresql || failed "contexts as PostgreSQL's are built"
    build_growth apr -l:libapr-1.so.0 || skip "APR" "there is no libapr-1"
    if why=$("$SOURCE/samples/radius/fetch" root 2>&1); then
        libraries=$(find "$SOURCE/build/radius" -name libtalloc.so.2 -printf '%h' -quit)
        build_growth talloc "$libraries/libtalloc.so.2" || failed "objects of talloc are built"
    else
        skip "talloc" "$why"
    fi
}

record_system()
{
    local system=${1%% *}
    local program=$WORK/growth-${system%-blocks}
    [ -x "$program" ] || return
    LD_LIBRARY_PATH=$libraries "$LIFEGUARD" record --api="$WORK/$system.api" -f -o "$2" -- \
        "$program" ${1#* } >"$WORK/out" 2>&1
}

stale_is_seen()
{
    "$LIFEGUARD" record --stale -f -o "$WORK/seen" -- "$BUILD/samples/poold" --drive 1x1 >/dev/null 2>&1
    ! "$LIFEGUARD" info "$WORK/seen" | grep -q 'the kernel does not say which pages are used' ||
        { skip "record --stale" "it cannot be seen here which pages are used" && false; }
}
# SPDX-License-Identifier: MIT
