#!/usr/bin/env bash
# No hook changes a vector register or a mask, whichever way it takes, and whichever of them the C
# library uses for what it does.
# SPDX-License-Identifier: MIT
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

# As the C library would do on another processor.
without_zmm=GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512VL,-AVX512BW,-AVX512F
without_avx=$without_zmm,-AVX2,-AVX2_Usable,-AVX,-ERMS

# $2 rounds by a program that keeps values in registers $1, with what else is given in its environment.
run()
{
    local width=$1 rounds=$2
    shift 2
    record env "$@" "$BUILD/e2e/vectors" "$width" "$rounds"
    case $? in
    77)
        skip "registers $width are kept with $rounds rounds $*" "the processor has none"
        return
        ;;
    0) passed "a program that keeps values in registers $width: $rounds rounds $*" ;;
    *) failed "a program that keeps values in registers $width: $rounds rounds $*" ;;
    esac
    expect_kept $((1 + rounds + 4096 + rounds + 3 * (rounds / 4)))
}

many=$([ "${SOAK:-0}" = 0 ] && echo 4000 || echo 40000)
for width in xmm ymm zmm; do
    run "$width" "$many"
    run "$width" 400 LIFEGUARD_VERIFY=1
    run "$width" 400 LIFEGUARD_POISON=1
    run "$width" 400 LIFEGUARD_VERIFY=1 "$without_zmm"
    run "$width" 400 "$without_avx"
done
done_testing
