/*
 * vectors.c - calls of hooked functions that leave every vector register as it was, by callers
 * that count on it, as compilers do for functions they know: which recorded calls changed one?
 *
 *   vectors ROUNDS
 *
 * Prints a line for each way to be recorded, with the number of calls and of those after which a
 * register was different. Its pools are described by vectors.api, in vectors.sh.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS 16

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

/* void call_with(void *, uintptr_t, function *, unsigned char held[VECTORS][16]): calls with what
 * is held in the vector registers, and puts there what they hold after it. */
#define EACH(move)                                                                                 \
    move(0) move(1) move(2) move(3) move(4) move(5) move(6) move(7) move(8) move(9) move(10)       \
        move(11) move(12) move(13) move(14) move(15)
#define LOAD(n)  "movups 16*" #n "(%rbx), %xmm" #n "\n"
#define STORE(n) "movups %xmm" #n ", 16*" #n "(%rbx)\n"
__asm__(".text\n.type call_with, @function\ncall_with:\n"
        ".cfi_startproc\npush %rbx\n.cfi_adjust_cfa_offset 8\n.cfi_offset %rbx, -16\n"
        "mov %rcx, %rbx\n" EACH(LOAD) "call *%rdx\n" EACH(STORE) "pop %rbx\n"
                                                                 ".cfi_adjust_cfa_offset -8\nret\n"
                                                                 ".cfi_endproc\n"
                                                                 ".size call_with, .-call_with\n");
void call_with(void *, uintptr_t, function *, unsigned char held[VECTORS][16]);

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
    unsigned char held[VECTORS][16], given[VECTORS][16];

    for (size_t i = 0; i < sizeof(given); i++)
        ((unsigned char *)given)[i] = (unsigned char)(7 * i + calls);
    memcpy(held, given, sizeof(given));
    call_with(pool, argument, callee, held);
    calls++;
    changed += memcmp(held, given, sizeof(given)) != 0;
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
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    struct block *one = make_block(), *other = make_block();
    char names[8][16];

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
