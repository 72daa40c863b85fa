/*
 * folded_test.c - processes that ended become sums: the same is found then, and whatever is written
 * in such a file, it is read or refused.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/folded_internal.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/rules/folding.h"
#include "analyzer/trace/pack.h"
#include "tests/unit/support/trace_dir.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define MASTER    UINT64_C(0x1000)
#define PERMANENT UINT64_C(0x10000)
#define SESSIONS  6
#define UNITS     12

static const char api[] =
    "[api]\nname = test\n"
    "[functions]\nmake = create pool=ret parent=a0\ntake = alloc pool=a0 size=a1\n"
    "end = destroy pool=a0\n"
    "[marks]\nconnection = accept\ncommand = serve\n";

enum { CONNECTION, COMMAND };

TestSuite(folded, .init = set_up, .fini = tear_down);

static void define(struct trace_builder *builder, uint32_t first)
{
    const uint64_t frames[] = {0x400100 + first * 16, 0x400800, 0x400900};
    builder_program(builder, "/d");
    builder_module(builder, 0x400000, 0x500000, 0, TRACE_NO_STACK, "/d");
    for (uint32_t i = 0; i < 4; i++)
        builder_stack(builder, first + i, 3,
                      (const uint64_t[]){frames[0] + i, frames[1], frames[2]});
}

static void write_master(void)
{
    struct trace_builder *builder = builder_new(MASTER, 70);
    builder_api(builder, api);
    builder_hook(builder, TRACE_RECORD_HOOK, "make", "/d", "symbol");
    define(builder, 1);
    builder_create(builder, PERMANENT, 0, 1);
    for (uint32_t i = 1; i <= SESSIONS; i++)
        builder_fork_event(builder, i);
    write_trace(builder);
}

static uint32_t lossy; /* so many sessions lost an event, or were ended by a signal */

/* One that leaves a pool behind in each unit, makes one for nothing, and lets another one grow. */
static void write_session(uint32_t number)
{
    const int pid = 100 + (int)number;
    struct trace_builder *builder = builder_fork(MASTER + number, pid, MASTER, number, 100);
    define(builder, 100);
    if (number <= lossy && number % 2)
        builder_header(builder)->lost[TRACE_LOST_STOPPED] = number;
    else if (number <= lossy)
        builder_header(builder)->signal = 15;
    builder_mark(builder, CONNECTION);
    builder_create(builder, 0x20000, PERMANENT, 101);
    for (uint64_t i = 0; i < UNITS + number; i++) {
        builder_mark(builder, COMMAND);
        builder_create(builder, 0x30000 + i * 64, 0x20000, 102);
        builder_alloc(builder, 0x20000, 103, 64);
        builder_create(builder, 0x90000, 0x20000, 100);
        builder_destroy(builder, 0x90000, 103, UINT64_MAX, UINT64_MAX);
    }
    builder_end(builder, 0);
    write_trace(builder);
    char name[32];
    struct error error = {""};
    struct packed_part part;
    const int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct pack_place place = {at, dir};
    snprintf(name, sizeof(name), "%d.trace", pid);
    cr_assert_eq(pack_write(&place, name, NULL, &part, &error), PACK_DONE, "%s", error.text);
    cr_assert_eq(pack_settle(&place, &part, 1, &error), 1, "%s", error.text);
    packed_part_free(&part);
    close(at);
}

static void write_recording(void)
{
    write_master();
    for (uint32_t i = 1; i <= SESSIONS; i++)
        write_session(i);
}

/* Its findings, but for pids and times; NULL with *ERROR set: it cannot be read. */
static char *found(size_t *refused, struct error *error)
{
    struct analysis analysis;
    if (!analysis_run(&analysis, dir, error))
        return NULL;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < analysis.findings.count; i++) {
        const struct finding *finding = &analysis.findings.items[i];
        fprintf(out, "%s %s %u %zu %lu %lu %lu %f %f\n", finding->id.text, finding->rule,
                finding->severity, pid_list_total(&finding->pids), finding->count, finding->bytes,
                finding->per_unit.units, finding->per_unit.bytes, finding->cost.a_unit);
    }
    const struct recording_stats *stats = recording_stats(analysis.recording);
    fprintf(out,
            "%lu events, %lu stacks, %zu untraced, %lu lost, %lu once stopped, %zu signalled\n",
            stats->events, stats->distinct_stacks, stats->untraced, stats->lost_events,
            stats->lost[TRACE_LOST_STOPPED], stats->signalled);
    fclose(out);
    *refused = recording_refused_count(analysis.recording);
    analysis_end(&analysis);
    return text;
}

