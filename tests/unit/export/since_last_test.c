/* since_last_test.c - rows that are new since the last export, and the file that knows of it. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/export/since_last.h"
#include "analyzer/util/json.h"
#include "analyzer/util/text.h"
#include "tests/unit/support/temp_dir.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ONE "00000000000000a1"
#define TWO "00000000000000a2"

static char *dir, state[256], written[4096];
static struct error error;

static void set_up(void)
{
    dir = temporary_directory();
    snprintf(state, sizeof state, "%s/state", dir);
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(since_last, .init = set_up, .fini = tear_down);

struct row {
    enum exported_kind kind;
    uint64_t id;
    int value;
};

/* Exports ROWS, up to one of value 0; what was written is in `written`, without when. */
static void export_rows(const char *recording, const struct row *rows, bool arrives)
{
    struct since_last *since = since_last_open(state, &error);
    struct error not_saved;
    struct text text;
    text_open(&text);
    for (; rows->value; rows++)
        since_last_add(since, rows->kind, rows->id, 1, json_pack("{si}", "v", rows->value));
    since_last_write(since, recording, text.out);
    if (arrives)
        cr_assert(since_last_save(since, &not_saved), "%s", not_saved.text);
    since_last_free(since);
    text_close(&text);
    char *to = written;
    for (char *line = strtok(text.bytes, "\n"); line; line = strtok(NULL, "\n")) {
        char *when = strstr(line, ",\"exported\":\"20");
        cr_assert(when, "%s", line);
        to += sprintf(to, "%.*s}\n", (int)(when - line), line);
    }
    *to = '\0';
    free(text.bytes);
}

#define EXPORT(recording, ...)                                                                     \
    export_rows(recording, (const struct row[]){__VA_ARGS__, {.value = 0}}, true)

Test(since_last, the_first_time_all_is_new_and_it_is_said)
{
    EXPORT(ONE, {EXPORTED_RECORDING, 0, 1}, {EXPORTED_POOL, 7, 2}, {EXPORTED_STACK, 7, 3});
    cr_expect_str_eq(written, "{\"v\":1,\"whole\":true}\n{\"v\":2}\n{\"v\":3}\n");
    cr_expect(strstr(error.text, "/state: No such file"), "%s", error.text);
}

Test(since_last, then_what_changed_or_came)
{
    EXPORT(ONE, {EXPORTED_RECORDING, 0, 1}, {EXPORTED_POOL, 7, 2}, {EXPORTED_POOL, 8, 3});
    EXPORT(ONE, {EXPORTED_RECORDING, 0, 9}, {EXPORTED_POOL, 9, 4}, {EXPORTED_POOL, 8, 5},
           {EXPORTED_POOL, 7, 2});
    cr_expect_str_eq(error.text, "");
    cr_expect_str_eq(written, "{\"v\":9,\"whole\":false}\n{\"v\":4}\n{\"v\":5}\n");
    EXPORT(ONE, {EXPORTED_POOL, 7, 2}, {EXPORTED_POOL, 8, 5}, {EXPORTED_RECORDING, 0, 9},
           {EXPORTED_POOL, 9, 4});
    cr_expect_str_eq(written, "");
}

Test(since_last, of_rows_with_one_id_all_are_written_when_one_changed)
{
    EXPORT(ONE, {EXPORTED_POOL, 7, 2}, {EXPORTED_POOL, 7, 2}, {EXPORTED_POOL, 7, 3});
    EXPORT(ONE, {EXPORTED_POOL, 7, 3}, {EXPORTED_POOL, 7, 2}, {EXPORTED_POOL, 7, 2});
    cr_expect_str_eq(written, "", "their order says nothing");
    EXPORT(ONE, {EXPORTED_POOL, 7, 3}, {EXPORTED_POOL, 7, 2});
    cr_expect_str_eq(written, "{\"v\":3}\n{\"v\":2}\n", "one went");
}

