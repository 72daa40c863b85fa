/*
 * host_stale KIND - a program that works in commands and goes on using what it allocated in one,
 * by all ways that there are: all that it prints must be the same whether the recorder watches that
 * (record --stale) or not.
 *
 *     calls     the kernel reads and writes it: read, writev, sendfile, recv, stat, ioctl ...
 *     raw       the same by calls that the C library does not make
 *     direct    a file is read into it past the page cache
 *     lock      a mutex is in it, that threads wait for
 *     threads   threads use it all the time, in commands of their own
 *     fork      a child has it, and the parent; both change theirs
 *     forks     the same of a child of a child, and of processes that fork side by side
 *     clone     a child that came by clone()
 *     vfork     a child that borrows it
 *     locked    memory is locked, also what is mapped later
 *     room      the address space is limited
 *     no-code   no memory may become executable that was not
 *     chroot    with another root directory, with nothing in it
 *     itself    what the process can know of itself: descriptors, signals
 *     fill      takes more than there are pages for
 */
#include "pool.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 40
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

static pool *kept; /* lives as long as the program */

/* A command begins, and the one before has ended. */
KEEP_FRAME int pr_cmd_read(void)
{
    static volatile int commands;
    return ++commands;
}

static void next_command(void)
{
    usleep(1000);
    pr_cmd_read();
}

/* Of a command that is over by then. */
static char *buffer(size_t size)
{
    pr_cmd_read();
    char *taken = pcalloc(kept, size);
    next_command();
    return taken;
}

static char *filled(const char *text)
{
    pr_cmd_read();
    char *taken = palloc(kept, strlen(text) + 1);
    strcpy(taken, text);
    next_command();
    return taken;
}

static void tell(const char *what, long result, const char *data)
{
    printf("  %s: %ld %s\n", what, result, data);
}

static void files(void)
{
    char *name = filled("host_stale.file"), *link = filled("host_stale.link");
    struct iovec *vectors = (struct iovec *)buffer(2 * sizeof(*vectors));
    struct stat *status = (struct stat *)buffer(sizeof(*status));
    char *target = buffer(64), *in = buffer(64), *in_place = buffer(64);
    const int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    tell("write", write(fd, filled("one two three "), 14), "");
    vectors[0] = (struct iovec){filled("four "), 5};
    vectors[1] = (struct iovec){filled("five "), 5};
    next_command();
    tell("writev", writev(fd, vectors, 2), "");
    tell("pread", pread(fd, in_place, 24, 0), in_place);
    lseek(fd, 0, SEEK_SET);
    vectors[0] = (struct iovec){in, 10};
    vectors[1] = (struct iovec){in + 32, 10};
    next_command();
    tell("readv", readv(fd, vectors, 2), in);
    tell("fstat", fstat(fd, status), "");
    printf("  size %ld\n", (long)status->st_size);
    memset(status, 0, sizeof(*status));
    next_command();
    tell("stat", stat(name, status), "");
    printf("  size %ld\n", (long)status->st_size);
    tell("symlink", symlink(name, link), "");
    tell("readlink", readlink(link, target, 64), target);
    tell("rename", rename(link, filled("host_stale.other")), "");
    tell("unlink", unlink("host_stale.other"), "");
    tell("unlink", unlink(name), "");
    close(fd);
}

