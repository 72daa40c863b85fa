/*
 * mod_faults: a ProFTPD module that makes the mistakes with pools that lifeguard finds, each on
 * demand, and the same things done right.
 *
 *   SITE FAULT name      an FTP command: makes the mistake once, in the session
 *   FaultAtParse name    a directive: makes it each time that the configuration is read
 *   FaultsEngine on|off  a directive: off makes each of them do what it should have done
 *
 * Built by samples/proftpd/build-module against Debian's proftpd-dev.
 */
#include "conf.h"

#define MOD_FAULTS_VERSION "mod_faults/1.0"
/* The function shows in every backtrace taken below it; build-module sees to its calls. */
#define KEEP_FRAME __attribute__((noinline))

module faults_module;

static int engine = TRUE;

/* Where the data of one command belongs; a mistake takes LONG_LIVED instead. */
static pool *choose(pool *right, pool *long_lived)
{
    return engine ? long_lived : right;
}

static KEEP_FRAME void allocate_from_permanent_pool(pool *right)
{
    pstrdup(choose(right, permanent_pool), "what a command answered");
}

static KEEP_FRAME void leak_subpool(pool *right)
{
    pool *leaked = make_sub_pool(right == permanent_pool ? permanent_pool : session.pool);

    pr_pool_tag(leaked, "leaked subpool");
    pcalloc(leaked, 48);
    if (!engine)
        destroy_pool(leaked);
}

/* As small as what is put into it, as old code made them: no cheaper when it leaks. */
static KEEP_FRAME void leak_sized_pool(pool *right)
{
    pool *leaked = pr_pool_create_sz(session.pool, 64);

    (void)right;
    pr_pool_tag(leaked, "leaked sized pool");
    pcalloc(leaked, 64);
    if (!engine)
        destroy_pool(leaked);
}

/* A table is a pool of its own, and stays until it is freed. */
static KEEP_FRAME void leak_table(pool *right)
{
    pr_table_t *table = pr_table_alloc(session.pool, 0);

    (void)right;
    pr_table_add(table, "key", "value", 0);
    if (!engine) {
        pr_table_empty(table);
        pr_table_free(table);
    }
}

static KEEP_FRAME void keep_temporary_data_in_session_pool(pool *right)
{
    pcalloc(choose(right, session.pool), 64);
}

/* Each result is a new string: all of them stay. */
static KEEP_FRAME void concatenate_in_session_pool(pool *right)
{
    pool *where = choose(right, session.pool);
    char *line = "";

    for (int i = 0; i < 4; i++)
        line = pstrcat(where, line, "one part of the line; ", NULL);
}

/* An array that is full is copied into one of twice the size: all of them stay. */
static KEEP_FRAME void fill_array_in_session_pool(pool *right)
{
    array_header *list = make_array(choose(right, session.pool), 1, sizeof(int));

    for (int i = 0; i < 16; i++)
        *(int *)push_array(list) = i;
}

static KEEP_FRAME void use_pool_after_destroying_it(pool *right)
{
    pool *dead = make_sub_pool(session.pool);

    (void)right;
    pr_pool_tag(dead, "pool used after its end");
    pcalloc(dead, 256);
    if (!engine)
        palloc(dead, 16);
    destroy_pool(dead);
    if (engine)
        palloc(dead, 16);
}

/* The pool ends with the one above it, which its owner did not think of. */
static KEEP_FRAME void use_pool_after_its_parent(pool *right)
{
    pool *parent = make_sub_pool(session.pool);
    pool *child = make_sub_pool(parent);

    (void)right;
    pr_pool_tag(parent, "parent that ends");
    pr_pool_tag(child, "child used after its end");
    pcalloc(child, 256);
    if (!engine)
        palloc(child, 16);
    destroy_pool(parent);
    if (engine)
        palloc(child, 16);
}

/* The next pool gets the memory, and the address, of the one that ended. */
static KEEP_FRAME void use_pool_after_its_memory_was_reused(pool *right)
{
    pool *dead = make_sub_pool(session.pool), *next;

    (void)right;
    pr_pool_tag(dead, "pool whose memory is reused");
    pcalloc(dead, 256);
    if (!engine)
        palloc(dead, 16);
    destroy_pool(dead);
    next = make_sub_pool(session.pool);
    palloc(next, 32);
    if (engine)
        palloc(dead, 16);
    destroy_pool(next);
}

static KEEP_FRAME void read_data_of_destroyed_pool(pool *right)
{
    pool *dead = make_sub_pool(session.pool);
    char **names = palloc(engine ? dead : right, sizeof(*names));

    names[0] = pstrdup(right, "a name");
    pr_pool_tag(dead, "pool whose data is read");
    pcalloc(dead, 64);
    destroy_pool(dead);
    names[0][0] = '-';
}

/* As a file's pool is destroyed, and a flag in the file's structure set after that. */
static KEEP_FRAME void write_data_of_destroyed_pool(pool *right)
{
    pool *dead = make_sub_pool(session.pool);
    volatile int *flags = pcalloc(engine ? dead : right, 6 * sizeof(*flags));

    pr_pool_tag(dead, "pool whose data is written");
    destroy_pool(dead);
    flags[5] = 1;
}

