/* known_json.c - findings as baselines and reports have them in JSON, written and read. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/known.h"
#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"

#include <string.h>

static void set_amount(json_t *json, const struct known_finding *known)
{
    json_set(json, "place", text_json(known->place));
    json_set(json, "unit", text_json(known->unit));
    json_set(json, "count", json_number(known->count));
    json_set(json, "bytes", json_number(known->bytes));
    json_set(json, "fingerprint", text_json(known->id.text));
    json_set(json, "nearby", known->id.nearby_weak ? json_null() : text_json(known->id.nearby));
    if (known->id.weak)
        json_set(json, "weak", json_true());
}

json_t *known_json(const struct known_finding *known)
{
    json_t *json = json_checked(json_object());
    json_set(json, "rule", text_json(known->rule));
    json_set(json, "kind", text_json(known->kind));
    json_set(json, "pool", text_json(known->pool));
    set_amount(json, known);
    if (known->places.count == 0)
        return json;
    json_t *places = json_checked(json_array());
    for (size_t i = 0; i < known->places.count; i++) {
        json_t *place = json_checked(json_object());
        set_amount(place, &known->places.items[i]);
        json_append(places, place);
    }
    json_set(json, "places", places);
    return json;
}

static bool take_text(const json_t *json, const char *key, char **text)
{
    const char *value = json_string_value(json_object_get(json, key));
    if (value)
        *text = xstrdup(value);
    return value;
}

static bool take_number(const json_t *json, const char *key, double *number)
{
    const json_t *value = json_object_get(json, key);
    *number = json_number_value(value);
    return json_is_number(value) && *number >= 0;
}

static bool take_hash(const json_t *value, char text[17])
{
    const char *word = json_string_value(value);
    if (!word || strlen(word) != 16 || strspn(word, "0123456789abcdef") != 16)
        return false;
    memcpy(text, word, 17);
    return true;
}

static bool is_known_hash(const json_t *json, struct known_finding *known)
{
    const json_t *nearby = json_object_get(json, "nearby");
    known->id.weak = json_is_true(json_object_get(json, "weak"));
    known->id.nearby_weak = json_is_null(nearby);
    return take_hash(json_object_get(json, "fingerprint"), known->id.text) &&
           (known->id.nearby_weak || take_hash(nearby, known->id.nearby));
}

static const char hashes[] = "\"fingerprint\" and \"nearby\", each 16 hexadecimal digits, the "
                             "latter may be null";

static void share_out(const json_t *json, struct known_finding *place)
{
    const double processes = json_number_value(json_object_get(json, "processes"));
    place->unit = xstrdup(KNOWN_PROCESS);
    place->count /= processes > 1 ? processes : 1;
    place->bytes /= processes > 1 ? processes : 1;
}

/* One of the places of KNOWN. Where they are a report's, the amount is in "per_unit" or, of what
 * does not grow by units, for all processes together. */
static bool parse_place(const json_t *json, struct known_finding *known, bool of_report)
{
    struct known_finding place = {
        .rule = xstrdup(known->rule), .kind = xstrdup(known->kind), .pool = xstrdup(known->pool)};
    const json_t *growth = of_report ? json_object_get(json, "per_unit") : NULL;
    const json_t *amount = json_is_object(growth) ? growth : json;
    const bool whole = of_report && json_is_null(growth);
    bool read = take_text(json, "place", &place.place) &&
                take_number(amount, "count", &place.count) &&
                take_number(amount, "bytes", &place.bytes) && is_known_hash(json, &place);
    if (whole)
        share_out(json, &place);
    else
        read = read && take_text(amount, "unit", &place.unit);
    if (of_report)
        take_text(amount, "word", &place.word);
    if (read)
        known_add_place(known, place);
    else
        known_free(&place);
    return read;
}

static const char *parse_places(const json_t *json, struct known_finding *known, bool of_report)
{
    const json_t *places = json_object_get(json, "places");
    if (places && !json_is_array(places) && !json_is_null(places))
        return "\"places\", an array";
    for (size_t i = 0; i < json_array_size(places); i++) {
        if (!parse_place(json_array_get(places, i), known, of_report))
            return of_report ? "in \"places\" objects with \"place\", \"fingerprint\", \"nearby\" "
                               "and \"per_unit\""
                             : "in \"places\" objects with \"place\", \"unit\", \"count\", "
                               "\"bytes\", \"fingerprint\" and \"nearby\"";
    }
    return NULL;
}

static const char *parse_members(const json_t *json, struct known_finding *known)
{
    if (!json_is_object(json))
        return "an object";
    if (!take_text(json, "rule", &known->rule) || !take_text(json, "kind", &known->kind) ||
        !take_text(json, "pool", &known->pool) || !take_text(json, "place", &known->place) ||
        !take_text(json, "unit", &known->unit))
        return "the strings \"rule\", \"kind\", \"pool\", \"place\" and \"unit\"";
    if (!take_number(json, "count", &known->count) || !take_number(json, "bytes", &known->bytes))
        return "the numbers \"count\" and \"bytes\", not below 0";
    if (!is_known_hash(json, known))
        return hashes;
    return parse_places(json, known, false);
}

static bool finish(struct known_finding *known, const char *expected)
{
    if (expected)
        known_free(known);
    return !expected;
}

bool known_parse(const json_t *json, struct known_finding *known, const char **expected)
{
    *known = (struct known_finding){0};
    *expected = parse_members(json, known);
    return finish(known, *expected);
}

/* What known_of() makes of a finding. */
static const char *parse_amount(const json_t *json, struct known_finding *known)
{
    const json_t *growth = json_object_get(json, "per_unit");
    double pids = (double)json_array_size(json_object_get(json, "pids")), others = 0;
    const json_t *amounts = json_is_object(growth) ? growth : json;
    if (!take_number(amounts, "count", &known->count) ||
        !take_number(amounts, "bytes", &known->bytes))
        return "the numbers \"count\" and \"bytes\", not below 0";
    if (amounts == growth) {
        take_text(growth, "word", &known->word); /* earlier versions do not tell */
        return take_text(growth, "unit", &known->unit) ? NULL : "the string \"unit\"";
    }
    known->unit = xstrdup(KNOWN_PROCESS);
    if (!take_number(json, "pids_left_out", &others)) /* earlier versions do not tell */
        others = 0;
    pids += others;
    known->count /= pids > 0 ? pids : 1;
    known->bytes /= pids > 0 ? pids : 1;
    return NULL;
}

static const char *parse_finding(const json_t *json, struct known_finding *known)
{
    if (!take_text(json, "rule", &known->rule) || !take_text(json, "kind", &known->kind) ||
        !take_text(json, "place", &known->place))
        return "the strings \"rule\", \"kind\" and \"place\"";
    if (!take_text(json_object_get(json, "pool"), "path", &known->pool))
        known->pool = xstrdup("");
    const char *expected = parse_amount(json, known);
    if (expected)
        return expected;
    if (!is_known_hash(json, known))
        return hashes;
    return parse_places(json, known, true);
}

bool known_parse_finding(const json_t *json, struct known_finding *known, const char **expected)
{
    *known = (struct known_finding){0};
    *expected = parse_finding(json, known);
    return finish(known, *expected);
}
