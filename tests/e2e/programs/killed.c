/*
 * killed FILE - works with pools at full speed until it is killed, and counts what it did.
 *
 * The master forks sessions without end and works itself meanwhile; a session has several threads,
 * and every other one ends by itself after a while. All of them die with the master. FILE holds one
 * struct account a process, the first unused but for the number of those taken: calls of the pool
 * functions that returned, by thread. Whoever can lock FILE knows that all processes are gone.
 */
#include "pools.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define THREADS       3
#define SESSIONS      3      /* at a time */
#define ACCOUNTS      100000 /* of all processes there ever are */
#define SHORT_SESSION 40     /* rounds of each thread of a session that ends */
#define SECONDS_MAX   30     /* it ends then, whatever happens */

struct account {
    int64_t pid;
    volatile int64_t calls[7]; /* by thread */
};

struct worker {
    volatile int64_t *calls;
    pool *top;
    uint32_t random;
    bool ends;
};

_Static_assert(THREADS <= 7, "a thread has a count of its own");

static struct account *accounts;

static uint32_t dice(struct worker *worker, uint32_t sides)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 17;
    worker->random ^= worker->random << 5;
    return worker->random % sides;
}

static pool *make_pool(struct worker *worker, pool *parent)
{
    static const char *const names[] = {"a", "cmd_rec tmp pool", "a pool with a longer name"};
    pool *made = make_sub_pool(parent);
    ++*worker->calls;
    pr_pool_tag(made, names[dice(worker, 3)]);
    ++*worker->calls;
    return made;
}

static void end_pool(struct worker *worker, pool *ended)
{
    destroy_pool(ended);
    ++*worker->calls;
}

static void allocate(struct worker *worker, pool *from)
{
    for (uint32_t i = dice(worker, 12); i > 0; i--) {
        palloc(from, 1 + dice(worker, 200));
        ++*worker->calls;
    }
}

/* By one of many ways, so that new backtraces are met all the time. */
static POOL_ENTRY void descend(struct worker *worker, pool *parent, unsigned depth)
{
    pool *own = make_pool(worker, parent);
    allocate(worker, own);
    if (depth == 0)
        allocate(worker, own);
    else if (dice(worker, 2))
        descend(worker, own, depth - 1);
    else
        descend(worker, parent, depth - 1);
    allocate(worker, parent);
    end_pool(worker, own);
}

static void work(struct worker *worker)
{
    pool *unit = make_pool(worker, worker->top);
    descend(worker, unit, dice(worker, 12));
    end_pool(worker, unit);
}

static void *run_thread(void *data)
{
    struct worker *worker = data;
    for (unsigned round = 0; !worker->ends || round < SHORT_SESSION; round++)
        work(worker);
    return NULL;
}

static struct account *open_account(void)
{
    int64_t number = __atomic_add_fetch(&accounts[0].pid, 1, __ATOMIC_RELAXED);
    if (number >= ACCOUNTS)
        _exit(1);
    accounts[number].pid = getpid();
    return &accounts[number];
}

static void run_session(uint32_t number)
{
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    struct account *account = open_account();
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){
            .calls = &account->calls[i], .random = 7919 * number + i + 1, .ends = number % 2 == 0};
        workers[i].top = make_pool(&workers[i], permanent_pool);
    }
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, run_thread, &workers[i]) != 0)
            _exit(1);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    _exit(0);
}

static void start_session(uint32_t number)
{
    pid_t master = getpid();
    if (fork() != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != master)
        _exit(0);
    run_session(number);
}

static void run_master(void)
{
    struct worker worker = {.calls = open_account()->calls, .random = 1};
    unsigned alive = 0;
    permanent_pool = make_pool(&worker, NULL);
    worker.top = make_pool(&worker, permanent_pool);
    for (uint32_t number = 1;; number++) {
        for (; alive < SESSIONS; alive++)
            start_session(number++);
        work(&worker);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            alive--;
    }
}

int main(int argc, char **argv)
{
    size_t size = ACCOUNTS * sizeof(struct account);
    int file = argc == 2 ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
    if (file < 0 || flock(file, LOCK_SH) != 0 || ftruncate(file, (off_t)size) != 0)
        return 2;
    accounts = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (accounts == MAP_FAILED)
        return 2;
    alarm(SECONDS_MAX);
    run_master();
}
/* SPDX-License-Identifier: MIT */