Test(since_last, what_is_gone_is_told)
{
    EXPORT(ONE, {EXPORTED_FINDING, 0xf1, 1}, {EXPORTED_FINDING, 0xf2, 1}, {EXPORTED_POOL, 7, 2},
           {EXPORTED_ALLOCATION, 7, 2}, {EXPORTED_STACK, 8, 3});
    EXPORT(ONE, {EXPORTED_FINDING, 0xf1, 1});
    cr_expect_str_eq(
        written, "{\"row\":\"gone\",\"recording\":\"" ONE "\",\"of\":\"finding\",\"fingerprint\":"
                 "\"00000000000000f2\",\"kind\":\"session\"}\n"
                 "{\"row\":\"gone\",\"recording\":\"" ONE "\",\"of\":\"pool\",\"pool_id\":"
                 "\"0000000000000007\"}\n"
                 "{\"row\":\"gone\",\"recording\":\"" ONE "\",\"of\":\"allocation\",\"pool_id\":"
                 "\"0000000000000007\",\"stack_id\":\"0000000000000001\"}\n");
    EXPORT(ONE, {EXPORTED_FINDING, 0xf1, 1});
    cr_expect_str_eq(written, "", "once");
}

Test(since_last, another_recording_begins_anew)
{
    EXPORT(ONE, {EXPORTED_RECORDING, 0, 1}, {EXPORTED_POOL, 7, 2});
    EXPORT(TWO, {EXPORTED_RECORDING, 0, 1});
    cr_expect_str_eq(written, "{\"v\":1,\"whole\":true}\n");
    cr_expect_str_eq(error.text, "");
}

Test(since_last, what_did_not_arrive_is_new_again)
{
    export_rows(ONE, (const struct row[]){{EXPORTED_POOL, 7, 2}, {.value = 0}}, false);
    cr_expect_str_eq(written, "{\"v\":2}\n");
    cr_expect_neq(access(state, F_OK), 0);
    EXPORT(ONE, {EXPORTED_POOL, 7, 2});
    cr_expect_str_eq(written, "{\"v\":2}\n");
}

static size_t read_state(char *bytes, size_t room)
{
    FILE *in = fopen(state, "r");
    size_t length = fread(bytes, 1, room, in);
    fclose(in);
    return length;
}

static void expect_damaged(const char *bytes, size_t length, const char *what, size_t at)
{
    struct exported_rows rows;
    write_trace_file(state, bytes, length);
    cr_expect_eq(exported_rows_read(&rows, state, &error), EXPORTED_BROKEN, "%s %zu", what, at);
    cr_expect(strstr(error.text, ": is damaged"), "%s", error.text);
    cr_expect_eq(rows.count, 0);
}

/* Every bit and every cut: what is not whole is not believed. */
Test(since_last, a_damaged_file_is_said)
{
    char bytes[512];
    EXPORT(ONE, {EXPORTED_RECORDING, 0, 1}, {EXPORTED_FINDING, 5, 1}, {EXPORTED_POOL, 7, 2});
    const size_t length = read_state(bytes, sizeof bytes);
    for (size_t at = 0; at < length; at++) {
        expect_damaged(bytes, at, "cut at", at);
        bytes[at] ^= 1;
        expect_damaged(bytes, length, "changed at", at);
        bytes[at] ^= 1;
    }
    bytes[length] = '\n';
    expect_damaged(bytes, length + 1, "longer", length);
    EXPORT(ONE, {EXPORTED_POOL, 7, 2});
    cr_expect_str_eq(written, "{\"v\":2}\n", "all is new");
    cr_expect(strstr(error.text, ":6: is damaged"), "%s", error.text);
    EXPORT(ONE, {EXPORTED_POOL, 7, 2});
    cr_expect_str_eq(written, "", "and known from then on");
}

Test(since_last, links_and_pipes_are_not_followed)
{
    char target[300];
    snprintf(target, sizeof target, "%s/target", dir);
    write_trace_file(target, "mine", 4);
    cr_assert_eq(symlink(target, state), 0);
    EXPORT(ONE, {EXPORTED_POOL, 7, 2});
    cr_expect(strstr(error.text, "/state: Too many levels of symbolic links"), "%s", error.text);
    struct stat st;
    cr_assert_eq(lstat(state, &st), 0);
    cr_expect(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600, "the link is replaced");
    cr_assert_eq(stat(target, &st), 0);
    cr_expect_eq(st.st_size, 4, "and not what it led to");
    unlink(state);
    cr_assert_eq(mkfifo(state, 0600), 0);
    EXPORT(ONE, {EXPORTED_POOL, 7, 2});
    cr_expect(strstr(error.text, "/state: Invalid argument"), "%s", error.text);
}

Test(since_last, a_file_that_cannot_be_written_is_said)
{
    struct since_last *since = since_last_open("/nowhere/state", &error);
    struct error why;
    since_last_write(since, ONE, stderr);
    cr_expect_not(since_last_save(since, &why));
    cr_expect(strstr(why.text, "/nowhere/state: No such file"), "%s", why.text);
    since_last_free(since);
}