static void sockets(void)
{
    int *pair = (int *)buffer(2 * sizeof(*pair)), *waiting = (int *)buffer(sizeof(*waiting));
    char *in = buffer(64), *peeked = buffer(64);
    struct msghdr *message = (struct msghdr *)buffer(sizeof(*message));
    struct iovec *vector = (struct iovec *)buffer(sizeof(*vector));
    fd_set *set = (fd_set *)buffer(sizeof(*set));
    struct timeval *time = (struct timeval *)buffer(sizeof(*time));
    tell("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "");
    tell("send", send(pair[0], filled("a message"), 10, 0), "");
    next_command();
    tell("ioctl", ioctl(pair[1], FIONREAD, waiting), *waiting == 10 ? "all" : "not all");
    FD_ZERO(set);
    FD_SET(pair[1], set);
    next_command();
    tell("select", select(pair[1] + 1, set, NULL, NULL, time), FD_ISSET(pair[1], set) ? "in" : "");
    tell("recv", recv(pair[1], peeked, 10, MSG_PEEK), peeked);
    next_command();
    tell("recv", recv(pair[1], in, 10, 0), in);
    *vector = (struct iovec){filled("more of it"), 11};
    *message = (struct msghdr){.msg_iov = vector, .msg_iovlen = 1};
    next_command();
    tell("sendmsg", sendmsg(pair[0], message, 0), "");
    vector->iov_base = in;
    next_command();
    tell("recvmsg", recvmsg(pair[1], message, 0), in);
    const int fd = open("host_stale.sent", O_RDWR | O_CREAT | O_TRUNC, 0600);
    tell("write", write(fd, filled("to be sent"), 10), "");
    unlink("host_stale.sent");
    off_t *offset = (off_t *)buffer(sizeof(*offset));
    *offset = 2;
    next_command();
    tell("sendfile", sendfile(pair[0], fd, offset, 4), *offset == 6 ? "behind it" : "");
    next_command();
    memset(in, 0, 64);
    next_command();
    tell("read", read(pair[1], in, 4), in);
    close(fd);
    close(pair[0]);
    close(pair[1]);
}

static void calls(void)
{
    files();
    sockets();
}

static void raw(void)
{
    int fds[2];
    char *in = buffer(64), *name = buffer(64);
    struct timespec *now = (struct timespec *)buffer(sizeof(*now));
    tell("pipe", pipe(fds), "");
    tell("write", syscall(SYS_write, fds[1], filled("past the library"), 17), "");
    tell("read", syscall(SYS_read, fds[0], in, 17), in);
    tell("prctl", syscall(SYS_prctl, PR_GET_NAME, name), name);
    tell("clock", syscall(SYS_clock_gettime, CLOCK_MONOTONIC, now), now->tv_sec > 0 ? "" : "none");
    struct iovec *vector = (struct iovec *)buffer(sizeof(*vector));
    *vector = (struct iovec){filled("by its pages"), 13};
    next_command();
    tell("vmsplice", syscall(SYS_vmsplice, fds[1], vector, 1, 0), "");
    next_command();
    tell("read", syscall(SYS_read, fds[0], in, 13), in);
}

/* Some file systems have none of it: then it is read as any other. */
static void direct(void)
{
    char *page = buffer(4096);
    const int out = open("host_stale.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    memset(page, 'd', 4096);
    next_command();
    tell("write", write(out, page, 4096), "");
    fsync(out);
    close(out);
    int in = open("host_stale.file", O_RDONLY | O_DIRECT);
    if (in < 0)
        in = open("host_stale.file", O_RDONLY);
    memset(page, 0, 4096);
    next_command();
    ssize_t got = read(in, page, 4096);
    if (got < 0) {
        close(in);
        in = open("host_stale.file", O_RDONLY);
        got = read(in, page, 4096);
    }
    tell("read", got, page[0] == 'd' && page[4095] == 'd' ? "all" : "not all");
    unlink("host_stale.file");
}

static pthread_mutex_t *shared_lock;
static long *shared_count;

static void *count_up(void *unused)
{
    (void)unused;
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(shared_lock);
        ++*shared_count;
        pthread_mutex_unlock(shared_lock);
    }
    return NULL;
}

static void lock_in_it(void)
{
    pthread_t threads[4];
    pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
    shared_lock = (pthread_mutex_t *)buffer(sizeof(*shared_lock));
    shared_count = (long *)buffer(sizeof(*shared_count));
    *shared_lock = first;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, count_up, NULL);
    for (int i = 0; i < 10; i++)
        next_command();
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    printf("  counted %ld\n", *shared_count);
}

#define WORDS 32

static pthread_mutex_t pools = PTHREAD_MUTEX_INITIALIZER;
static atomic_long *atomics;

/* Each has words of its own, and all add to common ones. */
static void *use_all_the_time(void *data)
{
    long *own[WORDS] = {NULL};
    long wrong = 0;
    for (long round = 0; round < 400; round++) {
        pthread_mutex_lock(&pools);
        pr_cmd_read();
        if (round < WORDS)
            own[round] = pcalloc(kept, sizeof(long));
        pthread_mutex_unlock(&pools);
        for (int i = 0; i < 100; i++) {
            for (long j = 0; j < WORDS && j <= round; j++)
                ++*own[j];
            ++*atomics;
        }
    }
    for (long j = 0; j < WORDS; j++)
        wrong += *own[j] != 100 * (400 - j);
    *(long *)data = wrong;
    return NULL;
}

