/* both.c - pools of APR and objects of talloc, side by side. As it is, a library to be loaded; with
 * BROKEN, one that cannot be; with LINKED, a program: linked ROUNDS. */
#include "both.h"

#include <apr_general.h>
#include <apr_pools.h>
#include <stdlib.h>
#include <talloc.h>

static void make_object(void *context)
{
    void *object = talloc_named_const(context, 100, "object");
    talloc_named_const(object, 13, "part");
    talloc_free(object);
}

void work_with_objects(unsigned rounds)
{
    void *context = talloc_named_const(NULL, 0, "context");
    for (unsigned i = 0; i < rounds; i++)
        make_object(context);
    talloc_free(context);
}

void work(unsigned rounds)
{
    void *context = talloc_named_const(NULL, 0, "context");
    apr_pool_t *top, *pool;

    apr_pool_create(&top, NULL);
    for (unsigned i = 0; i < rounds; i++) {
        apr_pool_create(&pool, top);
        apr_pool_tag(pool, "subpool");
        apr_palloc(pool, 13);
        make_object(context);
        apr_pool_destroy(pool);
    }
    apr_pool_destroy(top);
    talloc_free(context);
}

#ifdef BROKEN
void is_defined_nowhere(void);
void (*const broken)(void) = is_defined_nowhere;
#endif

#ifdef LINKED
int main(int argc, char **argv)
{
    apr_initialize();
    if (argc > 1 && atoi(argv[1]) > 0)
        work((unsigned)atoi(argv[1]));
    apr_terminate();
    return 0;
}
#endif
/* SPDX-License-Identifier: MIT */
