/* folded_fields.c - what refers to a recording in sums of its processes; see folded_internal.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/folded_internal.h"

#include <stdlib.h>

void folded_frame(struct fields *fields, uint32_t modules, struct code_frame *frame)
{
    uint32_t module = frame->module == FRAME_NO_MODULE ? 0 : frame->module + 1;
    fields_below(fields, &module, modules + 1);
    frame->module = module ? module - 1 : FRAME_NO_MODULE;
    fields_u64(fields, &frame->offset);
    fields_bool(fields, &frame->variable);
}

void folded_stack(const struct recording *recording, struct fields *fields, uint32_t *stack)
{
    fields_below(fields, stack, stacks_count(recording->stacks) + 1);
}

void folded_site(const struct recording *recording, struct fields *fields, uint32_t *site)
{
    fields_below(fields, site, recording->sites.count + 1);
}

void folded_label(struct recording *recording, struct fields *fields, const char **label)
{
    char *text = (char *)(uintptr_t)*label;
    fields_text(fields, &text);
    if (!fields->reads)
        return;
    *label = text ? strings_get(&recording->strings, strings_intern_text(&recording->strings, text))
                  : NULL;
    free(text);
}

uint64_t recording_place(const struct recording *recording, uint32_t created)
{
    const struct code_stack stack = stacks_get(recording->stacks, created);
    if (stack.depth == 0)
        return 1;
    return keyed_mix(stack.frames[0].module, stack.frames[0].offset);
}
