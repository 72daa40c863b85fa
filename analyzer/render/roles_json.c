/* roles_json.c - what lifeguard roles shows, for programs. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/role_table.h"
#include "analyzer/render/frame.h"
#include "analyzer/render/roles.h"
#include "analyzer/rules/finding.h"
#include "analyzer/symbols/logical_stack.h"
#include "analyzer/util/json.h"

static json_t *places_json(const struct role_places *places, const struct name_source *names)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < places->count; i++) {
        json_t *json = json_checked(json_object());
        json_set(json, "count", json_count(places->items[i].count));
        json_set(json, "stack", stack_json(names->stacks, names->symbols, places->items[i].stack));
        json_append(array, json);
    }
    return array;
}

static json_t *lifetime_json(const struct role_row *row)
{
    json_t *json = json_checked(json_object());
    bool exact;
    uint32_t median = lifetime_lengths_median(&row->lengths, &exact);
    json_set(json, "unit", json_string(api_mark_name(row->unit)));
    json_set(json, "shortest", json_count(row->lengths.shortest));
    json_set(json, "median", json_count(median));
    json_set(json, "median_exact", json_boolean(exact));
    json_set(json, "longest", json_count(row->lengths.longest));
    return json;
}

static json_t *ended_json(const struct role_row *row)
{
    json_t *json = json_checked(json_object());
    json_set(json, "destroyed", json_count(row->ended[LIFETIME_DESTROYED]));
    json_set(json, "with_parent", json_count(row->ended[LIFETIME_WITH_PARENT]));
    json_set(json, "at_exit", json_count(row->ended[LIFETIME_EXIT]));
    return json;
}

static json_t *departures_json(const struct role_row *row)
{
    json_t *json = json_checked(json_object());
    for (unsigned i = DEPARTS_NOT + 1; i < DEPARTURES; i++) {
        if (row->departures[i])
            json_set(json, departure_name(i), json_count(row->departures[i]));
    }
    return json;
}

static json_t *row_json(enum process_kind kind, const struct role_row *row,
                        const struct name_source *names)
{
    json_t *json = json_checked(json_object());
    json_set(json, "kind", json_string(process_kind_name(kind)));
    json_set(json, "processes", json_count(row->processes));
    json_set(json, "pools", json_count(row->pools));
    json_set(json, "life", lifetime_json(row));
    json_set(json, "ended", ended_json(row));
    json_set(json, "departures", departures_json(row));
    json_set(json, "created", places_json(&row->made, names));
    json_set(json, "destroyed", places_json(&row->destroyed, names));
    return json;
}

static json_t *role_json(const struct role_table *table, const struct api *system, unsigned index,
                         const struct name_source *names)
{
    const struct api_pool_role *role = api_set_role(table->apis, index);
    json_t *json = json_checked(json_object()), *rows = json_checked(json_array());
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        if (table->rows[index][kind].pools)
            json_append(rows, row_json(kind, &table->rows[index][kind], names));
    }
    json_set(json, "role", slice_json(role->name));
    json_set(json, "system", slice_json(system->name));
    json_set(json, "life",
             role->life == API_LIFE_UNKNOWN ? json_null() : json_string(api_life_name(role->life)));
    json_set(json, "ends", role->ends.length ? slice_json(role->ends) : json_null());
    json_set(json, "lived", rows);
    return json;
}

void render_roles_json(FILE *out, const struct role_table *table, const struct name_source *names)
{
    json_t *json = json_checked(json_object()), *roles = json_checked(json_array());
    for (unsigned i = 0, index = 0; table->apis && i < table->apis->count; i++) {
        const struct api *system = table->apis->apis[i];
        for (unsigned j = 0; j < system->pool_role_count; j++)
            json_append(roles, role_json(table, system, index++, names));
    }
    json_set(json, "version", json_integer(1));
    json_set(json, "roles", roles);
    json_dumpf(json, out, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(json);
    putc('\n', out);
}
