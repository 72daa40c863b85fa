// A plugin in C++ that throws exceptions past pool functions: from between them, and out of a
// cleanup that destroy_pool() runs.
#include <cstddef>
#include <dlfcn.h>
#include <stdexcept>
#include <unwind.h>

extern "C" {
struct pool_rec;
extern pool_rec *permanent_pool;
pool_rec *make_sub_pool(pool_rec *parent);
void destroy_pool(pool_rec *pool);
void *palloc(pool_rec *pool, size_t size);
void pr_pool_tag(pool_rec *pool, const char *tag);
void register_cleanup(pool_rec *pool, void *data, void (*call)(void *));
int throw_and_catch();
const char *unwinder();
void make_pools();
}

static int destroyed;

struct Scope {
    pool_rec *pool;
    Scope() : pool(make_sub_pool(permanent_pool)) {}
    ~Scope()
    {
        destroy_pool(pool);
        destroyed++;
    }
};

__attribute__((noinline)) static void descend(int depth)
{
    Scope scope;
    palloc(scope.pool, 40);
    if (depth == 0)
        throw std::runtime_error("the deepest");
    descend(depth - 1);
}

static void throw_from_cleanup(void *)
{
    throw 1;
}

int throw_and_catch()
{
    int caught = 0;
    for (int i = 0; i < 500; i++) {
        try {
            descend(i % 20);
        } catch (const std::exception &) {
            caught++;
        }
        pool_rec *outer = make_sub_pool(permanent_pool), *inner = make_sub_pool(outer);
        register_cleanup(inner, nullptr, throw_from_cleanup);
        try {
            destroy_pool(outer);
        } catch (int) {
            caught++;
        }
    }
    return caught + destroyed * 10000;
}

const char *unwinder()
{
    Dl_info info;
    return dladdr(reinterpret_cast<void *>(&_Unwind_RaiseException), &info) ? info.dli_fname : "";
}

void make_pools()
{
    for (int i = 0; i < 50; i++)
        pr_pool_tag(make_sub_pool(permanent_pool), "made by a plugin");
}
/* SPDX-License-Identifier: MIT */
