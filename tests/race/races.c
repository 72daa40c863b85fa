/*
 * races ROUNDS - the recorder's parts, as 16 threads use them at once: for ThreadSanitizer to watch
 * (it cannot watch a recorder that is preloaded, nor run Criterion).
 *
 * Prints "compared N different N"; ThreadSanitizer makes the exit status 66 when there is a race.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/code/detour.h"
#include "preload/hooks/install.h"
#include "preload/hooks/process.h"
#include "preload/hooks/roots.h"
#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/unwind/backtraces.h"
#include "preload/unwind/modules.h"
#include "preload/unwind/stack_cache.h"
#include "preload/unwind/unwind.h"
#include "preload/util/clock.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define THREADS 16
#define WAVES   4 /* of threads, so that streams are used again */

/* preload/hooks/process.c belongs to the preloaded recorder alone. */
volatile uint32_t *process_known;
bool process_idle;

void process_rest(void)
{
}

bool process_adopt(void)
{
    return true;
}

/* The registers as a hook at this place would find them. */
void capture(struct unwind_start *start);
__asm__(".pushsection .text\n capture: .cfi_startproc\n"
        "mov (%rsp), %rax\n mov %rax, 0(%rdi)\n lea 8(%rsp), %rax\n mov %rax, 8(%rdi)\n"
        "mov %rbp, 16(%rdi)\n mov %rbx, 24(%rdi)\n mov %r12, 32(%rdi)\n mov %r13, 40(%rdi)\n"
        "mov %r14, 48(%rdi)\n mov %r15, 56(%rdi)\n ret\n .cfi_endproc\n"
        ".popsection\n");

static pthread_barrier_t together;
static unsigned rounds;
static struct pool_system pool_system = {
    .api = {.roots = {{.name = {"optarg", 6},
                       .holder = {.steps = {{EXPRESSION_VARIABLE, 0}},
                                  .count = 1,
                                  .variables = {{{"optarg", 6}, 0}},
                                  .variable_count = 1}}},
            .root_count = 1}};

/* What preload/hooks/hooks.c does with a call. */
static void record(unsigned number)
{
    uint64_t pool = 0x1000 + 0x40 * (number % 100);
    struct unwind_start start;
    struct stream *stream = stream_enter();
    if (!stream)
        return;
    capture(&start);
    uint32_t known = unwind_recall(stream, &start);
    struct scratch *scratch = scratch_of(stream);
    if (!scratch)
        return;
    unwind_take(stream, scratch, &start);
    if (known == TRACE_NO_STACK) {
        known = backtraces_intern(stream, &scratch->backtrace);
        stack_cache_put(&stream->cache, &start, &scratch->trail, known);
    }
    scratch->backtrace.frames[0] += number; /* one that may be new, to several threads at once */
    uint32_t stack = backtraces_intern(stream, &scratch->backtrace);
    event_create(stream, pool, 0, known, number % 2);
    event_alloc(stream, pool, stack, number);
    event_name(stream, pool, stack, "pool");
    event_destroy(stream, pool, stack, POOL_USAGE_UNKNOWN);
    if (number % 16 == 0)
        roots_note(stream, &pool_system, 0, false);
    stream_leave();
}

__attribute__((noinline)) static void recurse(unsigned more, unsigned number)
{
    if (more == 0)
        record(number);
    else
        recurse(more - 1, number);
    __asm__ volatile("" ::: "memory"); /* no tail call */
}

static void on_signal(int number)
{
    record((unsigned)number);
}

/* What preload/hooks/process.c does after dlclose(). ThreadSanitizer does not see the loader's own
 * lock. */
static void load_and_unload(void)
{
    static pthread_mutex_t loader = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&loader);
    void *library = dlopen("libresolv.so.2", RTLD_NOW);
    pthread_mutex_unlock(&loader);
    void *code = library ? dlsym(library, "ns_get16") : NULL;
    struct stream *stream = stream_enter();
    if (stream && code)
        modules_find(stream, (uint64_t)(uintptr_t)code, backtraces_next_id());
    pthread_mutex_lock(&loader);
    if (library)
        dlclose(library);
    pthread_mutex_unlock(&loader);
    if (stream && modules_drop_unloaded(stream, backtraces_next_id())) {
        unwind_forget_rules();
        backtraces_forget();
    }
    if (stream)
        stream_leave();
}

static void *run(void *data)
{
    pthread_barrier_wait(&together);
    for (unsigned i = 0; i < rounds; i++) {
        recurse(i % 30, i);
        if (i % 16 == 0)
            __atomic_store_n((uintptr_t *)(void *)&optarg, (uintptr_t)0x1000 + i, __ATOMIC_RELAXED);
        if (data && i % 4 == 0)
            load_and_unload();
    }
    return NULL;
}

static bool hook_c_library(struct image *image, void *stream)
{
    if (!image_defines(image, &pool_system.api.roots[0].name, 1))
        return false;
    hooks_install(&pool_system, image, stream);
    detour_finish();
    return true;
}

static void set_up(char *dir)
{
    const struct trace_origin none = {0};
    clock_setup();
    streams_setup(stack_cache_forget_thread);
    if (!mkdtemp(dir) || !trace_file_open(dir, UINT64_C(1) << 30, &none))
        abort();
    struct stream *stream = stream_enter();
    unwind_setup(true);
    if (!images_visit(hook_c_library, stream))
        abort();
    stream_leave();
}

static void run_threads(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&together, NULL, THREADS);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run, i < 2 ? &rounds : NULL);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/lifeguard-race-XXXXXX", file[sizeof(dir) + 32];
    const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 100;
    set_up(dir);
    signal(SIGALRM, on_signal);
    setitimer(ITIMER_REAL, &often, NULL);
    for (unsigned i = 0; i < WAVES; i++)
        run_threads();
    setitimer(ITIMER_REAL, &never, NULL);
    const struct trace_header *header = trace_file_header();
    printf("compared %lu different %lu\n", header->checked, header->differed);
    snprintf(file, sizeof(file), "%s/%d" TRACE_SUFFIX, dir, (int)getpid());
    unlink(file);
    rmdir(dir);
    return 0;
}
