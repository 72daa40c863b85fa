/* server.c - the configured server; see server.h. */
#include "server.h"
#include "event.h"

#include <stdio.h>
#include <string.h>

/* Built in: a file would make a test of poold depend on more than its command line. */
static const char *const directives[][2] = {
    {"ServerName", "poold"},  {"ServerIdent", "on"},  {"DefaultAddress", "127.0.0.1"},
    {"MaxInstances", "30"},   {"TimeoutIdle", "600"}, {"TimeoutLogin", "300"},
    {"User", "nobody"},       {"Group", "nogroup"},   {"Umask", "022"},
    {"AllowOverwrite", "on"}, {"MaxClients", "none"}, {"DisplayLogin", "welcome.msg"},
};

#define DIRECTIVES (sizeof(directives) / sizeof(directives[0]))

server_rec *main_server;

static void pr_config_add_set(server_rec *server, const char *name, const char *value)
{
    pool *own = make_sub_pool(server->pool);

    pr_pool_tag(own, "config_rec pool");
    config_rec *config = pcalloc(own, sizeof(*config));

    *config = (config_rec){own, pstrdup(own, name), pstrdup(own, value)};
    *(config_rec **)push_array(server->conf) = config;
}

static int is_in(const array_header *names, const char *name)
{
    for (unsigned i = 0; i < names->nelts; i++)
        if (strcmp(((char **)names->elts)[i], name) == 0)
            return 1;
    return 0;
}

/* Does with its temporary pool what everybody should: what it makes, it destroys. */
static KEEP_FRAME void check_config(const server_rec *server)
{
    pool *scratch = make_sub_pool(permanent_pool);

    pr_pool_tag(scratch, "config check pool");
    array_header *names = make_array(scratch, 4, sizeof(char *));

    for (unsigned i = 0; i < server->conf->nelts; i++) {
        const config_rec *config = ((config_rec **)server->conf->elts)[i];

        if (is_in(names, config->name))
            fprintf(stderr, "poold: %s is set twice\n", config->name);
        *(char **)push_array(names) = pstrdup(scratch, config->name);
    }
    destroy_pool(scratch);
}

static server_rec *read_config(void)
{
    pool *own = make_sub_pool(permanent_pool);

    pr_pool_tag(own, "main_server pool");
    server_rec *server = pcalloc(own, sizeof(*server));

    server->pool = own;
    server->conf = make_array(own, DIRECTIVES, sizeof(config_rec *));
    for (size_t i = 0; i < DIRECTIVES; i++)
        pr_config_add_set(server, directives[i][0], directives[i][1]);
    check_config(server);
    return server;
}

static void restart_server(const void *data)
{
    (void)data;
    destroy_pool(main_server->pool);
    main_server = read_config();
}

void server_init(void)
{
    main_server = read_config();
    pr_event_register("core.restart", restart_server);
}
/* SPDX-License-Identifier: MIT */
