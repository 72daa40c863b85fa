/* nearest.c - the word that somebody who mistyped another one meant; see nearest.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/nearest.h"

#include <string.h>

#define LONGEST 32 /* bytes; no word is longer */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Damerau and Levenshtein's, where no letter is edited twice. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= a_length; i++)
        rows[i][0] = (unsigned)i;
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t j = 1; j <= b_length; j++) {
            unsigned same = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            unsigned best = least(same, least(rows[i - 1][j], rows[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, rows[i - 2][j - 2] + 1);
            rows[i][j] = best;
        }
    }
    return rows[a_length][b_length];
}

const char *nearest_word(const char *word, size_t length, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    unsigned best = (unsigned)length / 3 + 1;
    if (length < 2 || length > LONGEST)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(words[i]);
        if (other > LONGEST)
            continue;
        unsigned far =
            strncmp(word, words[i], length) == 0 ? 0 : distance(word, length, words[i], other);
        if (far < best) {
            best = far;
            nearest = words[i];
        }
    }
    return nearest;
}
