/*
 * pprof.c - the profile.proto of pprof, compressed by gzip. Four values a sample: objects
 * and bytes that were taken, and those that were there at the end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/pprof.h"

#include "analyzer/export/export.h"
#include "analyzer/export/names.h"
#include "analyzer/export/proto_writer.h"
#include "analyzer/profile/origin.h"
#include "analyzer/profile/pool_profile.h"
#include "analyzer/render/redact_analysis.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>

#define GZIP_WINDOW 31 /* as of deflateInit2(): 2^15 bytes, and gzip's header */

/* Field numbers of profile.proto. */
enum profile_field {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE = 2,
    PROFILE_MAPPING = 3,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION = 5,
    PROFILE_STRING = 6,
    PROFILE_TIME = 9,
    PROFILE_DURATION = 10,
    PROFILE_COMMENT = 13,
    PROFILE_DEFAULT_TYPE = 14
};
enum value_type_field { VALUE_TYPE = 1, VALUE_UNIT = 2 };
enum sample_field { SAMPLE_LOCATIONS = 1, SAMPLE_VALUES = 2, SAMPLE_LABEL = 3 };
enum label_field { LABEL_KEY = 1, LABEL_TEXT = 2 };
enum mapping_field {
    MAPPING_ID = 1,
    MAPPING_START = 2,
    MAPPING_LIMIT = 3,
    MAPPING_FILE = 5,
    MAPPING_BUILD_ID = 6,
    MAPPING_HAS_FUNCTIONS = 7
};
enum location_field {
    LOCATION_ID = 1,
    LOCATION_MAPPING = 2,
    LOCATION_ADDRESS = 3,
    LOCATION_LINE = 4
};
enum line_field { LINE_FUNCTION = 1, LINE_NUMBER = 2 };
enum function_field { FUNCTION_ID = 1, FUNCTION_NAME = 2, FUNCTION_FILE = 4 };

struct pprof {
    const struct name_source *names;
    struct proto profile, inner, packed; /* the latter two: one sample, location ... at a time */
    struct strings strings;              /* numbers are those of its string table */
    struct strings locations, functions; /* what tells one from the others; numbers are ids */
    uint64_t *limits;                    /* by module: one past the highest address */
    uint32_t *mappings;                  /* by module: its id, 0: none yet */
    uint32_t *mapped, mapping_count;     /* modules in the order of their ids */
    size_t modules;
};

static uint32_t text_number(struct pprof *to, const char *text)
{
    char *escaped = escaped_text(text);
    uint32_t number = strings_intern_text(&to->strings, escaped);
    free(escaped);
    return number;
}

static void put_type(struct pprof *to, const char *type, const char *unit)
{
    proto_number(&to->inner, VALUE_TYPE, text_number(to, type));
    proto_number(&to->inner, VALUE_UNIT, text_number(to, unit));
    proto_message(&to->profile, PROFILE_SAMPLE_TYPE, &to->inner);
}

static uint32_t function_id(struct pprof *to, const struct symbol_frame *frame)
{
    char *name = export_frame(frame), key[64];
    uint32_t text = strings_intern_text(&to->strings, name);
    uint32_t file = frame->file ? text_number(to, redact_file(frame->file)) : 0;
    free(name);
    int length = snprintf(key, sizeof(key), "%" PRIu32 " %" PRIu32, text, file);
    size_t before = to->functions.count;
    uint32_t id = strings_intern(&to->functions, key, (size_t)length);
    if (to->functions.count > before) {
        struct proto function = {0};
        proto_number(&function, FUNCTION_ID, id);
        proto_number(&function, FUNCTION_NAME, text);
        proto_number(&function, FUNCTION_FILE, file);
        proto_message(&to->profile, PROFILE_FUNCTION, &function);
        proto_free(&function);
    }
    return id;
}

/* By first use: the order in which modules were read differs from run to run. */
static uint32_t mapping_id(struct pprof *to, uint32_t module)
{
    if (!to->mappings[module]) {
        to->mapped[to->mapping_count++] = module;
        to->mappings[module] = to->mapping_count;
    }
    return to->mappings[module];
}

