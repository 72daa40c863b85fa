/* description.c - the API description that a user names; see description.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/api/description.h"

#include "analyzer/util/input_file.h"
#include "analyzer/util/memory.h"
#include "preload/api/builtin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct builtin_api *find_builtin(const char *name)
{
    const struct builtin_api *builtin;
    for (size_t i = 0; (builtin = builtin_api(i)); i++) {
        if (strcmp(builtin->name, name) == 0)
            return builtin;
    }
    return NULL;
}

static bool read_file(struct api_description *description, const char *name, struct error *error)
{
    struct input_file file;
    struct api_error wrong;
    if (!input_open(&file, name, error))
        return false;
    description->text = file.text;
    if (!api_parse(file.text, file.length, &description->api, &wrong)) {
        error_set(error, "%s:%u: %s", name, wrong.line, wrong.message);
        return false;
    }
    struct stat status;
    description->once = stat(name, &status) == 0 && !S_ISREG(status.st_mode);
    description->path = description->once ? xstrdup(name) : realpath(name, NULL);
    if (!description->path)
        error_set(error, "%s: %s", name, strerror(errno));
    return description->path;
}

static bool read_text(struct api_description *description, const char *name, struct error *error)
{
    const struct builtin_api *builtin = find_builtin(name);
    struct api_error wrong;
    if (builtin) {
        size_t length = (size_t)(builtin->end - builtin->text);
        description->text = xstrndup(builtin->text, length);
        return api_parse(description->text, length, &description->api, &wrong);
    }
    if (!strchr(name, '/') && access(name, F_OK) != 0) {
        error_set(error, "%s: is neither a built-in pool system nor a file", name);
        return false;
    }
    return read_file(description, name, error);
}

struct api_description *api_description_open(const char *name, struct error *error)
{
    struct api_description *description = xcalloc(1, sizeof(*description));
    if (read_text(description, name, error))
        return description;
    api_description_close(description);
    return NULL;
}

void api_description_close(struct api_description *description)
{
    if (!description)
        return;
    free(description->text);
    free(description->path);
    free(description);
}

const char *api_description_option(const struct api_description *description, const char *name)
{
    return description->path ? description->path : name;
}
