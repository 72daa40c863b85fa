/* refused.c - why an option was refused, and which one may have been meant. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/commands.h"
#include "analyzer/util/nearest.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#define OPTIONS_MAX 64

static const struct option *option_of_letter(const struct option *known, int letter)
{
    while (known->name && (letter == 0 || known->val != letter))
        known++;
    return known->name ? known : NULL;
}

static const struct option *option_of_name(const struct option *known, const char *name,
                                           size_t length)
{
    while (known->name && (strlen(known->name) != length || memcmp(known->name, name, length) != 0))
        known++;
    return known->name ? known : NULL;
}

static int unknown_option(const char *command, const char *name, size_t length,
                          const struct option *known)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    for (; known[count].name && count < OPTIONS_MAX; count++)
        names[count] = known[count].name;
    const char *meant = nearest_word(name, length, names, count);
    if (meant)
        return usage_error(command, "unknown option '--%.*s'; did you mean '--%s'?", (int)length,
                           name, meant);
    return usage_error(command, "unknown option '--%.*s'", (int)length, name);
}

int refused_option(char **argv, const struct option *known)
{
    const char *word = argv[optind - 1];
    const bool named = strncmp(word, "--", 2) == 0;
    const char *name = named ? word + 2 : "";
    const size_t length = strcspn(name, "=");
    const struct option *option =
        named ? option_of_name(known, name, length) : option_of_letter(known, optopt);
    if (option && option->has_arg == no_argument)
        return usage_error(argv[0], "--%s takes no value", option->name);
    if (option)
        return usage_error(argv[0], "%s: its value is missing", word);
    if (!named)
        return usage_error(argv[0], "unknown option '-%c'", optopt);
    return unknown_option(argv[0], name, length, known);
}
