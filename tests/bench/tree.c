/*
 * tree.c - allocates at the end of call trees as deep and as varied as asked.
 *
 * Compiled three times: as it is, it allocates from pools; with LEAF_MALLOC, the same calls end in
 * malloc(); with LEAF_CHUNK, a chunk is given back there and another taken, see chunks.h. -o FILE
 * gets one line: the CPU time of the work in ns (of all threads; start and end of the process are
 * not in it), the allocations, and the events: all that a recorder sees, the begin and end of pools
 * and freed memory included.
 *
 *   -f FRAMES   of each backtrace, down to _start
 *   -s STACKS   distinct call stacks: next to the leaf, one after the other
 *   -c          stacks change from call to call, at all levels, in random order
 *   -n COUNT    allocations of each thread
 *   -t THREADS  each with pools of its own
 *   -p COUNT    processes that do all that at the same time (the line is about one)
 *   -l POOLS    so many pools alive in each thread, used and replaced in random order
 *   -F          memory from malloc() is freed, in the same batches as pools end
 *
 * SPDX-License-Identifier: MIT
 */
#define POOL_BLOCK_DATA 256

#include "../e2e/programs/pools.h"
#include "chunks.h"

#include <execinfo.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#define INLINE      static inline __attribute__((always_inline))
#define BATCH       256 /* allocations between a pool's begin and its end */
#define REPLACE     8   /* with -l: one pool is replaced for so many allocations */
#define THREADS_MAX 16
#define FRAMES_MAX  256

struct options {
    unsigned frames, threads, processes;
    uint64_t stacks, allocations, live;
    bool changing, frees;
    const char *output;
};

static struct options options = {
    .frames = 16, .threads = 1, .processes = 1, .stacks = 64, .allocations = 1000000};

/* One thread's work. */
struct walk {
    uint64_t path;
    uint64_t random; /* state of the generator, not 0 */
    uint64_t done;   /* allocations */
    uint64_t events;
    unsigned measured; /* frames of the leaf's backtrace */
    bool measuring;
    unsigned level; /* where the tree is entered */
    size_t size;    /* bytes to allocate */
    pool *root, *current, **live;
    void *batch[BATCH];
};

INLINE unsigned measure(struct walk *walk)
{
    void *frames[FRAMES_MAX];

    walk->measured = (unsigned)backtrace(frames, FRAMES_MAX);
    return 0;
}

/* Inlined: what calls the allocator is the tree's own function. */
INLINE unsigned leaf(struct walk *walk)
{
    if (__builtin_expect(walk->measuring, 0))
        return measure(walk);
#ifdef LEAF_MALLOC
    void *memory = malloc(walk->size);

    walk->batch[walk->done % BATCH] = memory;
#elif defined LEAF_CHUNK
    void **place = &walk->batch[walk->done % BATCH], *memory;

    if (*place) {
        chunk_give_back(*place);
        walk->events++;
    }
    memory = *place = chunk_take(walk->size);
#else
    void *memory = palloc(walk->current, walk->size);
#endif
    return memory != NULL;
}

#include "call_tree.h"

/* What ProFTPD's description has as the mark of a command. */
POOL_ENTRY int pr_cmd_read(struct walk *walk)
{
    walk->events++;
    return 0;
}

static uint64_t next_random(struct walk *walk)
{
    walk->random ^= walk->random << 13;
    walk->random ^= walk->random >> 7;
    return walk->random ^= walk->random << 17;
}

/* Each of the numbers is another path, as far as the levels reach: the factor is odd. */
static void choose_path(struct walk *walk)
{
    if (options.changing)
        walk->path = next_random(walk) % options.stacks * UINT64_C(0x9e3779b97f4a7c15);
    else
        walk->path = PATTERN ^ walk->done % options.stacks;
}

#ifdef LEAF_MALLOC

static void begin_work(struct walk *walk)
{
    (void)walk;
}

static void end_batch(struct walk *walk)
{
    for (unsigned i = 0; options.frees && i < BATCH; i++) {
        free(walk->batch[i]);
        walk->events++;
    }
}

static void before_allocation(struct walk *walk)
{
    if (walk->done % BATCH == 0 && walk->done != 0)
        end_batch(walk);
}

#elif defined LEAF_CHUNK

static void begin_work(struct walk *walk)
{
    context_current = context_create(NULL);
    walk->events++;
}

static void before_allocation(struct walk *walk)
{
    (void)walk;
}

#else

static pool *make_pool(struct walk *walk, const char *tag)
{
    pool *made = make_sub_pool(walk->root);

    pr_pool_tag(made, tag);
    walk->events += 2;
    return made;
}

