/*
 * vectors.c - calls of hooked functions that leave every vector register as it was, by callers
 * that count on it, as compilers do for functions they know: which recorded calls changed one?
 *
 *   vectors xmm|ymm|zmm ROUNDS
 *
 * Prints a line for each way to be recorded, with the number of calls and of those after which a
 * register was different. With zmm, all 32 of them are held and the mask registers, too. Status 77:
 * the processor has none of that width. Its pools are described by vectors.api, in vectors.sh.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS 32
#define MASKS   8

/* What is held in registers, and found there after a call. */
struct held {
    unsigned char vectors[VECTORS][64];
    uint64_t masks[MASKS];
};

typedef void *function(void *, uintptr_t);

/* Long enough to be patched, and without a use for vectors. */
#define LEAF(name, result)                                                                         \
    __asm__(".text\n.globl " name "\n.type " name ", @function\n" name ":\n"                       \
            ".cfi_startproc\nnopl 0(%rax,%rax)\nmov " result ", %rax\nnopl 0(%rax,%rax)\nret\n"    \
            ".cfi_endproc\n.size " name ", .-" name "\n")

LEAF("vec_create", "%rsi");
LEAF("vec_destroy", "%rdi");
LEAF("vec_alloc", "%rdi");
LEAF("vec_name", "%rdi");
extern function vec_create, vec_destroy, vec_alloc, vec_name;

/* A caller for each width: it calls with what is HELD in the registers, and puts there what they
 * hold after it. */
typedef void caller(void *, uintptr_t, function *, struct held *held);

#define EACH_16(move)                                                                              \
    move(0) move(1) move(2) move(3) move(4) move(5) move(6) move(7) move(8) move(9) move(10)       \
        move(11) move(12) move(13) move(14) move(15)
#define EACH_32(move)                                                                              \
    EACH_16(move)                                                                                  \
    move(16) move(17) move(18) move(19) move(20) move(21) move(22) move(23) move(24) move(25)      \
        move(26) move(27) move(28) move(29) move(30) move(31)
#define EACH_MASK(move) move(0) move(1) move(2) move(3) move(4) move(5) move(6) move(7)
#define LOAD_XMM(n)     "movups 64*" #n "(%rbx), %xmm" #n "\n"
#define STORE_XMM(n)    "movups %xmm" #n ", 64*" #n "(%rbx)\n"
#define LOAD_YMM(n)     "vmovups 64*" #n "(%rbx), %ymm" #n "\n"
#define STORE_YMM(n)    "vmovups %ymm" #n ", 64*" #n "(%rbx)\n"
#define LOAD_ZMM(n)     "vmovups 64*" #n "(%rbx), %zmm" #n "\n"
#define STORE_ZMM(n)    "vmovups %zmm" #n ", 64*" #n "(%rbx)\n"
#define LOAD_MASK(n)    "kmovq 64*32+8*" #n "(%rbx), %k" #n "\n"
#define STORE_MASK(n)   "kmovq %k" #n ", 64*32+8*" #n "(%rbx)\n"

#define CALLER(name, load, store)                                                                  \
    __asm__(".text\n.type " name ", @function\n" name ":\n.cfi_startproc\npush %rbx\n"             \
            ".cfi_adjust_cfa_offset 8\n.cfi_offset %rbx, -16\nmov %rcx, %rbx\n" load               \
            "call *%rdx\n" store "pop %rbx\n.cfi_adjust_cfa_offset -8\nret\n.cfi_endproc\n"        \
            ".size " name ", .-" name "\n")

CALLER("call_with_xmm", EACH_16(LOAD_XMM), EACH_16(STORE_XMM));
CALLER("call_with_ymm", EACH_16(LOAD_YMM), EACH_16(STORE_YMM) "vzeroupper\n");
CALLER("call_with_zmm", EACH_32(LOAD_ZMM) EACH_MASK(LOAD_MASK),
       EACH_32(STORE_ZMM) EACH_MASK(STORE_MASK) "vzeroupper\n");
caller call_with_xmm, call_with_ymm, call_with_zmm;

static caller *call_with;

static caller *caller_of(const char *width)
{
    if (strcmp(width, "zmm") == 0)
        return __builtin_cpu_supports("avx512bw") ? call_with_zmm : NULL;
    if (strcmp(width, "ymm") == 0)
        return __builtin_cpu_supports("avx2") ? call_with_ymm : NULL;
    return call_with_xmm;
}

/* ProFTPD's layout: a pool at the start of its only block. */
struct block {
    uintptr_t end, next, used, padding;
    struct {
        uintptr_t first, others[8];
    } pool;
    char data[64];
};

static unsigned long calls, changed;

static void call(function *callee, void *pool, uintptr_t argument)
{
    static struct held held, given;

    for (size_t i = 0; i < sizeof(held); i++)
        ((unsigned char *)&held)[i] = (unsigned char)(7 * i + calls);
    memcpy(&given, &held, sizeof(given));
    call_with(pool, argument, callee, &held);
    calls++;
    changed += memcmp(&held, &given, sizeof(given)) != 0;
}

/* The same from DEPTH calls further, with a backtrace for each BRANCHES. */
static __attribute__((noinline)) void call_deep(unsigned depth, unsigned branches, void *pool)
{
    if (depth == 0)
        call(vec_alloc, pool, branches);
    else if (branches & 1)
        call_deep(depth - 1, branches >> 1, pool);
    else
        call_deep(depth - 1, branches >> 1, pool);
    __asm__ volatile("" ::: "memory"); /* no tail call */
}

static void tell(const char *what)
{
    printf("%s: %lu calls, %lu changed\n", what, calls, changed);
    calls = changed = 0;
}

static struct block *make_block(void)
{
    struct block *block = calloc(1, sizeof(*block));
    if (!block)
        exit(1);
    block->end = (uintptr_t)(block + 1);
    block->used = (uintptr_t)block->data;
    block->pool.first = (uintptr_t)block;
    return block;
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    struct block *one = make_block(), *other = make_block();
    char names[8][16];

    call_with = caller_of(argc > 1 ? argv[1] : "xmm");
    if (!call_with)
        return 77;
    call(vec_create, NULL, (uintptr_t)&one->pool);
    tell("the first call");
    for (unsigned long i = 0; i < rounds; i++)
        call(vec_alloc, &one->pool, i);
    tell("the same call again, and new blocks");
    for (unsigned i = 0; i < 4096; i++)
        call_deep(12, i * 2654435761u >> 8, &one->pool);
    tell("new backtraces");
    for (unsigned long i = 0; i < rounds; i++)
        call_deep(12, i % 64, &one->pool);
    tell("64 backtraces in turn");
    for (unsigned long i = 0; i < rounds / 4; i++) {
        call(vec_create, &one->pool, (uintptr_t)&other->pool);
        snprintf(names[i % 8], sizeof(names[0]), "pool %lu", i % 100);
        call(vec_name, &other->pool, (uintptr_t)names[i % 8]);
        call(vec_destroy, &other->pool, 0);
    }
    tell("pools made, named, and destroyed");
    free(one);
    free(other);
    return 0;
}
/* SPDX-License-Identifier: MIT */
