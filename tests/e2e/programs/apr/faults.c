/*
 * faults.c - uses of APR's pools, for apr.sh: `faults leak` makes a subpool for each of twelve
 * children and destroys none; `faults after` allocates from a subpool that was destroyed; `faults
 * again` ends APR, begins once more and makes no fault; `faults clear` makes none either, with a
 * pool that is cleared after each of twelve children.
 */
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct apr_pool_t apr_pool_t;
typedef int (*abort_function)(int);

/* Declared here: the headers are not needed then. */
int apr_initialize(void);
void apr_terminate(void);
int apr_pool_create_ex(apr_pool_t **pool, apr_pool_t *parent, abort_function, void *allocator);
int apr_pool_create_unmanaged_ex(apr_pool_t **pool, abort_function, void *allocator);
void apr_pool_destroy(apr_pool_t *pool);
void apr_pool_clear(apr_pool_t *pool);
void *apr_palloc(apr_pool_t *pool, size_t size);
char *apr_psprintf(apr_pool_t *pool, const char *format, ...);
void apr_pool_tag(apr_pool_t *pool, const char *tag);

static apr_pool_t *new_pool(apr_pool_t *parent, const char *tag)
{
    apr_pool_t *pool;
    if (apr_pool_create_ex(&pool, parent, NULL, NULL) != 0)
        _exit(3);
    apr_pool_tag(pool, tag);
    return pool;
}

static void run_child(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
}

static void leak(void)
{
    apr_pool_t *main_pool = new_pool(NULL, "main");
    for (int i = 0; i < 12; i++) {
        apr_palloc(new_pool(main_pool, "leaked"), 100);
        run_child();
    }
}

static void after(void)
{
    apr_pool_t *pool = new_pool(NULL, "short-lived");
    apr_pool_destroy(pool);
    apr_palloc(pool, 8);
}

static void clear(void)
{
    apr_pool_t *pool = new_pool(NULL, "cleared");
    for (int i = 0; i < 12; i++) {
        apr_palloc(pool, 100);
        run_child();
        apr_pool_clear(pool);
    }
}

static void again(void)
{
    apr_terminate();
    apr_initialize();
    static apr_pool_t *pool, *alone; /* nothing is lost here */
    pool = new_pool(NULL, "second life");
    apr_palloc(pool, 1000);
    apr_pool_clear(pool);
    apr_psprintf(pool, "%s-%d", "twelve", 12345); /* 13 bytes, of which 16 are taken */
    if (apr_pool_create_unmanaged_ex(&alone, NULL, NULL) == 0)
        apr_pool_tag(alone, "alone");
}

int main(int argc, char **argv)
{
    const char *wanted = argc > 1 ? argv[1] : "";
    if (apr_initialize() != 0)
        return 3;
    if (strcmp(wanted, "leak") == 0)
        leak();
    else if (strcmp(wanted, "after") == 0)
        after();
    else if (strcmp(wanted, "clear") == 0)
        clear();
    else
        again();
    _exit(0);
}
/* SPDX-License-Identifier: MIT */
