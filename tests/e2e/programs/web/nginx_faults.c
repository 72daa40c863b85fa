/*
 * nginx_faults: nginx' pools once more, and mistakes with them: nginx has no module to load that
 * would make them. The program has what nginx exports, so the built-in description finds it.
 *
 *   nginx_faults [NAME...]     serves 20 requests, reads its configuration again after each fifth,
 *                              and makes the mistakes NAME in each request: see below
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The function shows in every backtrace taken below it. */
#define KEEP_FRAME __attribute__((noinline))

enum { ROOM = 65536, LARGE = 4000, DECLINED = -5 };

struct large {
    struct large *next;
    void *data;
};

typedef struct {
    char room[ROOM];
    size_t used;
    struct large *large;
} ngx_pool_t;

typedef struct {
    void *conf_ctx;
    ngx_pool_t *pool;
} ngx_cycle_t;

ngx_cycle_t *ngx_cycle;

KEEP_FRAME ngx_pool_t *ngx_create_pool(size_t size, void *log)
{
    (void)size, (void)log;
    return calloc(1, sizeof(ngx_pool_t));
}

KEEP_FRAME void ngx_reset_pool(ngx_pool_t *pool)
{
    struct large *next;

    for (struct large *large = pool->large; large; large = next) {
        next = large->next;
        free(large->data);
        free(large);
    }
    pool->large = NULL;
    pool->used = 0;
}

/* The memory stays, so that its use afterwards does no harm here. */
KEEP_FRAME void ngx_destroy_pool(ngx_pool_t *pool)
{
    memset(pool->room, 0, ROOM);
}

static void *take(ngx_pool_t *pool, size_t size)
{
    if (size >= LARGE) {
        struct large *large = malloc(sizeof(*large));
        *large = (struct large){pool->large, malloc(size)};
        pool->large = large;
        return large->data;
    }
    pool->used += size;
    return pool->used <= ROOM ? pool->room + pool->used - size : NULL;
}

KEEP_FRAME void *ngx_palloc(ngx_pool_t *pool, size_t size)
{
    return take(pool, (size + 7) & ~(size_t)7);
}

KEEP_FRAME void *ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    return take(pool, size);
}

KEEP_FRAME intptr_t ngx_pfree(ngx_pool_t *pool, void *data)
{
    for (struct large *large = pool->large; large; large = large->next) {
        if (large->data == data) {
            free(data);
            large->data = NULL;
            return 0;
        }
    }
    return DECLINED;
}

static ngx_pool_t *connection;

static KEEP_FRAME void leak_pool(void)
{
    ngx_palloc(ngx_create_pool(ROOM, NULL), 48);
}

static KEEP_FRAME void keep_temporary_data_of_the_connection(void)
{
    ngx_pfree(connection, ngx_pnalloc(connection, 64)); /* it is too small to be given back */
}

static KEEP_FRAME void allocate_from_cycle(void)
{
    ngx_palloc(ngx_cycle->pool, 24);
}

static KEEP_FRAME void use_pool_after_destroying_it(void)
{
    ngx_pool_t *pool = ngx_create_pool(ROOM, NULL);

    ngx_palloc(pool, 48);
    ngx_destroy_pool(pool);
    ngx_palloc(pool, 16);
}

static KEEP_FRAME void read_data_of_destroyed_pool(void)
{
    ngx_pool_t *pool = ngx_create_pool(ROOM, NULL);
    volatile char *data = ngx_palloc(pool, 40);

    ngx_destroy_pool(pool);
    if (data[3] == 'x')
        ngx_palloc(connection, 8);
}

/* ngx_pnalloc() aligns nothing: a byte is too much. */
static KEEP_FRAME void write_behind_the_end(void)
{
    ngx_pool_t *pool = ngx_create_pool(ROOM, NULL);
    volatile char *name = ngx_pnalloc(pool, 13);

    name[13] = '\0';
    ngx_destroy_pool(pool);
}

/* No mistake: what is large goes by itself, the rest with a reset. */
static KEEP_FRAME void give_back_in_time(void)
{
    static ngx_pool_t *scratch;

    ngx_pfree(connection, ngx_palloc(connection, LARGE));
    if (!scratch)
        scratch = ngx_create_pool(ROOM, NULL);
    ngx_palloc(scratch, 100);
    ngx_reset_pool(scratch);
}

static const struct {
    const char *name;
    void (*make)(void);
} faults[] = {
    {"leaked-subpool", leak_pool},
    {"growing-pool", keep_temporary_data_of_the_connection},
    {"permanent-pool-alloc", allocate_from_cycle},
    {"use-after-destroy", use_pool_after_destroying_it},
    {"stale-data", read_data_of_destroyed_pool},
    {"overflow", write_behind_the_end},
    {"none", give_back_in_time},
};

static void make(const char *name)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        if (strcmp(faults[i].name, name) == 0)
            faults[i].make();
}

KEEP_FRAME ngx_cycle_t *ngx_init_cycle(void)
{
    ngx_cycle_t *cycle = calloc(1, sizeof(*cycle));

    cycle->pool = ngx_create_pool(ROOM, NULL);
    ngx_palloc(cycle->pool, 1000);
    if (ngx_cycle)
        ngx_destroy_pool(ngx_cycle->pool);
    return cycle;
}

KEEP_FRAME void ngx_http_create_request(char **names)
{
    ngx_pool_t *request = ngx_create_pool(ROOM, NULL);

    ngx_palloc(request, 200);
    for (; *names; names++)
        make(*names);
    ngx_destroy_pool(request);
}

KEEP_FRAME void ngx_master_process_cycle(char **names)
{
    connection = ngx_create_pool(ROOM, NULL);
    for (unsigned i = 1; i <= 20; i++) {
        ngx_http_create_request(names);
        if (i % 5 == 0)
            ngx_cycle = ngx_init_cycle();
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    ngx_cycle = ngx_init_cycle();
    ngx_master_process_cycle(argv + 1);
    return 0;
}
/* SPDX-License-Identifier: MIT */
