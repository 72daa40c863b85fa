/* pool_path_test.c - the labels of a path, and the path for people: what marks a ">" of a label is
 * neither part of the label nor escaped again. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/pool_path.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_plain(const char *label, const char *plain)
{
    char *got = pool_path_plain(label, strlen(label));
    cr_expect_str_eq(got, plain);
    free(got);
}

static void expect_text(const char *path, const char *text)
{
    char *got = pool_path_text(path);
    cr_expect_str_eq(got, text);
    free(got);
}

Test(pool_path, a_label_is_as_its_pool_has_it)
{
    expect_plain("plain", "plain");
    expect_plain("\\> quoted", "> quoted");
    expect_plain("<a \\>", "<a >");
    expect_plain("back\\>slash\\", "back\\>slash\\");
    expect_plain("", "");
}

Test(pool_path, marks_are_not_escaped_again)
{
    expect_text("root > <a \\> > \\>b", "root > <a \\> > \\>b");
    expect_text("x\\>y > z\\", "x\\\\>y > z\\\\");
    expect_text("\x1b[m", "\\x1B[m");
    expect_text("", "");
}
