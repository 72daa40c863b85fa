/* temp_text.h - a text file of its own for a test. */
#ifndef LIFEGUARD_TEMP_TEXT_H
#define LIFEGUARD_TEMP_TEXT_H

#include <criterion/criterion.h>
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

#endif
