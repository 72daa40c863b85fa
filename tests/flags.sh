#!/usr/bin/env bash
# What builders give to make is respected, by its own plan: flags reach each compiler and linker, and
# warnings are errors only where that is asked for.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/e2e/lib.sh"
work

# ARGUMENT...: what make would run, into $WORK/plan. What this make check was given is in the environment.
plan()
{
    env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS -u WERROR -u SANITIZE -u CPPFLAGS -u CFLAGS -u LDFLAGS -u CC \
        make -n -B -C "$SOURCE" BUILD="$WORK/build" "$@" all tests >"$WORK/plan"
}

compiling()
{
    grep -e ' -c .* -o ' "$WORK/plan"
}

# Samples are built as the tests know them, but for what is linked.
linking()
{
    grep -e ' -o ' "$WORK/plan" | grep -v -e ' -c '
}

ok "make plans" plan CPPFLAGS=-DBUILDERS=1 CFLAGS='-O1 -pipe' LDFLAGS=-Wl,-z,builders
ok "... to compile" test "$(compiling | wc -l)" -gt 300
ok "... and to link" test "$(linking | wc -l)" -gt 50
is "CPPFLAGS reach each compiler" "$(compiling | grep -v -e ' -DBUILDERS=1 ')" ''
is "... CFLAGS, too" "$(compiling | grep -v -e ' -O1 -pipe ')" ''
is "... without the default" "$(compiling | grep -e ' -O2 ')" ''
is "LDFLAGS reach each linker" "$(linking | grep -v -e ' -Wl,-z,builders ')" ''
is "... and CPPFLAGS what is compiled and linked at once" "$(linking | grep -e '\.c ' | grep -v -e ' -DBUILDERS=1 ')" ''
is "warnings are no errors" "$(grep -c -e -Werror "$WORK/plan")" 0
plan WERROR=1
is "... but where that is asked for" "$(compiling | grep -v -e ' -Werror ')" ''
done_testing
