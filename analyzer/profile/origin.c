/* origin.c - where a recording is from; see origin.h. */
#include "analyzer/profile/origin.h"

#include "analyzer/util/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct code_module *program_module(const struct recording *recording)
{
    const struct stacks *stacks = recording_stacks(recording);
    const char *program = recording_stats(recording)->program;
    for (uint32_t i = 0; i < stacks_module_count(stacks); i++) {
        if (strcmp(stacks_module(stacks, i)->path, program) == 0)
            return stacks_module(stacks, i);
    }
    return NULL;
}

static void put_build_id(struct origin *origin, const struct code_module *module)
{
    for (unsigned i = 0; i < module->build_id_length; i++)
        snprintf(origin->build_id + 2 * (size_t)i, 3, "%02x", module->build_id[i]);
}

void origin_find(struct origin *origin, const struct recording *recording, bool with_package)
{
    const char *const *facts = recording_stats(recording)->host;
    const struct code_module *module = program_module(recording);
    *origin = (struct origin){0};
    if (!redact_is_on()) {
        origin->host = facts[HOST_NAME];
        origin->boot = facts[HOST_BOOT];
        origin->control_group = facts[HOST_CONTROL_GROUP];
    }
    if (facts[HOST_LABELS] && !redact_is_on())
        label_set_read(&origin->labels, facts[HOST_LABELS]);
    if (module)
        put_build_id(origin, module);
    if (module && with_package)
        package_find(module, &origin->package);
}

void origin_free(struct origin *origin)
{
    label_set_free(&origin->labels);
    free(origin->package.name);
    free(origin->package.version);
}
