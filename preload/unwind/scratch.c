/* scratch.c - where a stream's writer works; see scratch.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/unwind/scratch.h"

#include "preload/unwind/other_stack.h"
#include "preload/util/address_space.h"

/* The first thread's is there however little memory there is. */
static struct scratch of_first;

struct scratch *scratch_of(struct stream *stream)
{
    if (!stream->scratch)
        stream->scratch =
            stream->number == 0 ? &of_first : address_space_map(sizeof(struct scratch));
    return stream->scratch;
}

bool scratch_find_object(struct scratch *scratch, uint64_t address, struct loaded_object *found)
{
    vectors_save(&scratch->vectors);
    const bool result = loaded_find(address, found);
    vectors_restore(&scratch->vectors);
    return result;
}

void scratch_call(struct scratch *scratch, void (*function)(void *argument), void *argument)
{
    vectors_save(&scratch->vectors);
#ifdef __SANITIZE_THREAD__ /* it puts signals off and runs their handlers here, blocked or not */
    function(argument);
#else
    call_on_stack(function, argument, scratch->stack + SCRATCH_STACK);
#endif
    vectors_restore(&scratch->vectors);
}