/* No room for the NUL. */
static KEEP_FRAME void write_behind_the_end(pool *right)
{
    volatile char *name = palloc(right, engine ? 16 : 17);

    name[16] = '\0';
}

static KEEP_FRAME void destroy_pool_twice(pool *right)
{
    pool *dead = make_sub_pool(session.pool);

    (void)right;
    pr_pool_tag(dead, "pool destroyed twice");
    pcalloc(dead, 256);
    destroy_pool(dead);
    if (engine)
        destroy_pool(dead);
}

static KEEP_FRAME void make_pool_for_a_few_bytes(pool *right)
{
    pool *needless;

    if (!engine) {
        palloc(right, 8);
        return;
    }
    needless = make_sub_pool(session.pool);
    pr_pool_tag(needless, "needless subpool");
    palloc(needless, 8);
    destroy_pool(needless);
}

static void allocate_while_pool_dies(void *dying)
{
    pstrcat(dying, "said ", "at ", "the end", NULL);
}

/* What old modules do, and rightly. */
static KEEP_FRAME void old_habits(pool *right)
{
    pool *sized = pr_pool_create_sz(right, 2048), *child = make_sub_pool(sized);
    pr_table_t *table = pr_table_alloc(sized, 0);
    array_header *array = make_array(sized, 1, sizeof(char *));

    pr_pool_tag(sized, "old habits");
    for (int i = 0; i < 20; i++) {
        char key[16];

        pr_snprintf(key, sizeof(key), "key %d", i);
        pr_table_add_dup(table, pstrdup(sized, key), "value", 0);
        *(char **)push_array(array) = pstrcat(sized, key, ": ", "value", NULL);
    }
    pcalloc(child, 2000);
    pr_table_remove(table, "key 7", NULL);
    register_cleanup(sized, sized, allocate_while_pool_dies, NULL);
    register_cleanup(child, child, allocate_while_pool_dies, NULL);
    pr_table_empty(table);
    pr_table_free(table);
    destroy_pool(sized);
}

static const struct {
    const char *name;
    void (*commit)(pool *right);
} faults[] = {
    {"permanent-pool-alloc", allocate_from_permanent_pool},
    {"leaked-subpool", leak_subpool},
    {"leaked-sized-pool", leak_sized_pool},
    {"leaked-table", leak_table},
    {"growing-pool", keep_temporary_data_in_session_pool},
    {"growing-string", concatenate_in_session_pool},
    {"growing-array", fill_array_in_session_pool},
    {"use-after-destroy", use_pool_after_destroying_it},
    {"use-after-parent", use_pool_after_its_parent},
    {"use-after-reuse", use_pool_after_its_memory_was_reused},
    {"stale-data", read_data_of_destroyed_pool},
    {"stale-write", write_data_of_destroyed_pool},
    {"overflow", write_behind_the_end},
    {"double-destroy", destroy_pool_twice},
    {"needless-subpool", make_pool_for_a_few_bytes},
    {"old-habits", old_habits},
};

static int commit(const char *name, pool *right)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (strcasecmp(faults[i].name, name) == 0) {
            faults[i].commit(right);
            return TRUE;
        }
    }
    return FALSE;
}

/* FTP commands */

MODRET faults_site(cmd_rec *cmd)
{
    if (cmd->argc < 3 || strcasecmp(cmd->argv[1], "FAULT") != 0)
        return PR_DECLINED(cmd);
    if (!commit(cmd->argv[2], cmd->tmp_pool)) {
        pr_response_add_err(R_501, "there is no such fault");
        return PR_ERROR(cmd);
    }
    pr_response_add(R_200, "done");
    return PR_HANDLED(cmd);
}

/* Directives */

MODRET faults_at_parse(cmd_rec *cmd)
{
    CHECK_ARGS(cmd, 1);
    CHECK_CONF(cmd, CONF_ROOT);
    /* Only these two have nothing to do with a session. */
    if (strcmp(cmd->argv[1], "permanent-pool-alloc") == 0)
        allocate_from_permanent_pool(cmd->tmp_pool);
    else if (strcmp(cmd->argv[1], "leaked-subpool") == 0)
        leak_subpool(permanent_pool);
    else
        CONF_ERROR(cmd, "expected permanent-pool-alloc or leaked-subpool");
    return PR_HANDLED(cmd);
}

MODRET faults_engine(cmd_rec *cmd)
{
    CHECK_ARGS(cmd, 1);
    CHECK_CONF(cmd, CONF_ROOT);
    engine = get_boolean(cmd, 1);
    if (engine == -1)
        CONF_ERROR(cmd, "expected on or off");
    return PR_HANDLED(cmd);
}

static conftable faults_directives[] = {
    {"FaultAtParse", faults_at_parse, NULL},
    {"FaultsEngine", faults_engine, NULL},
    {NULL, NULL, NULL},
};

static cmdtable faults_commands[] = {
    {CMD, C_SITE, G_NONE, faults_site, FALSE, FALSE, CL_MISC, NULL},
    {0, NULL, NULL, NULL, FALSE, FALSE, 0, NULL},
};

module faults_module = {
    NULL,
    NULL,
    0x20,
    "faults",
    faults_directives,
    faults_commands,
    NULL,
    NULL,
    NULL,
    MOD_FAULTS_VERSION,
    NULL,
    0,
};
/* SPDX-License-Identifier: MIT */
