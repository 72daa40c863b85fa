#!/usr/bin/env bash
# No hook changes a vector register, whichever way it takes: what is usual is done without saving
# any of them.
. "$(dirname "$0")/../lib.sh"
work

cat >"$WORK/vectors.api" <<'API'
[api]
name   = vectors
detect = vec_create vec_destroy vec_alloc vec_name

[functions]
vec_create  = create   pool=ret parent=a0
vec_destroy = destroy  pool=a0
vec_alloc   = alloc    pool=a0 size=a1
vec_name    = set_name pool=a0 name=a1

API
sed -n '/^\[layout\]/,$p' preload/api/proftpd.api >>"$WORK/vectors.api"

record()
{
    "$LIFEGUARD" record --api="$WORK/vectors.api" -f -o "$WORK/recording" -- "$@" \
        >"$WORK/told" 2>"$WORK/err"
}

# What the program told of $1 calls: none changed a register, and all were recorded.
expect_kept()
{
    comment <"$WORK/told"
    is "... of its calls none changes a register" "$(grep -c ' 0 changed$' "$WORK/told")" 5
    report "$WORK/recording"
    is "... and all are recorded, and the end" "$(json .recording.events)" $(($1 + 1))
    is "... as $(wc -l <"$WORK/told") kinds of calls say" \
        "$(sed 's/.*: //' "$WORK/told" | awk '{ calls += $1 } END { print calls }')" "$1"
}

ok "a program that keeps values in vector registers" record "$BUILD/e2e/vectors" 40000
expect_kept $((1 + 40000 + 4096 + 40000 + 3 * 10000))
ok "... and again with every backtrace taken twice" \
    record env LIFEGUARD_VERIFY=1 "$BUILD/e2e/vectors" 2000
expect_kept $((1 + 2000 + 4096 + 2000 + 3 * 500))
done_testing
