/* api_check_json.c - what lifeguard api check found, for programs. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/api_check.h"
#include "analyzer/util/json.h"

#define API_CHECK_VERSION 1

static void set_place(json_t *json, const struct api_place *place)
{
    bool known = place->image;
    json_set(json, "module", text_json(known ? loaded_image_path(place->image) : NULL));
    json_set(json, "offset", known ? json_count(place->offset) : json_null());
}

static json_t *hook_json(const struct api_check_hook *entry)
{
    json_t *json = json_checked(json_object());
    json_set(json, "function", text_json(entry->hook->function));
    json_set(json, "role", text_json(api_role_name(entry->hook->role)));
    json_set(json, entry->hook->skipped ? "reason" : "how", text_json(entry->hook->how));
    if (!entry->hook->skipped)
        set_place(json, &entry->place);
    return json;
}

static json_t *hooks_json(const struct api_check *check, bool skipped)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < check->hook_count; i++) {
        const struct hook_definition *hook = check->hooks[i].hook;
        if (api_check_is_function(&check->hooks[i]) && hook->skipped == skipped)
            json_append(array, hook_json(&check->hooks[i]));
    }
    return array;
}

static json_t *marks_json(const struct api_check *check)
{
    json_t *array = json_checked(json_array());
    for (unsigned i = 0; check->image && i < check->api->mark_count; i++) {
        const struct api_mark *mark = &check->api->marks[i];
        const struct api_check_hook *entry = api_check_mark(check, i);
        const struct api_place nowhere = {0};
        json_t *json = json_checked(json_object());
        json_set(json, "mark", text_json(api_mark_name(mark->kind)));
        json_set(json, "function", slice_json(mark->symbol));
        set_place(json, entry ? &entry->place : &nowhere);
        json_set(json, "reason",
                 text_json(entry && entry->hook->skipped ? entry->hook->how : NULL));
        json_append(array, json);
    }
    return array;
}

static json_t *roots_json(const struct api_check *check)
{
    json_t *array = json_checked(json_array());
    for (unsigned i = 0; check->image && i < check->api->root_count; i++) {
        const struct api_check_root *root = &check->roots[i];
        json_t *json = json_checked(json_object());
        json_set(json, "name", slice_json(root->name));
        json_set(json, "first", json_boolean(root->first));
        set_place(json, &root->place);
        json_append(array, json);
    }
    return array;
}

static json_t *candidate_json(const struct api *api, const struct api_check_candidate *candidate)
{
    json_t *json = json_checked(json_object()), *missing = json_checked(json_array());
    json_set(json, "module", text_json(loaded_image_path(candidate->image)));
    for (unsigned i = 0; i < api->detects; i++) {
        if (!candidate->defines[i])
            json_append(missing, slice_json(api->detect[i]));
    }
    json_set(json, "missing", missing);
    return json;
}

static json_t *candidates_json(const struct api_check *check)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < check->candidate_count; i++)
        json_append(array, candidate_json(check->api, &check->candidates[i]));
    return array;
}

json_t *api_check_json(const struct api_check *check, const struct api_check_subject *subject)
{
    static const char *const verdicts[] = {
        [API_WHOLE] = "whole", [API_PARTLY] = "partly", [API_NOTHING] = "nothing"};
    json_t *json = json_checked(json_object());
    json_set(json, "version", json_integer(API_CHECK_VERSION));
    json_set(json, "api", slice_json(check->api->name));
    json_set(json, "file", text_json(subject->file));
    json_set(json, "program", text_json(*subject->program ? subject->program : NULL));
    json_set(json, "module", text_json(check->image ? loaded_image_path(check->image) : NULL));
    json_set(json, "exported",
             check->image ? json_boolean(check->names == NAMES_EXPORTED) : json_null());
    json_set(json, "copy", text_json(check->copy ? loaded_image_path(check->copy) : NULL));
    json_set(json, "hooks", hooks_json(check, false));
    json_set(json, "missing", hooks_json(check, true));
    json_set(json, "marks", marks_json(check));
    json_set(json, "roots", roots_json(check));
    json_set(json, "candidates", candidates_json(check));
    json_set(json, "layout", json_boolean(check->api->layout.given));
    json_set(json, "shadow_stack", json_boolean(check->shadow_stack));
    json_set(json, "verdict", text_json(verdicts[api_check_verdict(check)]));
    return json;
}
