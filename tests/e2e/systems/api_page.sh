#!/usr/bin/env bash
# The ten minutes of lifeguard-api(5): what the page shows is what samples/arena has, and its
# commands give what it says.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# Each comment and blank line left out.
bare()
{
    grep -v -e '^#' -e '^$' "$1"
}

work
mkdir "$WORK/bin" "$WORK/arena"
ln -s "$LIFEGUARD" "$WORK/bin/lifeguard"
printf '#!/bin/sh\nexec %s "$@"\n' "${CC:-gcc}" >"$WORK/bin/cc"
chmod +x "$WORK/bin/cc"
cp "$SOURCE"/samples/arena/*.[ch] "$WORK/arena"
cd "$WORK/arena" || exit 1
PATH=$WORK/bin:$PATH "$SOURCE/tests/e2e/programs/page_commands" "$SOURCE/man/lifeguard-api.5" \
    "WRITING A DESCRIPTION" arena.api arena.[ch] requests.c >"$WORK/count" 2>"$WORK/why"
is "the page's commands give what it shows" "$(cat "$WORK/why" "$WORK/count")" 9
is "its description is that of the sample" "$(bare arena.api)" \
    "$(bare "$SOURCE/samples/arena/arena.api")"
status "the sample's is whole" 0 "$LIFEGUARD" api check "$SOURCE/samples/arena/arena.api" -- ./requests
for fault in leak:leaked-subpool root:permanent-pool-alloc after:use-after-destroy; do
    "$LIFEGUARD" record -f --api="$SOURCE/samples/arena/arena.api" -o fault -- ./requests \
        --fault="${fault%:*}" 2>/dev/null
    status "--fault=${fault%:*} fails the gate" 1 "$LIFEGUARD" check fault
    ok "... by what it is, in its line" grep -qE "^requests.c:[0-9]+: error: .*\[${fault#*:}\]" \
        "$WORK/out"
done
# Its root variable then lies in the executable, which was linked to have a copy of it.
status "arenas are a library, too" 0 "${CC:-gcc}" -g -fPIC -shared -o libarena.so arena.c
status "... that a program uses" 0 "${CC:-gcc}" -g -rdynamic -o uses requests.c ./libarena.so
"$LIFEGUARD" record -f --api="$SOURCE/samples/arena/arena.api" -o fault -- ./uses \
    --fault=root 2>/dev/null
status "... --fault=root fails the gate" 1 "$LIFEGUARD" check fault
ok "... by what it is, in its line" grep -qE \
    '^requests.c:[0-9]+: error: `root_arena`.*\[permanent-pool-alloc\]' "$WORK/out"
done_testing
