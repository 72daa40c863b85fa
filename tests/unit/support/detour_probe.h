/*
 * detour_probe.h - what stubs call, defined for a test: in the recorder it writes events, here it
 * notes what it saw. To be included once in a program.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_DETOUR_PROBE_H
#define LIFEGUARD_DETOUR_PROBE_H

#include "preload/code/detour.h"
#include "preload/hooks/entry.h"
#include "preload/util/vectors.h"
#include "tests/unit/support/test_code.h"

#include <execinfo.h>

/* What a hook saw. */
struct probe {
    struct entry_context entry; /* first: see preload/hooks/entry.h */
    unsigned calls;
    struct entry_frame frame; /* of the last call */
    bool aligned, after;
    bool asks;       /* hooks_ask() says that hooks_serve() is to be asked, ... */
    uint64_t serves; /* ... which returns this */
    bool tried;      /* hooks_try() says that all is done */
    void *trace[64];
    int depth;
};

#define CLOBBER_GENERAL                                                                            \
    "mov $-1, %%rax\n mov %%rax, %%rcx\n mov %%rax, %%rdx\n mov %%rax, %%rsi\n"                    \
    "mov %%rax, %%rdi\n mov %%rax, %%r8\n mov %%rax, %%r9\n mov %%rax, %%r10\n"                    \
    "mov %%rax, %%r11\n"
#define GENERAL "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc"

static void note(const struct entry_context *context, const struct entry_frame *frame, bool after,
                 const void *frame_address)
{
    struct probe *probe = (struct probe *)context;
    static struct vectors vectors;
    vectors_save(&vectors);
    probe->calls++;
    probe->frame = *frame;
    probe->after = after;
    probe->aligned = (uintptr_t)frame_address % 16 == 0;
    probe->depth = backtrace(probe->trace, 64);
    vectors_restore(&vectors);
    /* Leaves nothing as it was that a hook may change. */
    __asm__ volatile(CLOBBER_GENERAL : : : GENERAL);
}

/* Of hooks_young(): what it was told, its backtrace, and that it says that all is done. */
static struct {
    uint64_t pool, size;
    const void *frame;
    bool tells;
    void *trace[64];
    int depth;
} young;

bool hooks_young(uint64_t pool, uint64_t size, const void *frame)
{
    static struct vectors vectors;
    vectors_save(&vectors);
    young.pool = pool;
    young.size = size;
    young.frame = frame;
    young.depth = backtrace(young.trace, 64);
    vectors_restore(&vectors);
    __asm__ volatile(CLOBBER_GENERAL : : : GENERAL);
    return young.tells;
}

bool hooks_try(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct probe *probe = (const struct probe *)context;
    (void)frame;
    __asm__ volatile(CLOBBER_GENERAL : : : GENERAL);
    return probe->tried;
}

void hooks_before(const struct entry_context *context, struct entry_frame *frame)
{
    note(context, frame, false, __builtin_frame_address(0));
    frame->kept[ENTRY_KEPT - 1] = (uint64_t)(uintptr_t)context;
    frame->known = 1;
}

void hooks_after(const struct entry_context *context, const struct entry_frame *frame)
{
    note(context, frame, true, __builtin_frame_address(0));
}

bool hooks_ask(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct probe *probe = (const struct probe *)context;
    (void)frame;
    __asm__ volatile(CLOBBER_GENERAL : : : GENERAL);
    return probe->asks;
}

uint64_t hooks_serve(const struct entry_context *context, const struct entry_frame *frame)
{
    note(context, frame, false, __builtin_frame_address(0));
    return ((const struct probe *)context)->serves;
}

static const char *try_install(const void *code, bool around, struct probe *probe)
{
    const struct detour detour = {.address = address_of(code),
                                  .size = size_of(code),
                                  .enter = around ? entry_around : entry_before,
                                  .around = around,
                                  .context = probe,
                                  .original = &probe->entry.original};
    return detour_install(&detour);
}

/* To be followed by detour_finish(): stubs cannot be run before that. */
static void install(const void *code, bool around, struct probe *probe)
{
    const char *why = try_install(code, around, probe);
    cr_assert_null(why, "%s", why);
}

#endif
