/* hostile_test.c - a real trace, cut at every byte and corrupted at random, through the command. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/commands/commands.h"
#include "analyzer/trace/trace.h"
#include "analyzer/util/memory.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <libgen.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRACES_MAX     4
#define TRUNCATE_STEP  32 /* bytes, where every truncation goes through the command */
#define CORRUPTIONS    10000
#define LONGEST_RUN_NS 1000000000

struct image {
    char path[4096];
    unsigned char *bytes;
    size_t size;
};

static char *dir;
static char with_policy[4096 + 16]; /* an option: no finding fails, so that doubts alone decide */
static struct image images[TRACES_MAX];
static unsigned image_count;

/* The build directory: this program is in BUILD/tests. */
static void build_path(char *to, size_t size, const char *below)
{
    char self[4096] = "";
    cr_assert_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
    snprintf(to, size, "%s/%s", dirname(dirname(self)), below);
}

static void record_sample(void)
{
    char preload[4200] = "LD_PRELOAD=", to[4200], daemon[4096];
    build_path(preload + strlen(preload), 4096, "liblifeguard.so");
    build_path(daemon, sizeof(daemon), "samples/poold");
    snprintf(to, sizeof(to), "LIFEGUARD_DIR=%s", dir);
    char *arguments[] = {
        daemon, "--drive", "1x1,6", "--fault=leaked-subpool-restart", "--fault=permanent-alloc",
        NULL};
    char *environment[] = {preload, to, NULL};
    pid_t pid;
    int status;
    cr_assert_eq(posix_spawn(&pid, daemon, NULL, NULL, arguments, environment), 0, "no %s", daemon);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0);
}

/* Modules are where nothing is: else most of the time goes into reading their symbols. */
static void hide_modules(struct image *image)
{
    static const char *const parts[] = {"/lib", "/usr/", "/samples/"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        unsigned char *at = image->bytes, *end = image->bytes + image->size;
        while ((at = memmem(at, (size_t)(end - at), parts[i], strlen(parts[i]))))
            *at = '_';
    }
}

static void load_image(struct image *image, const char *name)
{
    snprintf(image->path, sizeof(image->path), "%s/%s", dir, name);
    FILE *in = fopen(image->path, "re");
    struct trace_header header;
    cr_assert(in && fread(&header, sizeof(header), 1, in) == 1);
    image->size = header.claimed;
    image->bytes = xmalloc(image->size);
    rewind(in);
    cr_assert_eq(fread(image->bytes, 1, image->size, in), image->size);
    fclose(in);
    hide_modules(image);
    write_trace_file(image->path, image->bytes, image->size);
}

static void set_up(void)
{
    dir = temporary_directory();
    record_sample();
    DIR *entries = opendir(dir);
    const struct dirent *entry;
    while ((entry = readdir(entries)))
        if (entry->d_name[0] != '.' && image_count < TRACES_MAX)
            load_image(&images[image_count++], entry->d_name);
    closedir(entries);
    cr_assert_eq(image_count, 2, "the master's and a session's");
    snprintf(with_policy, sizeof(with_policy), "--policy=%s/policy", dir);
    write_trace_file(strchr(with_policy, '=') + 1, "[gate]\nfail-on = never\n", 23);
}

static void tear_down(void)
{
    for (unsigned i = 0; i < image_count; i++)
        free(images[i].bytes);
    remove_directory(dir);
}

/* Side by side, long tests have Criterion itself leak 48 bytes, and the address sanitizer tells. */
__attribute__((constructor)) static void one_at_a_time(void)
{
    setenv("CRITERION_JOBS", "1", 0);
}

TestSuite(hostile, .init = set_up, .fini = tear_down);

/* The events of a trace as far as it is whole; -1: it is refused. *DAMAGED: that was told. */
static int read_all(const char *path, bool *damaged)
{
    struct error error = {""};
    struct trace *trace = trace_open(path, &error);
    if (!trace) {
        cr_assert_neq(error.text[0], '\0', "refused without a word");
        return -1;
    }
    struct trace_event event;
    int events = 0;
    while (trace_next(trace, &event))
        events++;
    *damaged = trace_damage(trace) != NULL;
    trace_close(trace);
    return events;
}

Test(hostile, every_truncation_of_a_real_trace_is_told, .timeout = 150)
{
    for (unsigned i = 0; i < image_count; i++) {
        bool damaged;
        int whole = read_all(images[i].path, &damaged), last = whole;
        cr_assert(whole > 30 && !damaged, "%d events", whole);
        for (size_t length = images[i].size; length-- > 0;) {
            cr_assert_eq(truncate(images[i].path, (off_t)length), 0);
            int events = read_all(images[i].path, &damaged);
            cr_assert(events < 0 || damaged, "cut to %zu and nothing is said", length);
            cr_assert(events <= last, "cut to %zu, %d events, and %d with less", length, last,
                      events);
            last = events;
        }
        cr_assert_eq(last, -1);
    }
}

