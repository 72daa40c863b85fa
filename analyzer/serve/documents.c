/* documents.c - what is served of a recording; see documents.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/serve/documents.h"

#include "analyzer/export/export.h"
#include "analyzer/export/pprof.h"
#include "analyzer/profile/origin.h"
#include "analyzer/render/report.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/text.h"

#include <stdlib.h>
#include <string.h>

static void put_piece(FILE *out, const char *bytes, size_t length)
{
    fwrite(&length, sizeof length, 1, out);
    fwrite(bytes, 1, length, out);
}

static void put_word(FILE *out, const char *word)
{
    put_piece(out, word ? word : "", word ? strlen(word) : 0);
}

static void put_text(FILE *out, struct text *text)
{
    char *bytes = text_close(text);
    put_piece(out, bytes, text->length);
    free(bytes);
}

static void put_metrics(FILE *out, const struct analysis *analysis)
{
    struct text text;
    struct error error;
    const struct export_options options = {.cost = COST_BYTES};
    export_openmetrics(text_open(&text), analysis, &options, &error);
    put_text(out, &text);
}

static void put_findings(FILE *out, const struct analysis *analysis)
{
    struct text text;
    json_write(text_open(&text), report_findings_json(analysis), JSON_INDENT(2) | JSON_SORT_KEYS);
    put_text(out, &text);
}

static void put_heap(FILE *out, const struct analysis *analysis, const struct pool_profile *profile)
{
    struct text text;
    const struct label_set none = {.count = 0};
    if (!pprof_write(text_open(&text), analysis, profile, &none))
        memory_exhausted();
    put_text(out, &text);
}

void documents_write(FILE *out, const struct analysis *analysis, const struct pool_profile *profile)
{
    struct origin origin;
    origin_find(&origin, analysis->recording, true);
    origin_remember(&origin);
    put_metrics(out, analysis);
    if (profile) {
        put_findings(out, analysis);
        put_heap(out, analysis, profile);
    } else {
        put_word(out, "");
        put_word(out, "");
    }
    put_word(out, origin.build_id);
    put_word(out, origin.package.name);
    put_word(out, origin.package.version);
    origin_free(&origin);
}

bool documents_read(struct documents *documents, const char *bytes, size_t size)
{
    for (unsigned i = 0; i < DOCUMENTS; i++) {
        size_t length;
        if (size < sizeof length)
            return false;
        memcpy(&length, bytes, sizeof length);
        bytes += sizeof length;
        size -= sizeof length;
        if (length > size)
            return false;
        documents->items[i].bytes = bytes;
        documents->items[i].length = length;
        bytes += length;
        size -= length;
    }
    return size == 0;
}

void documents_remember(const struct documents *documents)
{
    struct origin origin = {.host = NULL};
    const size_t length = documents->items[DOCUMENT_BUILD_ID].length;
    if (length == 0 || length >= sizeof origin.build_id)
        return;
    memcpy(origin.build_id, documents->items[DOCUMENT_BUILD_ID].bytes, length);
    origin.package.name = xstrndup(documents->items[DOCUMENT_PACKAGE].bytes,
                                   documents->items[DOCUMENT_PACKAGE].length);
    origin.package.version = xstrndup(documents->items[DOCUMENT_VERSION].bytes,
                                      documents->items[DOCUMENT_VERSION].length);
    origin_remember(&origin);
    origin_free(&origin);
}
