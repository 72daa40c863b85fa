/* redact_analysis.c - an analysis without what is not to leave the host; see redact_analysis.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/redact_analysis.h"

#include "analyzer/replay/pool_path.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"

#include <stdlib.h>
#include <string.h>

static const struct slice nameless = {"(no name)", sizeof("(no name)") - 1};

/* The names that descriptions of pool systems have. */
static void keep_documented(const struct api_set *apis)
{
    redact_keep(nameless);
    for (unsigned i = 0; apis && i < apis->count; i++) {
        const struct api *api = apis->apis[i];
        for (unsigned k = 0; k < api->root_count; k++)
            redact_keep(api->roots[k].name);
        for (unsigned k = 0; k < api->pool_role_count; k++)
            redact_keep(api->pool_roles[k].name);
    }
}

char *redact_pool_path(const char *path)
{
    if (!redact_is_on())
        return xstrdup(path);
    const char *label = pool_path_label(path);
    char *plain = pool_path_plain(label, strlen(label));
    const char *name = redact_name(plain);
    /* One that is kept stays as it is written in a path. */
    if (name == plain)
        name = label;
    char *above = xstrdup(path), *text;
    size_t length = pool_path_above(path);
    above[length] = '\0';
    if (length) {
        char *upper = redact_pool_path(above);
        text = xasprintf("%s > %s", upper, name);
        free(upper);
    } else {
        text = xstrdup(name);
    }
    free(above);
    free(plain);
    return text;
}

static void replace(char **text, const char *with)
{
    if (*text == with)
        return;
    char *copy = xstrdup(with);
    free(*text);
    *text = copy;
}

static void redact_path(char **path)
{
    if (!*path)
        return;
    char *redacted = redact_pool_path(*path);
    free(*path);
    *path = redacted;
}

static void redact_finding(struct finding *finding)
{
    replace(&finding->tag, redact_name(finding->tag));
    redact_path(&finding->path);
    replace(&finding->last_use.hand, redact_name(finding->last_use.hand));
    finding->per_unit.label.label = redact_name(finding->per_unit.label.label);
    if (finding->reach)
        replace(&finding->reach->holder, redact_name(finding->reach->holder));
    for (size_t i = 0; finding->crash && i < finding->crash->event_count; i++)
        redact_path(&finding->crash->events[i].path);
    for (size_t i = 0; i < finding->places.count; i++) {
        struct growth_place *place = &finding->places.items[i];
        replace(&place->tag, redact_name(place->tag));
        redact_path(&place->path);
        place->per_unit.label.label = redact_name(place->per_unit.label.label);
    }
}

void redact_analysis(struct analysis *analysis)
{
    redact_start();
    keep_documented(recording_apis(analysis->recording));
    for (size_t i = 0; i < analysis->findings.count; i++)
        redact_finding(&analysis->findings.items[i]);
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        struct peak *worst = &analysis->worst[kind];
        for (unsigned i = 0; worst->known && i < worst->holder_count; i++)
            replace(&worst->holders[i].label, redact_name(worst->holders[i].label));
    }
}
