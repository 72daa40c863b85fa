/* temp_text.h - a text file of its own for a test. */
/* SPDX-License-Identifier: MIT */
#ifndef LIFEGUARD_TEMP_TEXT_H
#define LIFEGUARD_TEMP_TEXT_H

#include "analyzer/util/error.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Writes TEXT to a new file; the caller unlinks it and frees its name. */
static inline char *temp_text(const char *text)
{
    char *name = strdup("/tmp/lifeguard-test-XXXXXX");
    int fd = mkstemp(name);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return name;
}

/* Tells whether the file NAME is read; false with *ERROR set. */
typedef bool text_reader(const char *name, struct error *error);

/* A good text, every beginning of it, and many that differ in some bytes. */
static inline void expect_any_is_read_or_refused(const char *good, text_reader *reader)
{
    size_t length = strlen(good);
    char *text = strdup(good);
    struct error error = {""};
    char *name = temp_text(good);
    cr_assert(reader(name, &error), "%s", error.text);
    srand(1);
    for (size_t i = 0; i < 2000; i++) {
        size_t kept = i < length ? i : length;
        memcpy(text, good, length);
        for (int flips = i < length ? 0 : 1 + rand() % 4; flips > 0; flips--)
            text[(size_t)rand() % length] =
                (char)(rand() % 3 ? "[]{}=:\"#;*\n -"[rand() % 13] : rand());
        FILE *file = fopen(name, "w");
        cr_assert_eq(fwrite(text, 1, kept, file), kept);
        fclose(file);
        if (!reader(name, &error))
            cr_expect_eq(strncmp(error.text, name, strlen(name)), 0, "%s", error.text);
    }
    unlink(name);
    free(name);
    free(text);
}

#endif
