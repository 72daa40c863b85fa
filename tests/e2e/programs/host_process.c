/*
 * host_process SCENARIO - lives through one of the changes that a process can undergo, using pools
 * before, meanwhile and after, and draws its portrait on stdout at each stop. The output is the
 * same in every run.
 *
 * What is started in "exec" and the like is this program again, as "portrait".
 */
#include "pool.h"
#include "portrait.h"

#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define NOBODY 65534
#define LITTLE 8192 /* pages */

extern char **environ;
static const char *self;

static KEEP_FRAME void use_pools(void)
{
    for (unsigned i = 0; i < 200; i++) {
        pool *made = make_sub_pool(permanent_pool);
        pr_pool_tag(made, "used");
        pstrdup(made, "some text");
        if (i % 4)
            destroy_pool(made);
    }
}

static void must(bool succeeded, const char *what)
{
    if (succeeded)
        return;
    printf("%s: %s\n", what, strerror(errno));
    fflush(stdout);
    _exit(99);
}

/* How CHILD ended, in words. */
static void await(pid_t child, const char *what)
{
    int status = 0;
    must(child > 0 && waitpid(child, &status, 0) == child, what);
    printf("%s ended with %x\n", what, (unsigned)status);
}

static _Noreturn void live_as_child(const char *who)
{
    use_pools();
    portrait(who);
    _exit(7);
}

static void fork_child(const char *who)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        live_as_child(who);
    await(child, who);
}

/* A fork that the C library's handlers do not hear of. */
static pid_t raw_fork(void)
{
    fflush(stdout);
    return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void nothing(void)
{
}

static void drop_for_good(void)
{
    must(setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0, "setresgid");
    must(setresuid(NOBODY, NOBODY, NOBODY) == 0, "setresuid");
    use_pools();
    fork_child("child of nobody");
}

static void drop_and_return(void)
{
    must(setegid(NOBODY) == 0 && seteuid(NOBODY) == 0, "seteuid");
    use_pools();
    fork_child("child for now of nobody");
    must(seteuid(0) == 0 && setegid(0) == 0, "seteuid");
    use_pools();
}

/* As a daemon does that keeps some of root's powers and wants to be dumped when it crashes. */
static void keep_capabilities(void)
{
    struct __user_cap_header_struct version = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct some[_LINUX_CAPABILITY_U32S_3] = {0};
    some[0].effective = some[0].permitted =
        1u << CAP_CHOWN | 1u << CAP_DAC_OVERRIDE | 1u << CAP_NET_BIND_SERVICE | 1u << CAP_SETUID;
    must(seteuid(NOBODY) == 0, "seteuid");
    must(syscall(SYS_capset, &version, some) == 0, "capset");
    must(prctl(PR_SET_DUMPABLE, 1) == 0, "dumpable");
    must(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0, "death signal");
    fork_child("child with capabilities");
    pid_t child = raw_fork();
    if (child == 0)
        live_as_child("cloned child with capabilities");
    await(child, "cloned child with capabilities");
}

static void enter_jail(void)
{
    must(mkdir("jail", 0755) == 0, "mkdir");
    must(chroot("jail") == 0 && chdir("/") == 0, "chroot");
    use_pools();
    fork_child("child in jail");
}

static void borrow_memory(void)
{
    fflush(stdout);
    pid_t child = vfork();
    if (child == 0) {
        use_pools();
        _exit(5);
    }
    await(child, "vfork");
    use_pools();
    child = vfork();
    if (child == 0) {
        execl(self, self, "portrait", NULL);
        _exit(127);
    }
    await(child, "vfork and exec");
}

static void spawn(void)
{
    char *arguments[] = {(char *)self, "portrait", NULL};
    pid_t child = 0;
    posix_spawnattr_t how;
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&how, &none);
    fflush(stdout);
    must(posix_spawn(&child, self, NULL, &how, arguments, environ) == 0, "posix_spawn");
    await(child, "posix_spawn");
    must(posix_spawn(&child, "/nowhere", NULL, NULL, arguments, environ) == ENOENT, "no program");
}

