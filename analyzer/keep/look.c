/* look.c - one look at a recording that is written; see look.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/look.h"

#include "analyzer/rules/named_stacks.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/text.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the copy writes to, or who forked it reads from. */
struct way {
    int told, named; /* what listeners wrote, each with its length; backtraces */
};

struct listeners {
    const struct keep_listener *items;
    size_t count;
};

static bool write_told(const struct listeners *listeners, struct analysis *analysis, int fd)
{
    FILE *out = fdopen(fd, "w");
    bool ok = out != NULL;
    for (size_t i = 0; ok && i < listeners->count; i++) {
        const struct keep_listener *listener = &listeners->items[i];
        struct text text;
        listener->write(listener->data, analysis, text_open(&text));
        char *bytes = text_close(&text);
        ok = fwrite(&text.length, sizeof(text.length), 1, out) == 1 &&
             fwrite(bytes, 1, text.length, out) == text.length;
        free(bytes);
    }
    return out && fclose(out) == 0 && ok;
}

/* The copy's part, to its end. */
static bool conclude(struct live_analysis *live, const struct listeners *listeners,
                     const struct way *to)
{
    struct analysis *analysis = live_analysis_conclude(live);
    const bool told = write_told(listeners, analysis, to->told);
    named_stacks_write(to->named, &analysis->findings);
    return told;
}

static bool hear(const struct keep_listener *listener, FILE *in)
{
    size_t size;
    if (fread(&size, sizeof(size), 1, in) != 1)
        return false;
    char *bytes = xmalloc(size + 1);
    const bool whole = fread(bytes, 1, size, in) == size;
    bytes[size] = '\0';
    if (whole)
        listener->take(listener->data, bytes, size);
    free(bytes);
    return whole;
}

static void read_told(const struct listeners *listeners, int fd)
{
    FILE *in = fdopen(fd, "r");
    size_t heard = 0;
    while (in && heard < listeners->count && hear(&listeners->items[heard], in))
        heard++;
    if (in)
        fclose(in);
}

static bool make_ways(struct way *from, struct way *to)
{
    int told[2], named[2];
    if (pipe(told) != 0)
        return false;
    if (pipe(named) != 0) {
        close(told[0]);
        close(told[1]);
        return false;
    }
    *from = (struct way){told[0], named[0]};
    *to = (struct way){told[1], named[1]};
    return true;
}

static void close_way(const struct way *way)
{
    close(way->told);
    close(way->named);
}

bool look_tell(struct live_analysis *live, const struct keep_listener *items, size_t count)
{
    const struct listeners listeners = {items, count};
    struct way from, to;
    int status = 1;
    if (!make_ways(&from, &to))
        return false;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        close_way(&from);
        _exit(!conclude(live, &listeners, &to));
    }
    close_way(&to);
    read_told(&listeners, from.told);
    named_stacks_learn(from.named, live);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && status == 0;
}
