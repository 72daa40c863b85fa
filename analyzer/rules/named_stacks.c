/* named_stacks.c - which backtraces a copy of a live analysis named; see named_stacks.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/named_stacks.h"

#include <stdio.h>

void named_stacks_write(int fd, const struct findings *findings)
{
    FILE *out = fdopen(fd, "w");
    for (size_t i = 0; out && i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        const uint32_t stacks[] = {finding->culprit, finding->created, finding->stack};
        fwrite(stacks, sizeof(stacks), 1, out);
        for (size_t j = 0; j < finding->places.count; j++)
            fwrite(&finding->places.items[j].stack, sizeof(uint32_t), 1, out);
    }
    if (out)
        fclose(out);
}

void named_stacks_learn(int fd, const struct live_analysis *live)
{
    const struct name_source names = analysis_names(live_analysis_recording(live));
    FILE *in = fdopen(fd, "r");
    for (uint32_t stack; in && fread(&stack, sizeof(stack), 1, in) == 1;) {
        struct logical_stack named = logical_stack(&names, stack);
        logical_stack_free(&named);
    }
    if (in)
        fclose(in);
}
