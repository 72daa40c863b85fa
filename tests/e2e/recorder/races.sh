#!/usr/bin/env bash
# ThreadSanitizer finds no data race in the recorder's parts, used by 16 threads at once.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
rounds=$((${SOAK:-0} ? 4000 : 200))
races=$SOURCE/build/sanitize-thread/race/races

build()
{
    env -u MAKEFLAGS -u MAKELEVEL make -s -C "$SOURCE" CC=gcc SANITIZE=thread \
        "build/sanitize-thread/race/races"
}

need_sanitizer()
{
    echo 'int main(void) { return 0; }' >"$WORK/empty.c"
    gcc -fsanitize=thread "$WORK/empty.c" -o "$WORK/empty" && "$WORK/empty"
}

work
need_sanitizer 2>/dev/null || skip_all "gcc has no ThreadSanitizer here"
ok "the recorder's parts are built with ThreadSanitizer" build
status "no data race" 0 timeout 600 "$races" "$rounds"
comment <"$WORK/out"
ok "... in many backtraces" \
    test "$(sed -n 's/compared \([0-9]*\) .*/\1/p' "$WORK/out")" -gt 1000
is "... of which none is wrong" "$(sed -n 's/.* different //p' "$WORK/out")" 0
done_testing