static void run_shell(void)
{
    char command[4096];
    snprintf(command, sizeof(command), "%s portrait; kill -9 $$", self);
    fflush(stdout);
    printf("system: %x\n", (unsigned)system(command));
    FILE *pipe = popen("echo from a pipe", "re");
    char line[64] = "";
    must(pipe && fgets(line, sizeof(line), pipe), "popen");
    printf("popen: %s%d\n", line, pclose(pipe));
}

static void become_another(void)
{
    fflush(stdout);
    execl(self, self, "portrait", NULL);
}

static void fork_in_handler(int signal)
{
    (void)signal;
    fork_child("child of a handler");
    use_pools();
}

static void handle_signal(void)
{
    signal(SIGUSR1, fork_in_handler);
    raise(SIGUSR1);
}

/* All that a child may do before its first pool function. */
static void clone_children(void)
{
    pid_t child = raw_fork();
    if (child == 0)
        live_as_child("cloned child");
    await(child, "cloned child");
    child = raw_fork();
    if (child == 0) {
        dlclose(dlopen("libm.so.6", RTLD_NOW));
        live_as_child("cloned child that unloads");
    }
    await(child, "cloned child that unloads");
    child = raw_fork();
    if (child == 0) {
        fork_child("grandchild");
        live_as_child("cloned child that forks");
    }
    await(child, "cloned child that forks");
    child = raw_fork();
    if (child == 0)
        _exit(3);
    await(child, "cloned child that does nothing");
}

static void close_everything(void)
{
    for (int fd = 3; fd < PORTRAIT_FDS; fd++)
        close(fd);
    fork_child("child without descriptors");
}

static void take_strange_umask(void)
{
    umask(0777);
    fork_child("child under a strange umask");
}

/* What is locked is made present first, files' holes too. */
static void lock_memory(void)
{
    unsigned long pages = 0;
    must(mlockall(MCL_CURRENT) == 0, "mlockall");
    FILE *file = fopen("/proc/self/statm", "re");
    must(file && fscanf(file, "%*u %lu", &pages) == 1, "statm");
    fclose(file);
    printf("%s\n", pages < LITTLE ? "little is present" : "much is present");
    fork_child("child of one that locked its memory");
}

static void abort_at_once(void)
{
    abort();
}

static const struct {
    const char *name;
    void (*live)(void);
} scenarios[] = {
    {"portrait", nothing},
    {"fork", nothing},
    {"setuid", drop_for_good},
    {"seteuid", drop_and_return},
    {"capabilities", keep_capabilities},
    {"chroot", enter_jail},
    {"vfork", borrow_memory},
    {"posix_spawn", spawn},
    {"system", run_shell},
    {"exec", become_another},
    {"handler", handle_signal},
    {"clone", clone_children},
    {"close", close_everything},
    {"umask", take_strange_umask},
    {"mlockall", lock_memory},
    {"abort", abort_at_once},
};

static void set_the_scene(void)
{
    struct kernel_sigaction ignored = {.handler = SIG_IGN};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigaddset(&blocked, SIGRTMIN + 3);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    syscall(SYS_rt_sigaction, SIGPIPE, &ignored, NULL, 8);
    raise(SIGUSR2);
    umask(027);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    self = argv[0];
    portrait("start");
    init_pools();
    use_pools();
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (strcmp(scenarios[i].name, name) != 0)
            continue;
        if (scenarios[i].live != nothing || strcmp(name, "fork") == 0) {
            set_the_scene();
            fork_child("child");
        }
        scenarios[i].live();
        use_pools();
        portrait("end");
        fprintf(stderr, "%s is done\n", name);
        return 42;
    }
    return 2;
}
/* SPDX-License-Identifier: MIT */
