/* sums_seeds.c - what sums_fuzz.c begins with: the sums of processes that ended; see seeds.h. */
/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/seeds.h"

#include "analyzer/replay/folded_internal.h"
#include "analyzer/rules/folding.h"
#include "analyzer/trace/pack.h"
#include "tests/fuzz/sums_master.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support/trace_builder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#define ROOM (1u << 20) /* bytes */

static void write_trace(struct trace_builder *builder, const char *dir)
{
    builder_write(builder, dir);
    builder_free(builder);
}

/* Only packed ones become sums. */
static void pack(const char *dir, unsigned number)
{
    char name[32];
    struct error error = {""};
    struct packed_part part;
    const int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct pack_place place = {at, dir};
    snprintf(name, sizeof(name), "%u.trace", 100 + number);
    if (pack_write(&place, name, NULL, &part, &error) != PACK_DONE ||
        pack_settle(&place, &part, 1, &error) != 1)
        abort();
    packed_part_free(&part);
    close(at);
}

/* The file SUMS_FILE in DIR as two seeds: as it is, and what is packed in it. */
static void take_file(const char *dir, const char *to)
{
    static unsigned char bytes[1 + ROOM], sums[1 + ROOM];
    const size_t head = 1 + sizeof(struct folded_header);
    char path[4096];
    snprintf(path, sizeof(path), "%s/" SUMS_FILE, dir);
    FILE *in = fopen(path, "re");
    const size_t size = in ? 1 + fread(bytes + 1, 1, ROOM, in) : 0;
    if (size <= head || fclose(in) != 0)
        abort();
    const size_t unpacked = ZSTD_decompress(sums + 1, ROOM, bytes + head, size - head);
    if (ZSTD_isError(unpacked))
        abort();
    bytes[0] = 1;
    snprintf(path, sizeof(path), "%s/file-%zu", to, size);
    write_trace_file(path, bytes, size);
    snprintf(path, sizeof(path), "%s/sums-%zu", to, unpacked);
    write_trace_file(path, sums, 1 + unpacked);
}

void sums_seeds(const char *to)
{
    struct error error = {""};
    char *dir = temporary_directory();
    write_trace(sums_build_master(), dir);
    for (unsigned i = 1; i <= SUMS_SESSIONS; i++) {
        write_trace(sums_build_session(i), dir);
        pack(dir, i);
    }
    for (size_t latest = SUMS_SESSIONS - 1, folded; latest < SUMS_SESSIONS; latest -= 2) {
        const struct fold_request request = {dir, 100, latest, 0};
        if (!fold_processes(&request, &folded, &error) || folded == 0)
            abort();
        take_file(dir, to);
    }
    remove_directory(dir);
}
