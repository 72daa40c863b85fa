/*
 * unwind_compare.h - takes a backtrace as a hook would and compares it with libunwind's and with
 * the C library's. To be included once in a program.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_UNWIND_COMPARE_H
#define LIFEGUARD_UNWIND_COMPARE_H

#include "preload/hooks/entry.h"
#include "preload/trace/file.h"
#include "preload/unwind/libunwind_remote.h"
#include "preload/unwind/stack_cache.h"
#include "preload/unwind/unwind.h"
#include "tests/unit/support/temp_trace.h"

#include <criterion/criterion.h>
#include <execinfo.h>
#include <stdio.h>
#include <string.h>

static struct stream *stream;

static void begin(void)
{
    stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    unwind_setup(false);
}

/* The registers as a hook at this place would find them. */
void capture(struct unwind_start *start);
__asm__(".pushsection .text\n capture: .cfi_startproc\n"
        "mov (%rsp), %rax\n mov %rax, 0(%rdi)\n lea 8(%rsp), %rax\n mov %rax, 8(%rdi)\n"
        "mov %rbp, 16(%rdi)\n mov %rbx, 24(%rdi)\n mov %r12, 32(%rdi)\n mov %r13, 40(%rdi)\n"
        "mov %r14, 48(%rdi)\n mov %r15, 56(%rdi)\n ret\n .cfi_endproc\n"
        ".popsection\n");

static struct backtrace last; /* as taken by the latest compare_here() */
static unsigned compared;

static void print(const char *name, const struct backtrace *backtrace)
{
    fprintf(stderr, "%s:", name);
    for (unsigned i = 0; i < backtrace->depth; i++)
        fprintf(stderr, " %#lx", (unsigned long)backtrace->frames[i]);
    fprintf(stderr, "%s\n", backtrace->cut ? " (cut)" : "");
}

static bool same(const struct backtrace *a, const struct backtrace *b)
{
    return a->depth == b->depth && a->cut == b->cut &&
           memcmp(a->frames, b->frames, a->depth * sizeof(a->frames[0])) == 0;
}

/* The latest backtraces, by the ids under which they are remembered. */
#define KNOWN 512
static struct backtrace known[KNOWN];
static uint32_t known_id, recalled, recalled_wrongly;

/* Takes a backtrace as a hook does, recalled ones too, and checks what the stack's proof is worth.
 */
static void take(const struct unwind_start *start, struct backtrace *taken)
{
    struct scratch *scratch = scratch_of(stream);
    uint32_t id = unwind_recall(stream, start);
    unwind_take(stream, scratch, start);
    *taken = scratch->backtrace;
    if (id != TRACE_NO_STACK && known_id - id < KNOWN) {
        recalled++;
        recalled_wrongly += !same(&known[id % KNOWN], taken);
    }
    known[++known_id % KNOWN] = *taken;
    stack_cache_put(&stream->cache, start, &scratch->trail, known_id);
}

/* Does FRAME return from a signal handler? Another signal may have come in front of its syscall. */
static bool returns_from_handler(uint64_t frame)
{
    static const char sigreturn[] = "\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05";
    const char *code = (const char *)frame;
    return memcmp(code, sigreturn, sizeof(sigreturn) - 1) == 0 ||
           memcmp(code - 7, sigreturn, sizeof(sigreturn) - 1) == 0;
}

/* TAKEN as other unwinders have it, who do not count on from an interrupted instruction. */
static struct backtrace as_is(const struct backtrace *taken)
{
    struct backtrace result = *taken;
    for (unsigned i = 1; i < taken->depth; i++)
        result.frames[i] -= returns_from_handler(result.frames[i - 1]);
    return result;
}

static void expect_libunwind(const struct unwind_start *start, const struct backtrace *taken)
{
    struct backtrace reference;
    reference.depth = 0;
    cr_assert(libunwind_take(scratch_of(stream), start, &reference));
    if (!same(taken, &reference)) {
        print("taken", taken);
        print("libunwind", &reference);
        cr_assert_fail("libunwind takes another backtrace");
    }
}

/* The C library's begins in compare(), or in what a sanitizer puts before it. */
static void expect_glibc(void *const *trace, unsigned depth, const struct backtrace *taken)
{
    unsigned skipped = 0;
    while (skipped + 1 < depth && (uint64_t)trace[skipped + 1] != taken->frames[1])
        skipped++;
    cr_expect(taken->cut || depth == taken->depth + skipped, "%u frames, the C library %u + %u",
              taken->depth, depth - skipped, skipped);
    for (unsigned i = 1; i < taken->depth && i + skipped < depth; i++)
        cr_assert_eq((uint64_t)trace[i + skipped], taken->frames[i], "frame %u", i);
}

__attribute__((noinline)) static void compare(const struct unwind_start *start)
{
    void *trace[2 * TRACE_DEPTH_MAX];
    int depth = backtrace(trace, 2 * TRACE_DEPTH_MAX);
    take(start, &last);
    cr_assert_eq(recalled_wrongly, 0);
    last = as_is(&last);
    expect_libunwind(start, &last);
    expect_glibc(trace, (unsigned)depth, &last);
    compared++;
}

__attribute__((noinline)) static void compare_here(void)
{
    struct unwind_start start;
    capture(&start);
    compare(&start);
}

static uint64_t slow(void)
{
    return trace_file_header()->unwound_slow;
}

/* What the stubs of patched functions call: here it only takes some time. */
static volatile unsigned hooked;

bool hooks_young(uint64_t pool, uint64_t size, const void *frame)
{
    (void)pool, (void)size, (void)frame;
    return false;
}

bool hooks_try(const struct entry_context *context, const struct entry_frame *frame)
{
    return context->original == 0 || frame->start.sp == 0;
}

void hooks_before(const struct entry_context *context, struct entry_frame *frame)
{
    hooked += context->original != 0 && frame->start.sp != 0;
}

bool hooks_ask(const struct entry_context *context, const struct entry_frame *frame)
{
    (void)context, (void)frame;
    return false;
}

uint64_t hooks_serve(const struct entry_context *context, const struct entry_frame *frame)
{
    (void)context, (void)frame;
    return 0;
}

void hooks_after(const struct entry_context *context, const struct entry_frame *frame)
{
    hooked += context->original != 0 && frame->start.sp != 0;
}

#endif
