#!/usr/bin/env bash
# lifeguard tree where its temporary file has no room: it says so, in both formats.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# No file may be written: the signal that would end the command is ignored.
tree_without_room()
{
    (
        trap '' XFSZ
        ulimit -f 0
        "$LIFEGUARD" tree "$@" "$WORK/recording" | cat
        exit "${PIPESTATUS[0]}"
    )
}

work
ok "a daemon is recorded" "$LIFEGUARD" record -o "$WORK/recording" -- "$BUILD/samples/poold" --drive 2x3
for format in text json; do
    output=$(tree_without_room --format=$format 2>&1 >/dev/null)
    is "... is what is told" "${output%%:*}: ${output#*: }" \
        "lifeguard tree: the trees could not be written: File too large"
done
done_testing
