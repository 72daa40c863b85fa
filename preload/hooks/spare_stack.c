/* spare_stack.c - another stack where the program's has no room; see spare_stack.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/spare_stack.h"

#include "preload/unwind/other_stack.h"
#include "preload/unwind/stack_reach.h"
#include "preload/util/address_space.h"
#include "preload/util/readable.h"
#include "preload/util/signals.h"
#include "preload/util/stack_bounds.h"

#include <errno.h>

#define PAGE  UINT64_C(4096)
#define STACK (64u << 10) /* bytes */

/* On a stack of handlers, that ends where the program said, if that may be asked; on one that
 * nobody knows, as a coroutine's, at most where nothing can be read. */
static bool has_room(uint64_t sp, size_t need)
{
    if (stack_reach_goes_down(sp, need))
        return true;
    stack_t handlers = {.ss_flags = SS_DISABLE};
    if (!system_calls_inherited_filter())
        handlers = stack_of_handlers();
    if (stack_holds(&handlers, sp))
        return sp - (uint64_t)(uintptr_t)handlers.ss_sp >= need;
    for (uint64_t page = sp / PAGE; page > (sp - need) / PAGE; page--) {
        if (!is_readable((page - 1) * PAGE))
            return false;
    }
    return true;
}

/* A handler that came meanwhile would begin where the one does that is interrupted here. */
static bool call_elsewhere(void (*function)(void *data), void *data)
{
    char *stack = system_calls_may(CALL_MASK) && system_calls_may(CALL_UNMAP)
                      ? address_space_map(STACK)
                      : NULL;
    if (!stack)
        return false;
    const uint64_t before = signals_block();
    call_on_stack(function, data, stack + STACK);
    signals_restore(before);
    address_space_unmap(stack, STACK);
    return true;
}

bool spare_stack_call(size_t need, void (*function)(void *data), void *data)
{
    const int error = errno;
    bool called = true;
    if (has_room((uint64_t)(uintptr_t)__builtin_frame_address(0), need))
        function(data);
    else
        called = call_elsewhere(function, data);
    errno = error;
    return called;
}
