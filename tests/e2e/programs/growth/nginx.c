/* nginx.c - flat pools that are called as nginx's are: see pool_system.h. */
#include "pool_system.h"

#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
};

typedef struct {
    struct block *blocks;
} ngx_pool_t;

struct cycle {
    void *conf_ctx;
    ngx_pool_t *pool;
};

struct cycle *ngx_cycle;
static struct cycle cycle;
static volatile int requests;

ngx_pool_t *ngx_create_pool(size_t size, void *log);
void ngx_destroy_pool(ngx_pool_t *ended);
void ngx_reset_pool(ngx_pool_t *cleared);
void *ngx_palloc(ngx_pool_t *from, size_t size);
void *ngx_pnalloc(ngx_pool_t *from, size_t size);
void *ngx_pmemalign(ngx_pool_t *from, size_t size, size_t alignment);
int ngx_pfree(ngx_pool_t *from, void *memory);
void ngx_http_create_request(void);
struct buffer;
int ngx_http_parse_request_line(void *request, const struct buffer *buffer);
void ngx_init_cycle(void);
void ngx_single_process_cycle(void);

SEEN ngx_pool_t *ngx_create_pool(size_t size, void *log)
{
    (void)size, (void)log;
    return calloc(1, sizeof(ngx_pool_t));
}

SEEN void ngx_reset_pool(ngx_pool_t *cleared)
{
    for (struct block *block = cleared->blocks; block;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    cleared->blocks = NULL;
}

SEEN void ngx_destroy_pool(ngx_pool_t *ended)
{
    for (struct block *block = ended->blocks; block;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(ended);
}

static inline __attribute__((always_inline)) void *take(ngx_pool_t *from, size_t size)
{
    struct block *block = malloc(sizeof(*block) + size);
    if (!block)
        abort();
    block->next = from->blocks;
    from->blocks = block;
    return block + 1;
}

SEEN void *ngx_palloc(ngx_pool_t *from, size_t size)
{
    return take(from, size);
}

SEEN void *ngx_pnalloc(ngx_pool_t *from, size_t size)
{
    return take(from, size + (size == 0));
}

SEEN void *ngx_pmemalign(ngx_pool_t *from, size_t size, size_t alignment)
{
    return take(from, size + (alignment > 4096 ? alignment : 0));
}

SEEN int ngx_pfree(ngx_pool_t *from, void *memory)
{
    return from && memory ? -5 : -1;
}

SEEN void ngx_http_create_request(void)
{
    requests += 3;
}

/* As far as a request's line is looked for. */
struct buffer {
    const char *pos, *last;
};

SEEN int ngx_http_parse_request_line(void *request, const struct buffer *buffer)
{
    requests += (int)(buffer->last - buffer->pos);
    return request != NULL;
}

SEEN void ngx_init_cycle(void)
{
    requests += 7;
}

SEEN void ngx_single_process_cycle(void)
{
    requests += 5;
}

pool *system_begin(void)
{
    cycle.pool = ngx_create_pool(16384, NULL);
    ngx_cycle = &cycle;
    pool *server = ngx_create_pool(1024, NULL);
    ngx_single_process_cycle();
    return server;
}

void system_unit(void)
{
    ngx_http_create_request();
}

void system_unit_about(unsigned what)
{
    static const char *const lines[] = {"GET /list HTTP/1.1", "GET /store?x=1 HTTP/1.1",
                                        "GET /site HTTP/1.1", "GET / HTTP/1.1",
                                        "GET /options HTTP/1.1"};
    const struct buffer buffer = {lines[what], lines[what] + strlen(lines[what])};

    system_unit();
    ngx_http_parse_request_line(NULL, &buffer);
}

void system_reload(void)
{
    ngx_init_cycle();
}

SEEN pool *pool_new(pool *parent, const char *name)
{
    (void)parent, (void)name;
    return ngx_create_pool(1024, NULL);
}

SEEN void pool_end(pool *ended)
{
    if (ended)
        ngx_destroy_pool(ended);
}

SEEN void *pool_take(pool *from, size_t size)
{
    return ngx_palloc(from, size);
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
    ngx_reset_pool(old);
    return old;
}

void pool_move(pool *moved, pool *to)
{
    (void)moved, (void)to;
}

SEEN void root_take(size_t size)
{
    ngx_palloc(cycle.pool, size);
}

void system_end(pool *server)
{
    pool_end(server);
}
/* SPDX-License-Identifier: MIT */