/* Runs a subcommand on the recording. *OUT: what it printed, to be freed. */
static int run(int (*command)(int, char **), const char *option, char **out, size_t *length)
{
    char *arguments[] = {"hostile", (char *)option, dir, NULL};
    FILE *before = stdout;
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    stdout = open_memstream(out, length);
    optind = 0;
    int status = command(3, arguments);
    fclose(stdout);
    stdout = before;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    cr_assert((to.tv_sec - from.tv_sec) * 1000000000L + to.tv_nsec - from.tv_nsec < LONGEST_RUN_NS,
              "hangs");
    return status;
}

static void expect_plain_text(int (*command)(int, char **), bool refused)
{
    char *out;
    size_t length;
    int status = run(command, "--", &out, &length);
    cr_assert_eq(status == EXIT_USAGE, refused);
    for (size_t i = 0; i < length; i++)
        cr_assert((unsigned char)out[i] >= 0x20 || out[i] == '\n', "byte %02x", out[i]);
    free(out);
}

static void expect_json(int (*command)(int, char **))
{
    char *out;
    size_t length;
    json_error_t error;
    run(command, "--format=json", &out, &length);
    json_t *root = json_loadb(out, length, 0, &error);
    cr_assert(root, "%s", error.text);
    json_decref(root);
    free(out);
}

/* The gate; returns its status. */
static int judge(void)
{
    char *out;
    size_t length;
    int status = run(cmd_check, with_policy, &out, &length);
    cr_assert(status == EXIT_NOTHING || status == EXIT_USAGE || status == EXIT_NO_VERDICT);
    cr_assert(status != EXIT_NO_VERDICT || strstr(out, "no verdict: "), "no reason is given");
    free(out);
    return status;
}

/* The gate, and one other of all that can be made of a recording, by turns. */
static int judge_and_show(unsigned turn)
{
    static int (*const texts[])(int, char **) = {cmd_report, cmd_info, cmd_tree};
    static int (*const jsons[])(int, char **) = {cmd_report, cmd_tree};
    int status = judge();
    if (turn % 5 < 3)
        expect_plain_text(texts[turn % 5], status == EXIT_USAGE);
    else if (status != EXIT_USAGE)
        expect_json(jsons[turn % 5 - 3]);
    return status;
}

static void silence_stderr(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    cr_assert(null >= 0 && dup2(null, STDERR_FILENO) >= 0);
    close(null);
}

Test(hostile, truncations_have_no_verdict, .timeout = 150)
{
    silence_stderr();
    for (unsigned turn = 0; turn < 5; turn++)
        cr_assert_eq(judge_and_show(turn), EXIT_NOTHING, "the whole one is good");
    for (unsigned i = 0; i < image_count; i++) {
        for (size_t length = 0; length < images[i].size; length += TRUNCATE_STEP) {
            write_trace_file(images[i].path, images[i].bytes, length);
            int status = judge_and_show((unsigned)length / TRUNCATE_STEP);
            /* Of no byte at all, there is nothing to say: its process was killed at its start. */
            cr_assert(status == EXIT_USAGE || status == EXIT_NO_VERDICT || length == 0,
                      "%d when cut to %zu", status, length);
        }
        write_trace_file(images[i].path, images[i].bytes, images[i].size);
    }
}

/* A generator of its own, so that every run tries the same. */
static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void corrupt(unsigned char *bytes, size_t size, uint64_t *state)
{
    static const unsigned char nasty[] = {0, 1, 0x7f, 0x80, 0xff};
    for (unsigned left = next_random(state) % 4 + 1; left > 0;) {
        size_t at = next_random(state) % size;
        uint32_t pick = next_random(state);
        if (bytes[at] == 0 && pick % 8) /* most of a page is padding */
            continue;
        bytes[at] = pick & 8 ? nasty[(pick >> 4) % sizeof(nasty)] : (unsigned char)(pick >> 8);
        left--;
    }
}

Test(hostile, ten_thousand_corruptions_of_a_real_recording, .timeout = 170)
{
    unsigned seen[EXIT_NO_VERDICT + 1] = {0};
    uint64_t state = 7;
    silence_stderr();
    for (unsigned i = 0; i < CORRUPTIONS; i++) {
        struct image *image = &images[i % image_count];
        unsigned char *bad = xmalloc(image->size);
        memcpy(bad, image->bytes, image->size);
        corrupt(bad, image->size, &state);
        write_trace_file(image->path, bad, image->size);
        seen[judge_and_show(i / image_count)]++;
        write_trace_file(image->path, image->bytes, image->size);
        free(bad);
    }
    /* A changed address in a backtrace is as good as the old one; most else is noticed, and costs
     * one trace alone. */
    cr_assert_gt(seen[EXIT_NO_VERDICT], CORRUPTIONS / 4, "0: %u, 1: %u, 2: %u, 3: %u", seen[0],
                 seen[1], seen[2], seen[3]);
    cr_assert_eq(seen[EXIT_USAGE], 0);
}
