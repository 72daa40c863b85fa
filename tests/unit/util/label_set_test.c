/* label_set_test.c - labels of hosts and builds: what is one, and what is not. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/label_set.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct label_set set;

static void tear_down(void)
{
    label_set_free(&set);
}

TestSuite(label_set, .fini = tear_down);

static void expect_text(const char *expected)
{
    char *text = label_set_text(&set);
    cr_expect_str_eq(text, expected);
    free(text);
}

static void expect_refused(const char *text, const char *why)
{
    struct error error = {""};
    cr_expect_not(label_set_add(&set, text, &error), "%s", text);
    cr_expect(strstr(error.text, why), "%s: %s", text, error.text);
}

Test(label_set, the_last_value_of_a_key_counts)
{
    struct error error;
    cr_assert(label_set_add(&set, "role=web", &error));
    cr_assert(label_set_add(&set, "zone=a=b c", &error));
    cr_assert(label_set_add(&set, "role=ftp", &error));
    expect_text("role=ftp,zone=a=b c");
}

Test(label_set, what_is_none_is_refused)
{
    char longer[LABEL_VALUE_MAX + 4] = "k=";
    memset(longer + 2, 'x', LABEL_VALUE_MAX + 1);
    expect_refused("role", "no label");
    expect_refused("=web", "no label");
    expect_refused("1st=web", "no label");
    expect_refused("a-b=web", "no label");
    expect_refused("__name__=web", "no label");
    expect_refused("fingerprint=web", "taken");
    expect_refused("role=", "1 to 128");
    expect_refused("role=a,b", "1 to 128");
    expect_refused("role=a\nb", "1 to 128");
    expect_refused(longer, "1 to 128");
    expect_text("");
}

Test(label_set, no_more_than_there_is_room_for)
{
    struct error error;
    char text[16];
    for (int i = 0; i < LABELS_MAX; i++) {
        snprintf(text, sizeof text, "k%d=v", i);
        cr_assert(label_set_add(&set, text, &error));
    }
    expect_refused("more=v", "more than 16");
    cr_expect(label_set_add(&set, "k3=w", &error));
}

/* Of a recording, which may have been made up. */
Test(label_set, what_is_none_of_a_recording_is_left_out)
{
    label_set_read(&set, ",role=web,,host=mine,x=\x01,zone=b,,");
    expect_text("role=web,zone=b");
}
