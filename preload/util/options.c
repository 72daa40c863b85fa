/* options.c - the LIFEGUARD_* variables, read once before main; see options.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/util/options.h"

#include "preload/util/directory_name.h"
#include "preload/util/number.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define MAX_SIZE_DEFAULT (16ull << 30)
#define MAX_SIZE_LEAST   (64ull << 10)
#define YOUNG_DEFAULT    (64ull << 10)
#define YOUNG_MOST       (16ull << 20)
#define DIR_VARIABLE     "LIFEGUARD_DIR"

static struct options options;
static char given[PATH_MAX], dir[PATH_MAX], api[PATH_MAX], program[PATH_MAX];
static char passed_on[sizeof(DIR_VARIABLE "=") + PATH_MAX];

/* A copy, because a daemon may overwrite its environment (ProFTPD does, to set its title). */
static const char *copy_variable(const char *name, char *to)
{
    const char *value = getenv(name);
    if (!value || !*value || strlen(value) >= PATH_MAX)
        return NULL;
    return strcpy(to, value);
}

/* A number of bytes, with K, M, G or T for powers of 1024; 0: it is none. */
static uint64_t parse_size(const char *text)
{
    static const char units[] = "KMGT";
    const char *end;
    const uint64_t number = number_read(text, &end);
    const char *unit = *end ? strchr(units, *end) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (*text < '0' || *text > '9' || (*end && (!unit || end[1])) || number > UINT64_MAX >> shift)
        return 0;
    return number << shift;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && strcmp(value, "1") == 0;
}

static enum option_walk parse_walk(const char *value)
{
    if (value && strcmp(value, "off") == 0)
        return OPTION_WALK_OFF;
    return value && strcmp(value, "units") == 0 ? OPTION_WALK_IN_UNITS : OPTION_WALK_AT_END;
}

/* N or all, perhaps with ",stop" behind it; anything else is nothing. */
static void read_guard(const char *value)
{
    const char *end = value;
    options.guard = 0;
    if (!value)
        return;
    const bool all = strncmp(value, "all", 3) == 0;
    const uint64_t every = all ? 1 : number_read(value, &end);
    end = all ? end + 3 : end;
    options.guard_stops = strcmp(end, ",stop") == 0;
    if ((*end == '\0' || options.guard_stops) && every > 0 && every <= UINT32_MAX)
        options.guard = (uint32_t)every;
}

/* N; anything else is nothing. */
static void read_stale(const char *value)
{
    const char *end = value;
    const uint64_t every = value ? number_read(value, &end) : 0;
    options.stale = value && *end == '\0' && every <= UINT32_MAX ? (uint32_t)every : 0;
}

/* Programs that this one starts record into the same directory, not one of their own. */
static void pass_on(const char *name)
{
    for (char **variable = environ; variable && *variable; variable++) {
        if (strncmp(*variable, DIR_VARIABLE "=", strlen(DIR_VARIABLE "=")) == 0)
            *variable = strcat(strcpy(passed_on, DIR_VARIABLE "="), name);
    }
}

/* NULL: none is given, or it is too long. */
static const char *read_directory(void)
{
    bool filled;
    if (!copy_variable(DIR_VARIABLE, given) ||
        !directory_name_fill(given, dir, sizeof(dir), &filled))
        return NULL;
    /* Behind a slash at the end, a symbolic link would be followed. */
    for (size_t end = strlen(dir); end > 1 && dir[end - 1] == '/'; end--)
        dir[end - 1] = '\0';
    if (filled)
        pass_on(dir);
    return dir;
}

/* Without /proc it is as it was started: the kernel keeps that, and whoever starts a program by a
 * relative path does so from where the program is now. */
static void find_program(void)
{
    const ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    const char *started = (const char *)getauxval(AT_EXECFN);
    program[length > 0 ? length : 0] = '\0';
    if (length > 0 || !started)
        return;
    size_t at = 0;
    if (*started != '/' && getcwd(program, sizeof(program) - 1)) {
        at = strlen(program);
        program[at++] = '/';
    }
    if (at + strlen(started) < sizeof(program))
        strcpy(program + at, started);
    else
        program[0] = '\0';
}

bool options_read(void)
{
    /* With raised privileges the environment is somebody else's. */
    if (getauxval(AT_SECURE))
        return false;
    options.dir = read_directory();
    options.api = copy_variable("LIFEGUARD_API", api);
    options.labels = getenv("LIFEGUARD_LABELS");
    const char *size = getenv("LIFEGUARD_MAX_SIZE");
    options.max_size = size ? parse_size(size) : 0;
    if (options.max_size == 0)
        options.max_size = MAX_SIZE_DEFAULT;
    if (options.max_size < MAX_SIZE_LEAST)
        options.max_size = MAX_SIZE_LEAST;
    const char *record = getenv("LIFEGUARD_RECORD");
    options.survivors = record && strcmp(record, "survivors") == 0;
    const char *young = getenv("LIFEGUARD_YOUNG");
    options.young = young ? parse_size(young) : 0;
    if (options.young == 0 || options.young > YOUNG_MOST)
        options.young = options.young ? YOUNG_MOST : YOUNG_DEFAULT;
    const char *total = getenv("LIFEGUARD_MAX_TOTAL");
    options.max_total = total ? parse_size(total) : 0;
    options.poison = is_set("LIFEGUARD_POISON");
    options.crash = is_set("LIFEGUARD_CRASH");
    options.addresses = is_set("LIFEGUARD_ADDRESSES");
    read_guard(getenv("LIFEGUARD_GUARD"));
    read_stale(getenv("LIFEGUARD_STALE"));
    options.walk = parse_walk(getenv("LIFEGUARD_WALK"));
    options.verify = is_set("LIFEGUARD_VERIFY");
    find_program();
    return options.dir && options.dir[0] == '/';
}

static const char *copy(char to[PATH_MAX], const char *text)
{
    const size_t length = strnlen(text, PATH_MAX - 1);
    memcpy(to, text, length);
    to[length] = '\0';
    return to;
}

void options_take(const struct options *taken, const char *path)
{
    options = *taken;
    if (taken->api)
        options.api = copy(api, taken->api);
    copy(program, path);
}

const struct options *options_get(void)
{
    return &options;
}

const char *options_program(void)
{
    return program;
}