static void expect_found(const char *before)
{
    struct error error = {""};
    size_t refused;
    char *after = found(&refused, &error);
    cr_assert(after, "%s", error.text);
    cr_expect_str_eq(after, before);
    cr_expect_eq(refused, 0);
    free(after);
}

static size_t fold_but(size_t latest, size_t worst, size_t unusual)
{
    const struct fold_request request = {
        .dir = dir, .most = 100, .latest = latest, .worst = worst, .unusual = unusual};
    struct error error = {""};
    size_t folded, seen;
    cr_assert(fold_processes(&request, &folded, &seen, &error), "%s", error.text);
    return folded;
}

static size_t fold(size_t latest, size_t worst)
{
    return fold_but(latest, worst, 100);
}

static void drop(void *data, const char *name, uint64_t file_id)
{
    char path[512];
    (void)file_id;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    cr_expect_eq(unlink(path), 0);
    ++*(size_t *)data;
}

/* Removes what is in the sums; how many traces that were. */
static size_t drop_left(unsigned seconds)
{
    struct error error;
    size_t count = 0;
    struct recording *recording = recording_open(dir, &error);
    recording_each_left(recording, seconds, drop, &count);
    recording_close(recording);
    return count;
}

Test(folded, the_same_is_found)
{
    struct error error = {""};
    size_t refused;
    write_recording();
    char *before = found(&refused, &error);
    cr_assert(before, "%s", error.text);
    cr_expect(strstr(before, "leaked-subpool") && strstr(before, "growing-pool") &&
                  strstr(before, "needless-subpool") && strstr(before, " 0 untraced"),
              "%s", before);
    cr_expect_eq(fold(4, 0), 2);
    expect_found(before);
    cr_expect_eq(drop_left(3600), 0, "who has just begun to read needs them");
    cr_expect_eq(drop_left(0), 2);
    expect_found(before);
    cr_expect_eq(fold(2, 0), 2);
    cr_expect_eq(drop_left(0), 2);
    expect_found(before);
    cr_expect_eq(fold(0, 2), 0, "the worst ones stay");
    cr_expect_eq(fold(0, 0), 2);
    cr_expect_eq(fold(0, 0), 0);
    expect_found(before);
    free(before);
}

static size_t fold_some(size_t skip, size_t *seen)
{
    const struct fold_request request = {.dir = dir, .skip = skip, .most = 2, .unusual = 100};
    struct error error = {""};
    size_t folded;
    cr_assert(fold_processes(&request, &folded, seen, &error), "%s", error.text);
    return folded;
}

Test(folded, what_lost_events_or_was_ended_by_a_signal_stays_while_it_is_one_of_few)
{
    struct error error = {""};
    size_t refused;
    lossy = 4;
    write_recording();
    char *before = found(&refused, &error);
    cr_assert(before && strstr(before, " 4 lost, 4 once stopped, 2 signalled"), "%s", before);
    cr_expect_eq(fold_but(0, 0, 4), 2);
    expect_found(before);
    cr_expect_eq(drop_left(0), 2);
    cr_expect_eq(fold_but(0, 0, 1), 3);
    cr_expect_eq(drop_left(0), 3);
    expect_found(before);
    cr_expect_eq(fold_but(0, 0, 1), 0);
    free(before);
}

Test(folded, those_behind_many_that_stay_are_reached)
{
    size_t seen;
    lossy = 4;
    write_recording();
    cr_expect_eq(fold_some(0, &seen), 0);
    cr_expect_eq(seen, 2, "there are more");
    cr_expect_eq(fold_some(4, &seen), 2);
    cr_expect_eq(drop_left(0), 2);
    cr_expect_eq(fold_some(4, &seen), 0);
    cr_expect_eq(seen, 0, "there are no more");
}

/* --- any bytes */

struct sums_file {
    char path[512];
    unsigned char *bytes;
    size_t size;
};

