/* labels_test.c - what is read of a string for a label: never more than may be, nor further. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/labels.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>

static const char *label_of(enum api_label kind, const char *text, size_t length)
{
    static char label[TRACE_LABEL_MAX + 1];
    const uint64_t begin = (uintptr_t)text;
    return label_read(kind, begin, length ? begin + length : 0, label) ? label : NULL;
}

static void expect(enum api_label kind, const char *text, const char *label)
{
    const char *read = label_of(kind, text, 0);
    cr_expect_str_eq(read ? read : "none", label ? label : "none", "of '%s'", text);
}

Test(labels, a_verb_is_the_first_word)
{
    expect(API_LABEL_VERB, "OPTS UTF8 ON", "OPTS");
    expect(API_LABEL_VERB, "  select secret from t", "SELECT");
    expect(API_LABEL_VERB, "\n\t(select 1)", "SELECT");
    expect(API_LABEL_VERB, "quit", "QUIT");
    expect(API_LABEL_VERB, "quit;drop", "QUIT");
    expect(API_LABEL_VERB, "a\x1b[31mb", "A");
    expect(API_LABEL_VERB, "\xc3\xa9t", NULL);
    expect(API_LABEL_VERB, "-- secret", NULL);
    expect(API_LABEL_VERB, "", NULL);
}

Test(labels, a_path_ends_before_what_is_asked_of_it)
{
    expect(API_LABEL_PATH, "GET /a/b.html HTTP/1.1", "/a/b.html");
    expect(API_LABEL_PATH, "GET /a?token=secret HTTP/1.1", "/a");
    expect(API_LABEL_PATH, "/plain", "/plain");
    expect(API_LABEL_PATH, "GET /a;session=1", "/a");
    expect(API_LABEL_PATH, "GET /%41<script>\x01", "/_41_script_");
    expect(API_LABEL_PATH, "OPTIONS * HTTP/1.1", NULL);
    expect(API_LABEL_PATH, "GET", NULL);
    expect(API_LABEL_PATH, "", NULL);
}

Test(labels, long_ones_are_cut)
{
    char text[1024];
    memset(text, 'x', sizeof(text));
    cr_expect_eq(strlen(label_of(API_LABEL_VERB, text, sizeof(text))), TRACE_LABEL_MAX);
    text[0] = '/';
    cr_expect_eq(strlen(label_of(API_LABEL_PATH, text, sizeof(text))), TRACE_LABEL_MAX);
    memset(text, ' ', sizeof(text));
    cr_expect_null(label_of(API_LABEL_VERB, text, sizeof(text)));
}

Test(labels, what_goes_on_beyond_its_end_has_none)
{
    cr_expect_null(label_of(API_LABEL_PATH, "GET /a?old=secret", strlen("GET /")));
    cr_expect_null(label_of(API_LABEL_VERB, "SELECT", 6));
    cr_expect_str_eq(label_of(API_LABEL_PATH, "GET /a HTTP", 8), "/a");
}

Test(labels, only_what_can_be_read_is)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(pages, MAP_FAILED);
    memset(pages, 'A', 4096);
    cr_assert_eq(mprotect(pages + 4096, 4096, PROT_NONE), 0);
    cr_expect_str_eq(label_of(API_LABEL_VERB, pages + 4091, 0), "AAAAA");
    cr_expect_null(label_of(API_LABEL_VERB, pages + 4096, 0));
    cr_expect_null(label_of(API_LABEL_VERB, NULL, 0));
    cr_expect_null(label_of(API_LABEL_VERB, (const char *)0x7fffffffffffffff, 0));
}
