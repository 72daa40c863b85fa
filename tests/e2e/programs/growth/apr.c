/* apr.c - APR as httpd uses it: see pool_system.h. */
#include "pool_system.h"

typedef struct apr_pool_t apr_pool_t;
int apr_initialize(void);
void apr_terminate(void);
int apr_pool_create_ex(apr_pool_t **made, apr_pool_t *parent, void *abort, void *allocator);
apr_pool_t *apr_pool_parent_get(apr_pool_t *of);
void apr_pool_clear(apr_pool_t *cleared);
void apr_pool_destroy(apr_pool_t *ended);
void *apr_palloc(apr_pool_t *from, size_t size);
void apr_pool_tag(apr_pool_t *named, const char *name);
void ap_create_request(void);
struct request;
void ap_run_quick_handler(const struct request *request, int lookup);
void ap_read_config(void);
void ap_run_mpm(void);

static volatile int requests;
static apr_pool_t *global;

SEEN void ap_create_request(void)
{
    requests += 3;
}

/* What request_rec is looked into for. */
struct request {
    void *unused[6];
    const char *line;
};

SEEN void ap_run_quick_handler(const struct request *request, int lookup)
{
    requests += lookup + request->line[0];
}

SEEN void ap_read_config(void)
{
    requests += 7;
}

SEEN void ap_run_mpm(void)
{
    requests += 5;
}

pool *system_begin(void)
{
    apr_initialize();
    pool *server = pool_new(NULL, "server");
    global = apr_pool_parent_get(server);
    ap_run_mpm();
    return server;
}

void system_unit(void)
{
    ap_create_request();
}

void system_unit_about(unsigned what)
{
    static const char *const lines[] = {"GET /list HTTP/1.1", "GET /store?x=1 HTTP/1.1",
                                        "GET /site HTTP/1.1", "GET / HTTP/1.1",
                                        "GET /options HTTP/1.1"};
    const struct request request = {.line = lines[what]};

    system_unit();
    ap_run_quick_handler(&request, 0);
}

void system_reload(void)
{
    ap_read_config();
}

SEEN pool *pool_new(pool *parent, const char *name)
{
    apr_pool_t *made = NULL;
    apr_pool_create_ex(&made, parent, NULL, NULL);
    apr_pool_tag(made, name);
    return made;
}

SEEN void pool_end(pool *ended)
{
    if (ended)
        apr_pool_destroy(ended);
}

SEEN void *pool_take(pool *from, size_t size)
{
    return apr_palloc(from, size);
}

void pool_give_back(void *memory)
{
    (void)memory;
}

SEEN void *pool_enlarge(pool *from, void *memory, size_t size)
{
    (void)memory;
    return pool_take(from, size);
}

SEEN pool *pool_renew(pool *old, pool *parent, const char *name)
{
    if (!old)
        return pool_new(parent, name);
    apr_pool_clear(old);
    return old;
}

void pool_move(pool *moved, pool *to)
{
    (void)moved, (void)to;
}

SEEN void root_take(size_t size)
{
    apr_palloc(global, size);
}

void system_end(pool *server)
{
    pool_end(server);
    apr_terminate();
}
/* SPDX-License-Identifier: MIT */
