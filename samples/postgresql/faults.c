/*
 * faults: PostgreSQL functions that make the mistakes with memory contexts that lifeguard finds,
 * and three that make none.
 *
 *   CREATE FUNCTION leak_context() RETURNS void AS '.../faults.so' LANGUAGE c;
 *
 * Built by samples/postgresql/build-function against Debian's postgresql-server-dev of the same
 * version.
 *
 * SPDX-License-Identifier: MIT
 */
#include <postgres.h>

#include <fmgr.h>
#include <utils/memutils.h>

/* The function shows in every backtrace taken below it; build-function sees to its calls. */
#define KEEP_FRAME __attribute__((noinline))

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(leak_context);
PG_FUNCTION_INFO_V1(grow_cache);
PG_FUNCTION_INFO_V1(keep_in_top);
PG_FUNCTION_INFO_V1(use_after_delete);
PG_FUNCTION_INFO_V1(replace_in_cache);
PG_FUNCTION_INFO_V1(fail);
PG_FUNCTION_INFO_V1(use_kinds);

static KEEP_FRAME void make_and_forget(void)
{
    MemoryContext context =
        AllocSetContextCreate(TopMemoryContext, "leaked context", ALLOCSET_SMALL_SIZES);

    MemoryContextAlloc(context, 48);
}

Datum leak_context(PG_FUNCTION_ARGS)
{
    make_and_forget();
    PG_RETURN_VOID();
}

static KEEP_FRAME void allocate_in_cache(void)
{
    MemoryContextAllocZero(CacheMemoryContext, 100);
}

Datum grow_cache(PG_FUNCTION_ARGS)
{
    allocate_in_cache();
    PG_RETURN_VOID();
}

static KEEP_FRAME void allocate_in_top(void)
{
    MemoryContextAlloc(TopMemoryContext, 24);
}

Datum keep_in_top(PG_FUNCTION_ARGS)
{
    allocate_in_top();
    PG_RETURN_VOID();
}

/* The server keeps some contexts that were deleted, to use them again: this one's memory is there.
 */
static KEEP_FRAME void allocate_in_deleted(void)
{
    MemoryContext context =
        AllocSetContextCreate(TopMemoryContext, "used after its end", ALLOCSET_SMALL_SIZES);

    MemoryContextDelete(context);
    MemoryContextAlloc(context, 16);
}

Datum use_after_delete(PG_FUNCTION_ARGS)
{
    allocate_in_deleted();
    PG_RETURN_VOID();
}

/* No mistake: what is kept takes the place of what was there before. */
Datum replace_in_cache(PG_FUNCTION_ARGS)
{
    static void *kept;

    if (kept)
        pfree(kept);
    kept = MemoryContextAlloc(CacheMemoryContext, 1000);
    kept = repalloc(kept, 2000);
    PG_RETURN_VOID();
}

/* No mistake: the error leaves all calls by a jump, and the context goes with the transaction. */
Datum fail(PG_FUNCTION_ARGS)
{
    MemoryContext context =
        AllocSetContextCreate(CurrentMemoryContext, "of a failure", ALLOCSET_SMALL_SIZES);

    MemoryContextAlloc(context, MaxAllocSize + 1);
    PG_RETURN_VOID();
}

/* Takes COUNT chunks, and gives every third back where the kind of context takes them. */
static KEEP_FRAME void use(MemoryContext context, int count, bool gives_back)
{
    for (int i = 0; i < count; i++) {
        void *chunk = MemoryContextAlloc(context, 100);

        if (i % 3 == 0 && gives_back)
            pfree(chunk);
    }
}

/* A context of each kind, once. */
Datum use_kinds(PG_FUNCTION_ARGS)
{
    static MemoryContext kinds[4];
    MemoryContext top = TopMemoryContext;

    if (kinds[0])
        PG_RETURN_VOID();
    kinds[0] = AllocSetContextCreate(top, "kind AllocSet", ALLOCSET_DEFAULT_SIZES);
    kinds[1] = GenerationContextCreate(top, "kind Generation", ALLOCSET_DEFAULT_SIZES);
    kinds[2] = SlabContextCreate(top, "kind Slab", SLAB_DEFAULT_BLOCK_SIZE, 100);
#if PG_VERSION_NUM >= 170000
    kinds[3] = BumpContextCreate(top, "kind Bump", ALLOCSET_DEFAULT_SIZES);
#endif
    for (unsigned i = 0; i < lengthof(kinds) && kinds[i]; i++)
        use(kinds[i], 300, i < 3);
    PG_RETURN_VOID();
}
