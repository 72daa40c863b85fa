/* access_json.c - see access_json.h and lifeguard-json(5). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/access_json.h"

#include "analyzer/util/json.h"

json_t *access_json(const struct access *access)
{
    if (!access->known)
        return json_null();
    json_t *json = json_checked(json_object());
    json_set(json, "write", json_boolean(access->write));
    json_set(json, "offset", json_integer(access->offset));
    json_set(json, "size", access->size ? json_count(access->size) : json_null());
    json_set(json, "noticed_later", json_boolean(access->later));
    json_set(json, "cleared", json_boolean(access->cleared));
    return json;
}