static void put_location(struct pprof *to, struct code_frame frame, uint32_t id)
{
    struct proto location = {0}, line = {0};
    const struct symbol_frame *frames;
    uint64_t address = frame.offset ? frame.offset - 1 : 0; /* within the call */
    size_t count = symbols_resolve(to->names->symbols, frame, true, &frames);
    proto_number(&location, LOCATION_ID, id);
    if (frame.module < to->modules) {
        proto_number(&location, LOCATION_MAPPING, mapping_id(to, frame.module));
        if (frame.offset > to->limits[frame.module])
            to->limits[frame.module] = frame.offset;
    }
    proto_number(&location, LOCATION_ADDRESS, address);
    for (size_t i = 0; i < count; i++) {
        proto_number(&line, LINE_FUNCTION, function_id(to, &frames[i]));
        proto_number(&line, LINE_NUMBER, frames[i].line);
        proto_message(&location, LOCATION_LINE, &line);
    }
    proto_message(&to->profile, PROFILE_LOCATION, &location);
    proto_free(&location);
    proto_free(&line);
}

static uint32_t location_id(struct pprof *to, struct code_frame frame)
{
    char key[64];
    int length = snprintf(key, sizeof(key), "%" PRIx32 " %" PRIx64, frame.module, frame.offset);
    size_t before = to->locations.count;
    uint32_t id = strings_intern(&to->locations, key, (size_t)length);
    if (to->locations.count > before)
        put_location(to, frame, id);
    return id;
}

static void put_label(struct pprof *to, const char *key, const char *text)
{
    struct proto label = {0};
    if (!text || !*text)
        return;
    proto_number(&label, LABEL_KEY, text_number(to, key));
    proto_number(&label, LABEL_TEXT, text_number(to, text));
    proto_message(&to->inner, SAMPLE_LABEL, &label);
    proto_free(&label);
}

static void put_pool(struct pprof *to, const struct strings *strings,
                     const struct profile_pool *pool)
{
    char *path = redact_pool_path(strings_get(strings, pool->path));
    put_label(to, "pool", path);
    put_label(to, "tag", redact_name(strings_get(strings, pool->tag)));
    put_label(to, "role", strings_get(strings, pool->role));
    free(path);
}

static void put_sample(struct pprof *to, const struct pool_profile *profile,
                       const struct profile_sample *sample, const struct finding *finding)
{
    const struct profile_pool *pool = &profile->pools[sample->pool];
    struct code_stack stack = stacks_get(to->names->stacks, sample->stack);
    for (uint32_t i = 0; i < stack.depth; i++)
        proto_packed(&to->packed, location_id(to, stack.frames[i]));
    proto_message(&to->inner, SAMPLE_LOCATIONS, &to->packed);
    proto_packed(&to->packed, sample->count);
    proto_packed(&to->packed, sample->bytes);
    proto_packed(&to->packed, sample->live_count);
    proto_packed(&to->packed, sample->live_bytes);
    proto_message(&to->inner, SAMPLE_VALUES, &to->packed);
    put_pool(to, &profile->strings, pool);
    put_label(to, "process", process_kind_name(pool->kind));
    put_label(to, "rule", finding ? finding->rule : NULL);
    proto_message(&to->profile, PROFILE_SAMPLE, &to->inner);
}

static void put_mapping(struct pprof *to, uint32_t index)
{
    const struct code_module *module = stacks_module(to->names->stacks, index);
    char build_id[2 * sizeof(module->build_id) + 1] = "";
    for (unsigned i = 0; i < module->build_id_length; i++)
        snprintf(build_id + 2 * i, 3, "%02x", module->build_id[i]);
    proto_number(&to->inner, MAPPING_ID, to->mappings[index]);
    proto_number(&to->inner, MAPPING_START, 0);
    proto_number(&to->inner, MAPPING_LIMIT, to->limits[index]);
    proto_number(&to->inner, MAPPING_FILE, text_number(to, redact_file(module->path)));
    proto_number(&to->inner, MAPPING_BUILD_ID, text_number(to, build_id));
    /* As far as they are known: the reader should not look for what we have not found. */
    proto_number(&to->inner, MAPPING_HAS_FUNCTIONS, 1);
    proto_message(&to->profile, PROFILE_MAPPING, &to->inner);
}

