/*
 * recorder.c - the constructor: from the environment to a recording that runs.
 */
#include "builtin_apis.h"
#include "clock.h"
#include "definitions.h"
#include "hooks.h"
#include "image.h"
#include "modules.h"
#include "options.h"
#include "process.h"
#include "trace_file.h"
#include "unwind.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct pool_system pool_system;
static char api_file[API_TEXT_MAX];

struct search {
    struct stream *stream;
    bool in_symtab; /* look into the executable's symbol table, on disk */
    bool found;
};

static void write_text(struct stream *stream, enum trace_record_type type, struct slice text)
{
    const struct definition_part part = {text.text, text.length};
    definition_write(stream, type, &part, 1);
}

/* For images_visit(): ends the search at the first image that defines what the API asks for. */
static bool hook_if_found(struct image *image, void *data)
{
    struct search *search = data;
    bool executable = !*image->path; /* it comes first */
    if (executable)
        image->path = options_program();
    if (search->in_symtab && !(executable && image_use_symtab(image, "/proc/self/exe")))
        return true;
    search->found = image_defines(image, pool_system.api.detect, pool_system.api.detects);
    if (search->found) {
        write_text(search->stream, TRACE_RECORD_API, pool_system.api.text);
        hooks_install(&pool_system, image, search->stream);
    }
    image_close_file(image);
    return search->found || search->in_symtab;
}

/* Hooks the API that was just parsed where it is found; false: nowhere. */
static bool hook_api(struct stream *stream)
{
    struct search search = {.stream = stream};
    images_visit(hook_if_found, &search);
    if (!search.found) {
        search.in_symtab = true;
        images_visit(hook_if_found, &search);
    }
    return search.found;
}

static size_t read_api_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    size_t length = 0;
    ssize_t got = fd < 0 ? 0 : 1;
    while (got > 0 && length < sizeof(api_file)) {
        got = read(fd, api_file + length, sizeof(api_file) - length);
        length += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0)
        close(fd);
    return length;
}

/* Puts into the trace why nothing is hooked, for `lifeguard info` to say. */
static void tell_bad_description(struct stream *stream, const char *path, const char *why)
{
    const struct trace_hook fixed = {.module_length = (uint16_t)strlen(path),
                                     .how_length = (uint16_t)strlen(why)};
    const struct definition_part parts[] = {
        {&fixed, sizeof(fixed)}, {path, fixed.module_length}, {why, fixed.how_length}};
    definition_write(stream, TRACE_RECORD_SKIPPED, parts, 3);
}

static void hook_given_file(struct stream *stream, const char *path)
{
    struct api_error error;
    if (!api_parse(api_file, read_api_file(path), &pool_system.api, &error))
        tell_bad_description(stream, path, error.message);
    else if (!hook_api(stream))
        tell_bad_description(stream, path,
                             "no image defines all the symbols it detects its system by");
}

static void hook_builtin(struct stream *stream, const char *wanted)
{
    const struct builtin_api *builtin;
    bool known = !wanted;
    for (size_t i = 0; (builtin = builtin_api(i)); i++) {
        struct api_error error;
        if (wanted && strcmp(builtin->name, wanted) != 0)
            continue;
        known = true;
        if (api_parse(builtin->text, (size_t)(builtin->end - builtin->text), &pool_system.api,
                      &error) &&
            hook_api(stream))
            return;
    }
    if (!known)
        tell_bad_description(stream, wanted, "there is no built-in description of this name");
}

static void begin_trace(struct stream *stream)
{
    const char *program = options_program();
    const char *wanted = options_get()->api;
    write_text(stream, TRACE_RECORD_PROGRAM, (struct slice){program, strlen(program)});
    if (wanted && strchr(wanted, '/'))
        hook_given_file(stream, wanted);
    else
        hook_builtin(stream, wanted);
}

__attribute__((constructor)) static void start_recording(void)
{
    int error = errno;
    const struct trace_origin none = {0};
    if (options_read()) {
        clock_setup();
        modules_setup();
        streams_setup();
        mkdir(options_get()->dir, 0700);
        struct stream *stream = trace_file_open(options_get()->dir, options_get()->max_size, &none)
                                    ? stream_enter()
                                    : NULL;
        if (stream) {
            unwind_setup(options_get()->verify);
            process_setup();
            begin_trace(stream);
            stream_leave();
        }
    }
    errno = error;
}