static void read_sums(struct sums_file *file)
{
    struct recording recording = {.dir = dir};
    char *path = folded_path(&recording, MASTER);
    snprintf(file->path, sizeof(file->path), "%s", path);
    free(path);
    FILE *in = fopen(file->path, "re");
    struct folded_header header;
    static unsigned char packed[1 << 20];
    cr_assert(in && fread(&header, sizeof(header), 1, in) == 1);
    const size_t size = fread(packed, 1, sizeof(packed), in);
    fclose(in);
    file->size = header.size;
    file->bytes = malloc(file->size);
    cr_assert_eq(ZSTD_decompress(file->bytes, file->size, packed, size), file->size);
}

static void write_sums(const struct sums_file *file, const unsigned char *bytes, size_t size,
                       uint64_t version)
{
    static unsigned char packed[1 << 20];
    const struct folded_header header = {FOLDED_MAGIC, version, size};
    const size_t packed_size = ZSTD_compress(packed, sizeof(packed), bytes, size, 1);
    FILE *out = fopen(file->path, "we");
    cr_assert(out && fwrite(&header, sizeof(header), 1, out) == 1 &&
              fwrite(packed, 1, packed_size, out) == packed_size && fclose(out) == 0);
}

/* What version 1 has not, at the end of the recording's numbers: a zero takes a byte. */
#define NEW_IN_2 (TRACE_LOST_KINDS + 1 + TRACE_STOP_KINDS + 2)

Test(folded, version_1_is_read)
{
    struct sums_file file;
    struct error error = {""};
    size_t refused;
    write_recording();
    char *before = found(&refused, &error);
    fold(0, 0);
    drop_left(0);
    read_sums(&file);
    struct recording *recording = recording_open(dir, &error);
    const size_t rest = recording->folded->rest;
    recording_close(recording);
    memmove(file.bytes + rest - NEW_IN_2, file.bytes + rest, file.size - rest);
    write_sums(&file, file.bytes, file.size - NEW_IN_2, 1);
    expect_found(before);
    free(file.bytes);
    free(before);
}

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

/* What is found then is anybody's guess, but it ends. */
static void read_any(const struct sums_file *file, const unsigned char *bytes, size_t size,
                     size_t *all_refused)
{
    struct error error = {""};
    size_t refused = 0;
    write_sums(file, bytes, size, FOLDED_VERSION);
    char *text = found(&refused, &error);
    cr_expect(text || *error.text);
    *all_refused += refused;
    free(text);
}

static void fold_all(struct sums_file *file)
{
    write_recording();
    fold(0, 0);
    drop_left(0);
    read_sums(file);
}

/* Whatever may be missing, such as a text, is missing in turn. */
Test(folded, what_is_said_not_to_be_there_is_not_used)
{
    struct sums_file file;
    size_t refused = 0;
    fold_all(&file);
    unsigned char *bytes = malloc(file.size);
    for (size_t i = 0; i + 2 < file.size; i++) {
        if (file.bytes[i] != 1)
            continue;
        memcpy(bytes, file.bytes, file.size);
        bytes[i] = 0;
        read_any(&file, bytes, file.size, &refused);
        memmove(bytes + i + 1, file.bytes + i + 2, file.size - i - 2); /* of a list, its item */
        read_any(&file, bytes, file.size - 1, &refused);
    }
    cr_expect_gt(refused, 20);
    free(bytes);
    free(file.bytes);
}

Test(folded, whatever_is_written_is_read_or_refused)
{
    struct sums_file file;
    uint64_t state = 1;
    size_t refused = 0;
    fold_all(&file);
    unsigned char *bytes = malloc(file.size);
    for (int i = 0; i < 400; i++) {
        memcpy(bytes, file.bytes, file.size);
        for (uint64_t j = next(&state) % 4 + 1; j > 0; j--)
            bytes[next(&state) % file.size] = (unsigned char)next(&state);
        read_any(&file, bytes, file.size, &refused);
    }
    cr_expect_gt(refused, 20);
    refused = 0;
    for (size_t size = 1; size < file.size; size += file.size / 50 + 1)
        read_any(&file, file.bytes, size, &refused);
    cr_expect_geq(refused, 45, "what is cut off is refused");
    write_sums(&file, file.bytes, file.size, FOLDED_VERSION + 1);
    struct error error;
    struct recording *recording = recording_open(dir, &error);
    cr_expect_eq(recording_refused_count(recording), 1);
    cr_expect(strstr(recording_refused(recording, 0), "another version"));
    recording_close(recording);
    free(bytes);
    free(file.bytes);
}
