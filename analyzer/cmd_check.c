#include "analysis.h"
#include "commands.h"
#include "doubts.h"
#include "memory.h"
#include "render_report.h"
#include "text_report.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BRIEF_WIDTH 80 /* columns, about, of a backtrace in one line */

static const char usage[] =
    "Usage: lifeguard check [--json FILE] DIR\n"
    "\n"
    "A gate for CI: judges the recording in DIR and tells by the exit status.\n"
    "\n"
    "  --json FILE  write the whole report to FILE, as report --format=json does\n"
    "  --help       print this\n"
    "\n"
    "Exit status: 0 no error was found; 1 errors were found; 2 usage, or DIR cannot be read;\n"
    "3 no verdict: nothing was hooked or recorded, events were lost, a trace is damaged, or the\n"
    "record is not complete.\n";

/* Returns an exit status, or -1 to go on. */
static int read_options(int argc, char **argv, const char **json)
{
    static const struct option options[] = {
        {"json", required_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(usage, stdout);
            return EXIT_NOTHING;
        }
        if (option != 'j')
            return usage_error(argv[0], "unknown option, or its value is missing: %s",
                               argv[optind - 1]);
        *json = optarg;
    }
    return -1;
}

/* Writes to FD and closes it. */
static bool write_to(int fd, const struct analysis *analysis)
{
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    bool written = file && render_report_json(file, analysis);
    if (file ? fclose(file) != 0 : fd >= 0 && close(fd) != 0)
        written = false;
    return written;
}

/* Whoever waits for PATH never sees half a report. */
static bool replace_file(const char *path, mode_t mode, const struct analysis *analysis)
{
    size_t size = strlen(path) + 32;
    char *temporary = xmalloc(size);
    snprintf(temporary, size, "%s.%ld.tmp", path, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    bool written = write_to(fd, analysis) && rename(temporary, path) == 0;
    int saved = errno;
    if (fd >= 0 && !written)
        unlink(temporary);
    errno = saved;
    free(temporary);
    return written;
}

/* A file is replaced, where a link leads to; into anything else (a device, a pipe) it is written.
 */
static bool write_json(const char *name, const struct analysis *analysis)
{
    char *target = realpath(name, NULL);
    const char *path = target ? target : name;
    struct stat st;
    bool there = stat(path, &st) == 0;
    bool written = there && !S_ISREG(st.st_mode)
                       ? write_to(open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), analysis)
                       : replace_file(path, there ? st.st_mode & 0777 : 0666, analysis);
    free(target);
    struct error error;
    error_set(&error, "%s: %s", name, strerror(errno));
    if (!written)
        fprintf(stderr, "lifeguard check: %s\n", error.text);
    return written;
}

static void print_errors(const struct text_report *report, const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding->severity < SEVERITY_ERROR)
            continue;
        print_headline(report, finding);
        fputs("    ", report->out);
        print_stack_brief(report, finding->stack ? finding->stack : finding->culprit, BRIEF_WIDTH);
        putc('\n', report->out);
    }
}

static enum exit_status judge(const struct text_report *report, const struct analysis *analysis)
{
    struct doubts doubts = doubts_of(analysis->recording);
    enum exit_status status = EXIT_NOTHING;
    for (size_t i = 0; i < doubts.count; i++) {
        fputs("no verdict: ", report->out);
        print_untrusted(report, doubts.text[i]);
        putc('\n', report->out);
    }
    fputs("lifeguard check: ", report->out);
    print_count(report->out, analysis->totals[SEVERITY_ERROR], "error", "errors");
    if (doubts.count) {
        fputs(", NO VERDICT: the recording is not good enough to judge by\n", report->out);
        status = EXIT_NO_VERDICT;
    } else if (analysis->totals[SEVERITY_ERROR]) {
        fputs(": failed\n", report->out);
        status = EXIT_FINDINGS;
    } else {
        fputs(": passed\n", report->out);
        print_cautions(report->out, recording_account(analysis->recording));
    }
    doubts_free(&doubts);
    return status;
}

int cmd_check(int argc, char **argv)
{
    const char *json = NULL;
    int status = read_options(argc, argv, &json);
    if (status >= 0)
        return status;
    const char *dir = directory_operand(argv[0], argc, argv);
    if (!dir)
        return EXIT_USAGE;
    struct analysis analysis;
    struct error error;
    if (!analysis_run(&analysis, dir, &error)) {
        fprintf(stderr, "lifeguard check: %s\n", error.text);
        return EXIT_USAGE;
    }
    struct text_report report = {stdout, style_for(stdout), analysis.names};
    if (json && !write_json(json, &analysis)) {
        status = EXIT_USAGE; /* no verdict on stdout that the status would contradict */
    } else {
        print_errors(&report, &analysis.findings);
        status = judge(&report, &analysis);
    }
    analysis_end(&analysis);
    return status;
}
