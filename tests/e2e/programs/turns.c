/*
 * turns.c - commands that make a pool each: where one fails half-way, it forgets to destroy its
 * own. With an argument, sessions keep theirs in a cache with room for 40, which most never fill.
 * Names and layout are ProFTPD's, so that its description finds pools, commands and their verbs.
 */
#include "pools.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* As far as its verb is looked for. */
struct command {
    void *unused[6];
    char **words;
};

POOL_ENTRY int pr_cmd_read(struct command *command)
{
    return command != NULL;
}

POOL_ENTRY int pr_cmd_dispatch_phase(struct command *command)
{
    return command->words[0] != NULL;
}

POOL_ENTRY void note_failure(pool *work)
{
    palloc(work, 40);
}

POOL_ENTRY void finish(pool *work)
{
    palloc(work, 24);
    destroy_pool(work);
}

POOL_ENTRY void serve(pool *session, int fails)
{
    pool *work = make_sub_pool(session);
    for (int i = 0; i < (fails ? 2 : 5); i++) /* a loop is no turn */
        palloc(work, 16);
    if (fails) {
        note_failure(work);
        return;
    }
    finish(work);
}

static void begin_command(const char *verb)
{
    char text[16];
    char *words[] = {text, "secret", NULL};
    struct command command = {.words = words};
    snprintf(text, sizeof(text), "%s", verb);
    pr_cmd_read(&command);
    pr_cmd_dispatch_phase(&command);
}

POOL_ENTRY void keep_in_cache(pool *cache, int entry)
{
    if (entry < 40)
        palloc(make_sub_pool(cache), 100);
}

static void run_session(pool *cache, int commands)
{
    if (fork() != 0) {
        wait(NULL);
        return;
    }
    for (int i = 0; i < commands; i++) {
        begin_command("LIST");
        keep_in_cache(cache, i);
    }
    exit(0);
}

static pool *session;

int main(int argc, char **argv)
{
    permanent_pool = make_sub_pool(NULL);
    session = make_sub_pool(permanent_pool);
    palloc(permanent_pool, 8);
    const int cached = argc > 1 && strcmp(argv[1], "cache") == 0;
    for (int i = 0; i < 60 && !cached; i++) {
        begin_command(i % 5 ? "list" : "SITE");
        serve(session, i % 5 == 0 || i % 15 == 1);
    }
    for (int i = 0; i < 5 && cached; i++)
        run_session(session, i < 4 ? 12 : 200);
    return 0;
}
/* SPDX-License-Identifier: MIT */
