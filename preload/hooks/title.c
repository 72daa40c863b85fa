/* title.c - the process's title; see title.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/title.h"

#include "preload/trace/definitions.h"
#include "preload/trace/file.h"
#include "preload/util/forked.h"

#include <string.h>

#define TITLE_MAX   96 /* bytes */
#define OFTEN       16 /* units of work, each with a look; then fewer and fewer: titles change often */
#define NOTHING_YET UINT64_MAX

static const char *place; /* NULL: not known */
static size_t room;       /* bytes, of the arguments */
static char original[TITLE_MAX];

/* Of this process. */
FORKED static uint64_t trace, units, last = NOTHING_YET;

/* The arguments lie one behind the other, as the kernel put them. */
void title_setup(int argc, char **argv)
{
    if (argc < 1 || !argv || !argv[0])
        return;
    const char *end = argv[0];
    for (int i = 0; i < argc && argv[i] == end; i++)
        end += strlen(end) + 1;
    room = (size_t)(end - argv[0]);
    room = room < TITLE_MAX ? room : TITLE_MAX;
    memcpy(original, argv[0], room);
    place = argv[0];
}

/* Whoever writes a title begins it with who is meant and ": ": that is to be told. */
void title_take(const char *at, size_t size)
{
    room = size < TITLE_MAX ? size : TITLE_MAX;
    place = room ? at : NULL;
    memcpy(original, at, room);
    for (size_t i = 0; i + 1 < room && original[i]; i++)
        if (original[i] == ':' && original[i + 1] == ' ')
            memset(original, 0, sizeof(original));
}

/* The program may change it meanwhile. */
static size_t read_title(char title[TITLE_MAX])
{
    size_t length = 0;
    unsigned colons = 0;
    for (; length < room; length++) {
        const char byte = ((const volatile char *)place)[length];
        colons += byte == ' ' && length > 0 && title[length - 1] == ':';
        if (byte == '\0' || colons == 2)
            break;
        title[length] = byte;
    }
    return colons == 2 ? length - 1 : length;
}

static uint64_t hash(const char *bytes, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3;
    return hash;
}

/* Counts the unit. Whether it is one with a look. */
static bool is_due(void)
{
    const uint64_t id = trace_file_header()->file_id;
    if (__atomic_exchange_n(&trace, id, __ATOMIC_RELAXED) != id) { /* forked since */
        __atomic_store_n(&units, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&last, NOTHING_YET, __ATOMIC_RELAXED);
    }
    const uint64_t unit = __atomic_add_fetch(&units, 1, __ATOMIC_RELAXED);
    return unit <= OFTEN || (unit & (unit - 1)) == 0;
}

void title_note(struct stream *stream)
{
    char title[TITLE_MAX];
    if (!place || !trace_file_header() || !is_due())
        return;
    const size_t length = read_title(title);
    const uint64_t now = hash(title, length);
    if (length == 0 || memcmp(title, original, length) == 0 ||
        __atomic_exchange_n(&last, now, __ATOMIC_RELAXED) == now)
        return;
    const struct definition_part part = {title, length};
    definition_write(stream, TRACE_RECORD_TITLE, &part, 1);
}
