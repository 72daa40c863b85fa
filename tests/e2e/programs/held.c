/*
 * held [fork] - pools that are held each in another way, named after it, and some that nothing
 * holds, whose names begin with "lost". Each of its commands is a unit of work. Says its pid, with
 * "fork" that of a child; ends when its input does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/e2e/programs/pools.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

struct object {
    struct object *next;
    pool *own;
};

pool *in_variable;
pool **in_memory;
__thread pool *in_thread;
struct object *list, *object;
char *inside;
pool *marked;

POOL_ENTRY int pr_cmd_read(void *request)
{
    return request != NULL;
}

static POOL_ENTRY pool *make(pool *parent, const char *how)
{
    pool *made = make_sub_pool(parent);
    pr_pool_tag(made, how);
    return made;
}

static POOL_ENTRY struct object *make_object(pool *from, struct object *next)
{
    struct object *made = palloc(from, sizeof(*made));
    *made = (struct object){next, from};
    return made;
}

/* Memory of FLAGS with POOL in it, that allows ACCESS from then on. */
static POOL_ENTRY void map(int flags, pool *held, int access)
{
    pool **memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        _exit(1);
    memory[3] = held;
    mprotect(memory, 4096, access);
}

static POOL_ENTRY void hold(void)
{
    pool *root = permanent_pool;
    in_variable = make(root, "variable");
    in_memory = malloc(64);
    in_memory[2] = make(root, "malloc");
    in_thread = make(root, "thread's variable");
    pool **data = palloc(in_variable, 2 * sizeof(*data));
    data[1] = make(root, "another pool");
    for (int i = 0; i < 3; i++)
        list = make_object(make(root, "list"), list);
    object = make_object(make(root, "object of its own"), NULL);
    inside = (char *)make_object(make(root, "inside"), NULL) + 3;
    marked = (pool *)((uintptr_t)make(root, "marked pointer") | UINT64_C(0xabcd) << 48);
    map(MAP_PRIVATE, make(root, "mapping"), PROT_READ | PROT_WRITE);
    map(MAP_SHARED, make(root, "shared mapping"), PROT_READ | PROT_WRITE);
    map(MAP_PRIVATE, make(root, "constant mapping"), PROT_READ);
    pool *above = make(root, "above one that is held");
    in_memory[3] = make(above, "below");
}

static POOL_ENTRY void lose(void)
{
    pool *root = permanent_pool;
    make(root, "lost");
    make_object(make(root, "lost with its own object"), NULL);
    pool *one = make(root, "lost ring"), *other = make(root, "lost ring");
    make_object(one, NULL)->own = other;
    make_object(other, NULL)->own = one;
    pool **freed = malloc(6000);
    void *behind = malloc(64); /* so that it is not given to the system */
    freed[90] = make(root, "lost in freed memory");
    free(freed);
    in_memory[4] = behind;
    make(make(root, "lost above"), "below a lost one");
}

/* What the stack has of it is overwritten. */
static POOL_ENTRY void forget(void)
{
    volatile char room[32768];
    for (unsigned i = 0; i < sizeof(room); i++)
        room[i] = 0;
}

static int wait_for_end(void)
{
    char byte;
    return read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    permanent_pool = make(NULL, "permanent_pool");
    pr_cmd_read(NULL);
    hold();
    lose();
    forget();
    pr_cmd_read(NULL);
    const pid_t child = argc > 1 && strcmp(argv[1], "fork") == 0 ? fork() : 0;
    if (child >= 0 && (child > 0 || argc == 1))
        printf("%ld\n", (long)(child ? child : getpid()));
    fflush(stdout);
    const int status = wait_for_end();
    return child > 0 && waitpid(child, NULL, 0) != child ? 1 : status;
}