static void begin_work(struct walk *walk)
{
    walk->root = make_sub_pool(NULL);
    walk->events++;
    walk->live = calloc(options.live, sizeof(*walk->live));
    for (uint64_t i = 0; i < options.live; i++)
        walk->live[i] = make_pool(walk, "live pool");
}

static void replace_pool(struct walk *walk)
{
    pool **old = &walk->live[next_random(walk) % options.live];

    destroy_pool(*old);
    walk->events++;
    *old = make_pool(walk, "live pool");
}

static void replace_batch(struct walk *walk)
{
    if (walk->current) {
        destroy_pool(walk->current);
        walk->events++;
    }
    pr_cmd_read(walk);
    walk->current = make_pool(walk, "batch");
}

static void before_allocation(struct walk *walk)
{
    if (options.live) {
        if (walk->done % REPLACE == 0)
            replace_pool(walk);
        walk->current = walk->live[next_random(walk) % options.live];
    } else if (walk->done % BATCH == 0) {
        replace_batch(walk);
    }
}

#endif

/* As many levels as make the backtrace FRAMES long, from here. */
static void find_level(struct walk *walk)
{
    walk->measuring = true;
    call_tree[0](walk);
    walk->measuring = false;
    if (options.frames < walk->measured || options.frames - walk->measured > LEVELS) {
        fprintf(stderr, "tree: from %u to %u frames\n", walk->measured, walk->measured + LEVELS);
        _exit(2);
    }
    walk->level = options.frames - walk->measured;
}

static KEEP_FRAME void *work(void *argument)
{
    struct walk *walk = argument;

    find_level(walk);
    begin_work(walk);
    for (; walk->done < options.allocations; walk->done++) {
        before_allocation(walk);
        choose_path(walk);
        walk->size = 8 + walk->done % 8 * 8;
        call_tree[walk->level](walk);
    }
    walk->events += walk->done;
    return NULL;
}

INLINE void run_threads(struct walk *walks)
{
    pthread_t threads[THREADS_MAX];

    for (unsigned i = 1; i < options.threads; i++)
        pthread_create(&threads[i], NULL, work, &walks[i]);
    work(&walks[0]);
    for (unsigned i = 1; i < options.threads; i++)
        pthread_join(threads[i], NULL);
}

static uint64_t cpu_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

INLINE int run(void)
{
    static struct walk walks[THREADS_MAX];
    uint64_t begin, allocations = 0, events = 0;

    measure(&walks[0]); /* loads what backtrace() needs */
    for (unsigned i = 0; i < options.threads; i++)
        walks[i].random = i + 1;
    begin = cpu_ns();
    run_threads(walks);
    begin = cpu_ns() - begin;
    for (unsigned i = 0; i < options.threads; i++) {
        allocations += walks[i].done;
        events += walks[i].events;
    }
    FILE *output = options.output ? fopen(options.output, "w") : stdout;

    return !output || fprintf(output, "%lu %lu %lu\n", begin, allocations, events) < 0 ||
           fclose(output) != 0;
}

INLINE int run_processes(void)
{
    int status, failed = 0;

    for (unsigned i = 1; i < options.processes; i++) {
        pid_t child = fork();

        if (child == 0)
            _exit(run());
        failed |= child < 0;
    }
    failed |= run();
    while (wait(&status) > 0)
        failed |= status != 0;
    return failed;
}

static bool read_options(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "f:s:cn:t:p:l:Fo:")) != -1) {
        uint64_t number = optarg ? strtoull(optarg, NULL, 10) : 0;

        switch (option) {
        case 'f':
            options.frames = (unsigned)number;
            break;
        case 's':
            options.stacks = number;
            break;
        case 'c':
            options.changing = true;
            break;
        case 'n':
            options.allocations = number;
            break;
        case 't':
            options.threads = (unsigned)number;
            break;
        case 'p':
            options.processes = (unsigned)number;
            break;
        case 'l':
            options.live = number;
            break;
        case 'F':
            options.frees = true;
            break;
        case 'o':
            options.output = optarg;
            break;
        default:
            return false;
        }
    }
    return optind == argc && options.stacks > 0 && options.threads > 0 &&
           options.threads <= THREADS_MAX;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv)) {
        fputs("tree: see the head of tests/bench/tree.c for its options\n", stderr);
        return 2;
    }
#ifndef LEAF_MALLOC
    permanent_pool = make_sub_pool(NULL);
    pr_pool_tag(permanent_pool, "permanent_pool");
#endif
    return run_processes();
}