static void threads(void)
{
    pthread_t started[4];
    long wrong[4];
    atomics = (atomic_long *)buffer(sizeof(*atomics));
    for (int i = 0; i < 4; i++)
        pthread_create(&started[i], NULL, use_all_the_time, &wrong[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(started[i], NULL);
        printf("  wrong %ld\n", wrong[i]);
    }
    printf("  counted %ld\n", (long)*atomics);
}

/* What the parent has written last, and the child does not see, and the other way round. */
static void both_change(pid_t child, char *data, const char *who)
{
    if (child == 0) {
        printf("  child of %s: %s\n", who, data);
        strcpy(data, "the child's");
        next_command();
        usleep(5000);
        printf("  child of %s: %s\n", who, data);
        fflush(stdout);
        _exit(0);
    }
    strcpy(data, "the parent's");
    waitpid(child, NULL, 0);
    printf("  %s: %s\n", who, data);
}

static void fork_it(void)
{
    char *data = buffer(64);
    for (int i = 0; i < 3; i++) {
        strcpy(data, "as it was");
        if (i % 2)
            next_command();
        both_change(fork(), data, "fork");
    }
}

/* What each process writes is its own. */
static void write_own(char **data, unsigned depth)
{
    char text[32];
    pid_t children[3] = {0};
    snprintf(text, sizeof(text), "depth %u", depth);
    for (int i = 0; i < 8; i++) {
        strcpy(data[i], text);
        pr_cmd_read();
    }
    char *more = filled(text);
    for (int i = 0; i < 3 && depth < 3; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            write_own(data, depth + 1);
            _exit(0);
        }
    }
    int bad = 0, status;
    next_command();
    for (int i = 0; i < 8; i++)
        bad += strcmp(data[i], text) != 0;
    bad += strcmp(more, text) != 0;
    for (int i = 0; i < 3; i++) {
        if (children[i] > 0 && waitpid(children[i], &status, 0) > 0)
            bad += status;
    }
    if (depth > 0)
        _exit(bad != 0);
    printf("  bad %d\n", bad);
}

static void forks(void)
{
    char *data[8];
    for (int i = 0; i < 8; i++)
        data[i] = buffer(64);
    write_own(data, 0);
}

static void clone_it(void)
{
    char *data = buffer(64);
    strcpy(data, "as it was");
    both_change((pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL), data, "clone");
    data = buffer(64);
    strcpy(data, "as it was");
    both_change(_Fork(), data, "_Fork");
}

static void vfork_it(void)
{
    char *data = buffer(64);
    strcpy(data, "as it was");
    const pid_t child = vfork();
    if (child == 0) {
        data[0] = 'A';
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("  %s\n", data);
}

static void work_on(void)
{
    char *used = filled("still there");
    uint64_t sum = 0;
    for (int i = 0; i < ROUNDS; i++) {
        pr_cmd_read();
        unsigned char *data = pcalloc(kept, 40 + (size_t)i);
        pool *mine = make_sub_pool(permanent_pool);
        memset(pcalloc(mine, 3000), i, 3000);
        data[i] = (unsigned char)i;
        sum += data[i];
        if (i % 4)
            destroy_pool(mine);
    }
    printf("  %s, sum %lu\n", used, sum);
}

static void locked(void)
{
    printf("  locked %d\n", mlockall(MCL_CURRENT | MCL_FUTURE));
    work_on();
    calls();
}

static void room(void)
{
    const struct rlimit limit = {100u << 20, 100u << 20};
    printf("  limited %d\n", setrlimit(RLIMIT_AS, &limit));
    work_on();
    fork_it();
}

static void no_code(void)
{
    prctl(PR_SET_MDWE, 1, 0, 0, 0);
    work_on();
    fork_it();
}

static void in_chroot(void)
{
    char dir[] = "/tmp/host_stale.XXXXXX";
    const int in = mkdtemp(dir) && chdir(dir) == 0 && rmdir(dir) == 0;
    printf("  in it %d, chroot %d\n", in, chroot("."));
    work_on();
    fork_it();
}

static void itself(void)
{
    struct sigaction action;
    char *name = buffer(64);
    work_on();
    for (int fd = 0; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            printf("  descriptor %d\n", fd);
    for (int number = 1; number < 32; number++)
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
            printf("  handler of %d\n", number);
    strcpy(name, "itself");
    next_command();
    printf("  %s\n", name);
}

static void fill(void)
{
    char *taken[3000];
    int wrong = 0;
    for (int i = 0; i < 3000; i++) {
        pr_cmd_read();
        taken[i] = pcalloc(kept, 8 + (size_t)i);
        snprintf(taken[i], 8, "%d", i);
    }
    next_command();
    for (int i = 0; i < 3000; i++)
        wrong += atoi(taken[i]) != i;
    printf("  wrong %d\n", wrong);
}

static const struct {
    const char *name;
    void (*run)(void);
} kinds[] = {
    {"calls", calls},      {"raw", raw},       {"direct", direct}, {"lock", lock_in_it},
    {"threads", threads},  {"fork", fork_it},  {"forks", forks},   {"clone", clone_it},
    {"vfork", vfork_it},   {"locked", locked}, {"room", room},     {"no-code", no_code},
    {"chroot", in_chroot}, {"itself", itself}, {"fill", fill},
};

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    init_pools();
    pr_pool_tag(permanent_pool, "permanent_pool");
    kept = make_sub_pool(permanent_pool);
    pr_pool_tag(kept, "kept");
    for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, argv[1]) == 0) {
            printf("%s\n", argv[1]);
            kinds[i].run();
            return 0;
        }
    }
    return 2;
}
/* SPDX-License-Identifier: MIT */
