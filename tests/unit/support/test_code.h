/*
 * test_code.h - functions in assembly for tests, and where they are.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_TEST_CODE_H
#define LIFEGUARD_TEST_CODE_H

#include "preload/code/eh_frame.h"
#include "preload/code/loaded_objects.h"

#include <criterion/criterion.h>
#include <stdint.h>

/* Assembly, with the bounds in the unwind tables. */
#define FUNCTION(name, body)                                                                       \
    __asm__(".pushsection .text\n .balign 16\n" #name ": .cfi_startproc\n" body                    \
            ".cfi_endproc\n .popsection\n")

typedef long function(long, long, long);

#define JMP_REL32(target) ".byte 0xe9\n .long " #target " - . - 4\n"

static uint64_t address_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static uint64_t size_of(const void *code)
{
    struct loaded_object found;
    struct function_bounds bounds;
    loaded_setup();
    cr_assert(loaded_find(address_of(code), &found));
    cr_assert(eh_frame_function(found.eh_frame_hdr, address_of(code), &bounds));
    cr_assert_eq(bounds.start, address_of(code));
    return bounds.end - bounds.start;
}

#endif
