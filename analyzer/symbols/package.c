/* package.c - asks the package manager; see package.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/package.h"

#include "analyzer/symbols/elf.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_SIZE 4096

extern char **environ;

/* As the recording has it? */
static bool is_same_build(const struct code_module *module)
{
    struct elf_file file;
    const uint8_t *id;
    if (module->build_id_length == 0 || elf_file_open(&file, NULL, module->path) != NULL)
        return false;
    const size_t length = elf_file_build_id(&file, &id);
    const bool same =
        length == module->build_id_length && memcmp(id, module->build_id, length) == 0;
    elf_file_close(&file);
    return same;
}

/* Starts ARGV with nothing to read, its output going to INTO. */
static bool start(char *const argv[], int into, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, into, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const int failed = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed == 0;
}

static bool succeeded(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static size_t read_all(int from, char *into, size_t room)
{
    size_t length = 0;
    ssize_t got = 0;
    do {
        length += got > 0 ? (size_t)got : 0;
        got = read(from, into + length, room - length);
    } while (got > 0 || (got < 0 && errno == EINTR));
    return length;
}

/* The first line that ARGV writes; NULL: it failed, or wrote none. The caller frees it. */
static char *first_line(char *const argv[])
{
    int ends[2];
    char text[LINE_MAX_SIZE];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    const bool started = start(argv, ends[1], &pid);
    close(ends[1]);
    const size_t length = started ? read_all(ends[0], text, sizeof text) : 0;
    close(ends[0]);
    const char *end = memchr(text, '\n', length);
    if (!started || !succeeded(pid) || !end || end == text)
        return NULL;
    return xstrndup(text, (size_t)(end - text));
}

/* "proftpd-core: /usr/sbin/proftpd", perhaps with ":amd64" behind the name. */
static bool ask_dpkg(const char *path, struct package *package)
{
    char *const who[] = {"dpkg-query", "-S", "--", (char *)path, NULL};
    char *name = first_line(who);
    if (!name)
        return false;
    name[strcspn(name, ":,")] = '\0';
    char *const which[] = {"dpkg-query", "-W", "-f=${Version}\n", "--", name, NULL};
    *package = (struct package){name, first_line(which)};
    if (!package->version)
        free(name);
    return package->version;
}

static bool ask_rpm(const char *path, struct package *package)
{
    char *const who[] = {"rpm", "-qf",        "--qf", "%{NAME} %{VERSION}-%{RELEASE}\n",
                         "--",  (char *)path, NULL};
    char *line = first_line(who);
    char *space = line ? strchr(line, ' ') : NULL;
    if (space)
        *package = (struct package){xstrndup(line, (size_t)(space - line)), xstrdup(space + 1)};
    free(line);
    return space;
}

bool package_find(const struct code_module *module, struct package *package)
{
    /* To dpkg-query, a path with one of these is a pattern. */
    if (module->path[0] != '/' || strpbrk(module->path, "*?[\\\n") || !is_same_build(module))
        return false;
    return ask_dpkg(module->path, package) || ask_rpm(module->path, package);
}
