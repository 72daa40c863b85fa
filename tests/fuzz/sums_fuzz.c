/*
 * sums_fuzz.c - any bytes as the sums of processes that `keep` leaves of a run (keep.RUN.state):
 * packed, as they are in that file, or, where the first byte is odd, as the file itself. What is
 * found then may be anything, but it is said, or why not; and what is read can be written again.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/gate/doubts.h"
#include "analyzer/render/info.h"
#include "analyzer/render/report.h"
#include "analyzer/replay/folded_internal.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/trace/kept.h"
#include "fuzz.h"
#include "tests/fuzz/sums_master.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STORED_MOST 65536u /* bytes */

/* A frame of zstd's with one block that is stored as it is. */
struct __attribute__((packed)) stored_frame {
    uint32_t magic;
    uint8_t descriptor; /* the size of all in four bytes */
    uint32_t size;
    uint8_t block[3]; /* the last one, raw; its size */
    uint8_t bytes[STORED_MOST];
};

static struct __attribute__((packed)) {
    struct folded_header header;
    struct stored_frame frame;
} file;

static char file_name[48];

/* The process that they say to be of; they begin with its trace's id. */
static void make_master(const uint8_t *data, size_t size)
{
    static unsigned char *master;
    static size_t master_size;
    struct fields fields = fields_of(data, size);
    uint64_t root = SUMS_MASTER;
    if (!master)
        master = sums_master(&master_size);
    if (data)
        fields_u64(&fields, &root);
    memcpy(master + offsetof(struct trace_header, file_id), &root, sizeof(root));
    fuzz_file("1" TRACE_SUFFIX, master, master_size);
    snprintf(file_name, sizeof(file_name), KEPT_STATE_PREFIX "%016" PRIx64 KEPT_STATE_SUFFIX, root);
}

static void make_sums(const uint8_t *data, size_t size)
{
    const uint32_t block = (uint32_t)size << 3 | 1;
    file.header = (struct folded_header){FOLDED_MAGIC, FOLDED_VERSION, size};
    file.frame.magic = 0xfd2fb528;
    file.frame.descriptor = 0xa0;
    file.frame.size = (uint32_t)size;
    memcpy(file.frame.block, &block, sizeof(file.frame.block));
    memcpy(file.frame.bytes, data, size);
    make_master(data, size);
    fuzz_file(file_name, (const uint8_t *)&file, sizeof(file) - STORED_MOST + size);
}

static void show(const struct analysis *analysis)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    render_report_text(out, analysis, false);
    render_info(out, analysis->recording);
    fclose(out);
    free(text);
    struct doubts doubts = doubts_of(analysis->recording);
    doubts_free(&doubts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct analysis analysis;
    struct error error = {""};
    fuzz_begin(size);
    if (size == 0 || size > STORED_MOST)
        return fuzz_end();
    fuzz_files_remove();
    if (data[0] & 1) {
        make_master(NULL, 0);
        fuzz_file(file_name, data + 1, size - 1);
    } else {
        make_sums(data + 1, size - 1);
    }
    if (!analysis_run(&analysis, FUZZ_DIR, &error)) {
        if (!*error.text)
            abort(); /* refused without a word */
        return fuzz_end();
    }
    show(&analysis);
    analysis_end(&analysis);
    return fuzz_end();
}