static void put_head(struct pprof *to, const struct recording_stats *stats)
{
    put_type(to, "alloc_objects", "count");
    put_type(to, "alloc_space", "bytes");
    put_type(to, "inuse_objects", "count");
    put_type(to, "inuse_space", "bytes");
    proto_number(&to->profile, PROFILE_DEFAULT_TYPE, text_number(to, "inuse_space"));
    proto_number(&to->profile, PROFILE_TIME, stats->first_ns);
    proto_number(&to->profile, PROFILE_DURATION, stats->last_ns - stats->first_ns);
}

static void put_comment(struct pprof *to, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    char *text = xasprintf("%s=%s", key, value);
    proto_number(&to->profile, PROFILE_COMMENT, text_number(to, text));
    free(text);
}

/* Where it is from. */
static void put_comments(struct pprof *to, const struct recording *recording,
                         const struct label_set *more)
{
    struct origin origin;
    origin_find(&origin, recording, true);
    label_set_join(&origin.labels, more);
    put_comment(to, "host", origin.host);
    put_comment(to, "boot", origin.boot);
    put_comment(to, "cgroup", origin.control_group);
    put_comment(to, "package", origin.package.name);
    put_comment(to, "version", origin.package.version);
    for (size_t i = 0; i < origin.labels.count; i++)
        put_comment(to, origin.labels.items[i].key, origin.labels.items[i].value);
    origin_free(&origin);
}

static void put_profile(struct pprof *to, const struct analysis *analysis,
                        const struct pool_profile *profile, const struct label_set *labels)
{
    const struct finding **findings = export_findings(analysis, profile);
    to->modules = stacks_module_count(to->names->stacks);
    to->limits = xcalloc(to->modules, sizeof(*to->limits));
    to->mappings = xcalloc(to->modules, sizeof(*to->mappings));
    to->mapped = xcalloc(to->modules, sizeof(*to->mapped));
    put_head(to, recording_stats(analysis->recording));
    put_comments(to, analysis->recording, labels);
    for (size_t i = 0; i < profile->sample_count; i++)
        put_sample(to, profile, &profile->samples[i], findings[i]);
    for (size_t i = 0; i < to->mapping_count; i++)
        put_mapping(to, to->mapped[i]);
    proto_text(&to->profile, PROFILE_STRING, "");
    for (uint32_t i = 1; i <= to->strings.count; i++)
        proto_text(&to->profile, PROFILE_STRING, strings_get(&to->strings, i));
    free(findings);
}

/* False: zlib is out of memory. */
static bool write_gzip(FILE *out, struct proto *message)
{
    unsigned char packed[1 << 16];
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t left = message->size;
    stream.next_in = message->bytes;
    do {
        uInt part = left < UINT32_MAX ? (uInt)left : UINT32_MAX;
        left -= part;
        stream.avail_in = part;
        do {
            stream.next_out = packed;
            stream.avail_out = sizeof(packed);
            deflate(&stream, left ? Z_NO_FLUSH : Z_FINISH);
            fwrite(packed, 1, sizeof(packed) - stream.avail_out, out);
        } while (stream.avail_out == 0);
    } while (left);
    deflateEnd(&stream);
    return true;
}

bool pprof_write(FILE *out, const struct analysis *analysis, const struct pool_profile *profile,
                 const struct label_set *labels)
{
    struct pprof to = {.names = &analysis->names};
    put_profile(&to, analysis, profile, labels);
    bool ok = write_gzip(out, &to.profile);
    proto_free(&to.profile);
    proto_free(&to.inner);
    proto_free(&to.packed);
    strings_free(&to.strings);
    strings_free(&to.locations);
    strings_free(&to.functions);
    free(to.limits);
    free(to.mappings);
    free(to.mapped);
    return ok;
}

bool export_pprof(FILE *out, const struct analysis *analysis, const struct export_options *options,
                  struct error *error)
{
    struct pool_profile profile;
    const bool read = pool_profile_read(&profile, analysis->recording, options->pid, error);
    if (read && !pprof_write(out, analysis, &profile, &options->labels))
        memory_exhausted();
    pool_profile_free(&profile);
    return read;
}
