/*
 * portrait.h - what a process can know of itself, on stdout, to be compared with another run's.
 *
 * To be included once in a program. Asks the kernel and not the C library, which hides some
 * signals. Addresses, pids and times are left out, and so is what preloads the recorder.
 */
#ifndef TESTS_PORTRAIT_H
#define TESTS_PORTRAIT_H

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xmmintrin.h>

#define PORTRAIT_FDS 1024

struct kernel_sigaction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static void portrait_descriptors(void)
{
    for (int fd = 0; fd < PORTRAIT_FDS; fd++) {
        char link[64], target[4096];
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0)
            continue;
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, target, sizeof(target));
        printf("  fd %d: %.*s flags %x %x\n", fd, length > 0 ? (int)length : 0, target,
               (unsigned)flags, (unsigned)fcntl(fd, F_GETFD));
    }
}

static void portrait_signals(void)
{
    uint64_t mask = 0, pending = 0;
    stack_t stack = {0};
    for (int signal = 1; signal <= 64; signal++) {
        struct kernel_sigaction action = {0};
        syscall(SYS_rt_sigaction, signal, NULL, &action, sizeof(mask));
        if (action.handler == SIG_DFL && action.flags == 0 && action.mask == 0)
            continue;
        const char *what = action.handler == SIG_DFL   ? "default"
                           : action.handler == SIG_IGN ? "ignored"
                                                       : "handled";
        printf("  signal %d: %s %lx %lx\n", signal, what, action.flags, action.mask);
    }
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
    syscall(SYS_rt_sigpending, &pending, sizeof(pending));
    sigaltstack(NULL, &stack);
    printf("  blocked %lx pending %lx stack %x %zx\n", mask, pending, (unsigned)stack.ss_flags,
           stack.ss_size);
}

static void portrait_privileges(void)
{
    uid_t uids[3];
    gid_t gids[3], groups[64];
    struct __user_cap_header_struct version = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct capabilities[_LINUX_CAPABILITY_U32S_3] = {0};
    int death = 0;
    getresuid(&uids[0], &uids[1], &uids[2]);
    getresgid(&gids[0], &gids[1], &gids[2]);
    syscall(SYS_capget, &version, capabilities);
    prctl(PR_GET_PDEATHSIG, &death);
    printf("  uid %u %u %u %d gid %u %u %u %d groups %d\n", uids[0], uids[1], uids[2],
           setfsuid((uid_t)-1), gids[0], gids[1], gids[2], setfsgid((gid_t)-1),
           getgroups(64, groups));
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        printf("  capabilities %x %x %x\n", capabilities[i].effective, capabilities[i].permitted,
               capabilities[i].inheritable);
    printf("  dumpable %d keeps %d bits %d no new %d death %d reaper\n", prctl(PR_GET_DUMPABLE),
           prctl(PR_GET_KEEPCAPS), prctl(PR_GET_SECUREBITS), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
           death);
}

static void portrait_surroundings(void)
{
    extern char **environ;
    char directory[4096] = "";
    mode_t mask = umask(0);
    umask(mask);
    for (char **variable = environ; *variable; variable++) {
        if (strncmp(*variable, "LD_PRELOAD=", 11) != 0 &&
            strncmp(*variable, "LIFEGUARD_", 10) != 0 && strncmp(*variable, "_=", 2) != 0)
            printf("  %s\n", *variable);
    }
    printf("  in %s umask %o\n", getcwd(directory, sizeof(directory)), mask);
    for (int what = 0; what < (int)RLIM_NLIMITS; what++) {
        struct rlimit limit = {0};
        getrlimit((__rlimit_resource_t)what, &limit);
        printf("  limit %d: %lx %lx\n", what, limit.rlim_cur, limit.rlim_max);
    }
}

static void portrait_threads(void)
{
    char name[16] = "";
    DIR *tasks = opendir("/proc/self/task");
    unsigned threads = 0;
    for (const struct dirent *entry; tasks && (entry = readdir(tasks));)
        threads += entry->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    prctl(PR_GET_NAME, name);
    printf("  %u threads, named %s, rounding %x\n", threads, name, _mm_getcsr() & ~0x3fu);
}

/* WHEN goes before the rest. The loader's last error is asked for first, and is gone then. */
static void portrait(const char *when)
{
    int error = errno;
    const char *trouble = dlerror();
    printf("%s: errno %d, loader: %s\n", when, error, trouble ? trouble : "no error");
    portrait_descriptors();
    portrait_signals();
    portrait_privileges();
    portrait_surroundings();
    portrait_threads();
    fflush(stdout);
    errno = error;
}

#endif
/* SPDX-License-Identifier: MIT */
