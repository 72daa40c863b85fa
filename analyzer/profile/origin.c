/* origin.c - where a recording is from; see origin.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/origin.h"

#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct code_module *program_module(const struct recording *recording)
{
    const struct stacks *stacks = recording_stacks(recording);
    const char *program = recording_stats(recording)->program;
    const struct code_module *found = NULL;
    /* Of several builds always the same one, in whatever order they were read. */
    for (uint32_t i = 0; i < stacks_module_count(stacks); i++) {
        const struct code_module *module = stacks_module(stacks, i);
        if (strcmp(module->path, program) == 0 &&
            (!found || memcmp(module->build_id, found->build_id, sizeof(found->build_id)) > 0))
            found = module;
    }
    return found;
}

static void put_build_id(struct origin *origin, const struct code_module *module)
{
    for (unsigned i = 0; i < module->build_id_length; i++)
        snprintf(origin->build_id + 2 * (size_t)i, 3, "%02x", module->build_id[i]);
}

/* The package that was asked for last. */
static struct {
    char build_id[BUILD_ID_TEXT];
    struct package package;
} remembered;

static void free_package(struct package *package)
{
    free(package->name);
    free(package->version);
    *package = (struct package){NULL, NULL};
}

/* An empty name or version is none. */
static struct package copy_package(const struct package *package)
{
    const bool known = package->name && *package->name;
    return (struct package){known ? xstrdup(package->name) : NULL,
                            known && package->version ? xstrdup(package->version) : NULL};
}

void origin_remember(const struct origin *origin)
{
    struct package package = copy_package(&origin->package);
    free_package(&remembered.package);
    memcpy(remembered.build_id, origin->build_id, sizeof remembered.build_id);
    remembered.package = package;
}

static void find_package(struct origin *origin, const struct code_module *module)
{
    if (*origin->build_id && strcmp(origin->build_id, remembered.build_id) == 0)
        origin->package = copy_package(&remembered.package);
    else
        package_find(module, &origin->package);
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
        find_package(origin, module);
}

void origin_free(struct origin *origin)
{
    label_set_free(&origin->labels);
    free_package(&origin->package);
}
