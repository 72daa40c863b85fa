/*
 * planted.c - a library that is preloaded into a server, and makes two mistakes with its pools
 * whenever something is sent over a network: a pool is made and forgotten, and one that lives as
 * long as the server grows. The server is nginx, httpd, PostgreSQL, or a program on talloc.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define NOINLINE __attribute__((noinline))
#define SERVERS  extern __attribute__((weak)) /* NULL where it is another server */
#define LEAKED   48                           /* bytes */
#define GROWTH   24

SERVERS void **ngx_cycle; /* its second member is its pool, its third its log */
SERVERS void *ngx_create_pool(size_t size, void *log), *ngx_palloc(void *pool, size_t size);

SERVERS void *ap_pglobal;
SERVERS int apr_pool_create_ex(void **pool, void *parent, void *abort, void *allocator);
SERVERS void *apr_palloc(void *pool, size_t size);

SERVERS void *TopMemoryContext, *CacheMemoryContext;
SERVERS void *AllocSetContextCreateInternal(void *parent, const char *name, size_t least,
                                            size_t first, size_t most);
SERVERS void *MemoryContextAlloc(void *context, size_t size);

SERVERS void *talloc_named_const(const void *parent, size_t size, const char *name);
SERVERS void *_talloc_realloc(const void *parent, void *object, size_t size, const char *name);

static NOINLINE void plant_nginx(void)
{
    ngx_palloc(ngx_create_pool(256, ngx_cycle[2]), LEAKED);
    ngx_palloc(ngx_cycle[1], GROWTH);
}

static NOINLINE void plant_httpd(void)
{
    void *pool = NULL;
    apr_pool_create_ex(&pool, ap_pglobal, NULL, NULL);
    apr_palloc(pool, LEAKED);
    apr_palloc(ap_pglobal, GROWTH);
}

static NOINLINE void plant_postgresql(void)
{
    MemoryContextAlloc(AllocSetContextCreateInternal(TopMemoryContext, "planted", 0, 1024, 1024),
                       LEAKED);
    MemoryContextAlloc(CacheMemoryContext, GROWTH);
}

/* An object is a pool: one is forgotten, and one grows. */
static NOINLINE void plant_talloc(void)
{
    static void *grows;
    static size_t size;
    talloc_named_const(NULL, LEAKED, "planted object");
    grows = _talloc_realloc(NULL, grows, size += GROWTH, "planted array");
}

static void plant(void)
{
    if (ngx_create_pool)
        plant_nginx();
    else if (apr_pool_create_ex && &ap_pglobal && ap_pglobal)
        plant_httpd();
    else if (&CacheMemoryContext && CacheMemoryContext)
        plant_postgresql();
    else if (talloc_named_const)
        plant_talloc();
}

static void note_sent(int fd)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    struct sockaddr address;
    socklen_t size = sizeof(address);
    const int error = errno;
    if (getsockname(fd, &address, &size) == 0 && address.sa_family == AF_INET) {
        pthread_mutex_lock(&mutex);
        plant();
        pthread_mutex_unlock(&mutex);
    }
    errno = error;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    note_sent(fd);
    return NEXT(send)(fd, bytes, size, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to,
               socklen_t to_size)
{
    note_sent(fd);
    return NEXT(sendto)(fd, bytes, size, flags, to, to_size);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    note_sent(fd);
    return NEXT(sendmsg)(fd, message, flags);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    note_sent(fd);
    return NEXT(writev)(fd, parts, count);
}
