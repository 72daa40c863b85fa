/*
 * mod_faults: an httpd module that makes the mistakes with pools that lifeguard finds, each on
 * demand, and two things that are none.
 *
 *   GET /fault/NAME       a request: makes the mistake once, in the child that serves it
 *   FaultAtRestart NAME [N]   a directive: makes it each (Nth) time that the configuration was read
 *   GET /fault/lasting    no mistake: takes bytes from its own pool until there is a file "enough"
 *                         in the document root; tells when it has begun, and taken 300 times
 *
 * Built by samples/web/build-module against Debian's apache2-dev.
 */
#include <httpd.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>

#include <stdio.h>
#include <stdlib.h>

/* The function shows in every backtrace taken below it; build-module sees to its calls. */
#define KEEP_FRAME __attribute__((noinline))

module AP_MODULE_DECLARE_DATA faults_module;

static const char *at_restart;
static int at_each = 1;

static KEEP_FRAME void allocate_from_first_pool(process_rec *process)
{
    apr_palloc(apr_pool_parent_get(process->pool), 24);
}

static KEEP_FRAME void leak_subpool(process_rec *process)
{
    apr_pool_t *leaked;

    apr_pool_create(&leaked, process->pool);
    apr_pool_tag(leaked, "leaked subpool");
    apr_palloc(leaked, 48);
}

static KEEP_FRAME void keep_temporary_data_in_pconf(process_rec *process)
{
    apr_psprintf(process->pconf, "what %s answered", "a request");
}

static KEEP_FRAME void use_pool_after_destroying_it(process_rec *process)
{
    apr_pool_t *pool;

    apr_pool_create(&pool, process->pool);
    apr_pool_tag(pool, "used after its end");
    apr_palloc(pool, 48);
    apr_pool_destroy(pool);
    apr_palloc(pool, 16);
}

static KEEP_FRAME void read_data_of_cleared_pool(process_rec *process)
{
    apr_pool_t *pool;
    volatile char *name;

    apr_pool_create(&pool, process->pool);
    apr_pool_tag(pool, "read after it was cleared");
    name = apr_pstrdup(pool, "a name");
    apr_pool_clear(pool);
    if (name[2] == 'x')
        apr_palloc(pool, 8);
    apr_pool_destroy(pool);
}

static KEEP_FRAME void write_behind_the_end(process_rec *process)
{
    apr_pool_t *pool;
    volatile char *name;

    apr_pool_create(&pool, process->pool);
    apr_pool_tag(pool, "written too far");
    name = apr_palloc(pool, 16);
    for (size_t i = 0; i <= 16; i++)
        name[i] = '\0';
    apr_pool_destroy(pool);
}

static KEEP_FRAME void destroy_subpool_in_time(process_rec *process)
{
    apr_pool_t *pool;

    apr_pool_create(&pool, process->pool);
    apr_palloc(pool, 48);
    apr_pool_destroy(pool);
}

static const struct {
    const char *name;
    void (*make)(process_rec *process);
} faults[] = {
    {"permanent-pool-alloc", allocate_from_first_pool},
    {"leaked-subpool", leak_subpool},
    {"growing-pool", keep_temporary_data_in_pconf},
    {"use-after-destroy", use_pool_after_destroying_it},
    {"stale-data", read_data_of_cleared_pool},
    {"overflow", write_behind_the_end},
    {"none", destroy_subpool_in_time},
};

static int make(const char *name, process_rec *process)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (strcmp(faults[i].name, name) == 0) {
            faults[i].make(process);
            return OK;
        }
    }
    return HTTP_NOT_FOUND;
}

static void tell(request_rec *request, const char *line)
{
    ap_rputs(line, request);
    ap_rflush(request);
}

/* Other requests come and go meanwhile. */
static KEEP_FRAME int take_until_enough(request_rec *request)
{
    char *enough = apr_pstrcat(request->pool, ap_document_root(request), "/enough", NULL);
    apr_finfo_t info;
    unsigned taken = 0;

    tell(request, "it begins\n");
    while (apr_stat(&info, enough, APR_FINFO_MIN, request->pool) != APR_SUCCESS &&
           !request->connection->aborted) {
        apr_palloc(request->pool, 16);
        apr_sleep(1000);
        if (++taken == 300)
            tell(request, "300 times\n");
    }
    return OK;
}

static int answer(request_rec *request)
{
    static const char path[] = "/fault/";
    const char *name = request->uri + sizeof path - 1;
    int status;

    if (strncmp(request->uri, path, sizeof path - 1) != 0)
        return DECLINED;
    if (strcmp(name, "lasting") == 0)
        return take_until_enough(request);
    status = make(name, request->server->process);
    if (status == OK)
        ap_rputs("done\n", request);
    return status;
}

/* How often the configuration was read: modules are loaded anew, and pools are what is tested. */
static int times_read(void)
{
    const char *before = getenv("FAULTS_TIMES_READ");
    char text[16];

    snprintf(text, sizeof text, "%d", (before ? atoi(before) : 0) + 1);
    setenv("FAULTS_TIMES_READ", text, 1);
    return atoi(text);
}

static int configured(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    (void)pconf, (void)plog, (void)ptemp;
    if (at_restart && times_read() % at_each == 0)
        make(at_restart, server->process);
    return OK;
}

static const char *set_at_restart(cmd_parms *command, void *config, const char *name,
                                  const char *each)
{
    (void)command, (void)config;
    at_restart = name;
    at_each = each ? atoi(each) : 1;
    return at_each > 0 ? NULL : "FaultAtRestart: expected a number from 1 on";
}

static const command_rec directives[] = {
    AP_INIT_TAKE12("FaultAtRestart", set_at_restart, NULL, RSRC_CONF,
                   "the name of a mistake, and at each which time it is made"),
    {.name = NULL},
};

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(answer, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_post_config(configured, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(faults) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, directives, register_hooks, 0,
};
/* SPDX-License-Identifier: MIT */
