/* documents_test.c - documents that come as bytes from another process, and the file of metrics. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/serve/documents.h"
#include "analyzer/serve/metrics_file.h"
#include "tests/unit/support/temp_dir.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char bytes[512];
static size_t size;

static void put(size_t length, const char *text)
{
    memcpy(bytes + size, &length, sizeof length);
    memcpy(bytes + size + sizeof length, text, strlen(text));
    size += sizeof length + strlen(text);
}

static void put_all(void)
{
    size = 0;
    put(7, "metrics");
    put(2, "{}");
    for (unsigned i = 2; i < DOCUMENTS; i++)
        put(0, "");
}

Test(documents, pieces_are_found)
{
    struct documents documents;
    put_all();
    cr_assert(documents_read(&documents, bytes, size));
    cr_expect_eq(documents.items[DOCUMENT_METRICS].length, 7);
    cr_expect_arr_eq(documents.items[DOCUMENT_METRICS].bytes, "metrics", 7);
    cr_expect_arr_eq(documents.items[DOCUMENT_FINDINGS].bytes, "{}", 2);
    cr_expect_eq(documents.items[DOCUMENT_VERSION].length, 0);
}

Test(documents, what_is_cut_or_longer_is_refused)
{
    struct documents documents;
    put_all();
    for (size_t length = 0; length < size; length++)
        cr_expect_not(documents_read(&documents, bytes, length), "%zu", length);
    cr_expect_not(documents_read(&documents, bytes, size + 1));
    size = 0;
    put(SIZE_MAX - 3, "metrics");
    cr_expect_not(documents_read(&documents, bytes, sizeof bytes));
}

Test(metrics_file, it_is_replaced_and_removed_in_the_end)
{
    char *dir = temporary_directory(), name[300], text[8] = "";
    struct stat st;
    snprintf(name, sizeof name, "%s/x.prom", dir);
    struct metrics_file file = {.name = name};
    metrics_file_end(&file); /* nothing was written */
    const mode_t before = umask(077);
    metrics_file_write(&file, "one", 3);
    metrics_file_write(&file, "three", 5);
    umask(before);
    FILE *in = fopen(name, "r");
    cr_expect_eq(fread(text, 1, sizeof text, in), 5);
    cr_expect_str_eq(text, "three");
    cr_expect_eq(fstat(fileno(in), &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0644, "others read it");
    fclose(in);
    metrics_file_end(&file);
    cr_expect_neq(access(name, F_OK), 0);
    remove_directory(dir);
}
