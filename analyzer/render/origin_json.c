/* origin_json.c - where a recording is from, as JSON; see origin_json.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/origin_json.h"

#include "analyzer/gate/doubts.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/finding.h"
#include "analyzer/util/json.h"
#include "analyzer/util/redact.h"

static json_t *labels_json(const struct label_set *labels)
{
    json_t *json = json_checked(json_object());
    for (size_t i = 0; i < labels->count; i++)
        json_set(json, labels->items[i].key, text_json(labels->items[i].value));
    return json;
}

void set_origin(json_t *json, const struct origin *origin, bool with_package)
{
    json_set(json, "host", text_json(origin->host));
    json_set(json, "boot", text_json(origin->boot));
    json_set(json, "cgroup", text_json(origin->control_group));
    json_set(json, "build_id", text_json(*origin->build_id ? origin->build_id : NULL));
    json_set(json, "labels", labels_json(&origin->labels));
    if (with_package) {
        json_set(json, "package", text_json(origin->package.name));
        json_set(json, "version", text_json(origin->package.version));
    }
}

json_t *unit_words_json(const struct api_set *apis)
{
    json_t *json = json_checked(json_object());
    for (unsigned kind = 0; kind < API_MARK_STARTUP; kind++)
        json_set(json, api_mark_name(kind), text_json(unit_word(apis, kind, 1)));
    json_set(json, process_kind_name(PROCESS_SESSION),
             text_json(process_word(apis, PROCESS_SESSION, 1)));
    return json;
}

json_t *doubts_json(const struct recording *recording)
{
    struct doubts doubts = doubts_of(recording);
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < doubts.count; i++)
        json_append(array, text_json(redact_words(doubts.text[i])));
    doubts_free(&doubts);
    return array;
}
