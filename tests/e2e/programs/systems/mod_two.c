/*
 * mod_two: an httpd module with pools of two systems, APR's and talloc's, which httpd loads with
 * libtalloc when it runs.
 *
 *   GET /two/leak    leaves a subpool of APR and an object of talloc behind, in the child that
 *                    serves it
 *   GET /two/clean   makes the same, and gives them back
 *
 * Built by samples/web/build-module against Debian's apache2-dev and libtalloc-dev.
 */
#include <httpd.h>

#include <http_config.h>
#include <http_protocol.h>
#include <talloc.h>

/* The function shows in every backtrace taken below it; build-module sees to its calls. */
#define KEEP_FRAME __attribute__((noinline))

module AP_MODULE_DECLARE_DATA two_module;

static void *context;

static KEEP_FRAME apr_pool_t *make_subpool(process_rec *process)
{
    apr_pool_t *pool;

    apr_pool_create(&pool, process->pool);
    apr_pool_tag(pool, "subpool of two");
    apr_palloc(pool, 48);
    return pool;
}

static KEEP_FRAME void *make_object(void)
{
    return talloc_named_const(context, 100, "object of two");
}

static int answer(request_rec *request)
{
    apr_pool_t *pool;
    void *object;

    if (strncmp(request->uri, "/two/", 5) != 0)
        return DECLINED;
    if (!context)
        context = talloc_named_const(NULL, 0, "context of two");
    pool = make_subpool(request->server->process);
    object = make_object();
    if (strcmp(request->uri, "/two/clean") == 0) {
        apr_pool_destroy(pool);
        talloc_free(object);
    }
    ap_rputs("done\n", request);
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(answer, NULL, NULL, APR_HOOK_FIRST);
}

AP_DECLARE_MODULE(two) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0,
};
/* SPDX-License-Identifier: MIT */
