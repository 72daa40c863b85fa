/* nearest_test.c - the word that was meant. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/nearest.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const words[] = {"record", "report", "check", "processes", "top", "tree"};

static void expect(const char *word, const char *meant)
{
    const char *found = nearest_word(word, strlen(word), words, sizeof(words) / sizeof(words[0]));
    cr_expect(meant ? found && strcmp(found, meant) == 0 : !found, "%s: %s", word,
              found ? found : "none");
}

Test(nearest, a_letter_is_wrong)
{
    expect("reprt", "report");
    expect("reporrt", "report");
    expect("repott", "report");
    expect("erport", "report");
    expect("chekc", "check");
    expect("tre", "tree");
}

Test(nearest, it_is_the_beginning)
{
    expect("proc", "processes");
    expect("re", "record"); /* the first of two */
}

Test(nearest, it_is_none_of_them)
{
    expect("frobnicate", NULL);
    expect("x", NULL);
    expect("", NULL);
    expect("xyz", NULL);
    expect("an argument that is longer than any word is", NULL);
}
