/* access_text.c - how something was touched that must not be, in a report. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/text.h"

#include "analyzer/rules/rules.h"
#include "analyzer/util/number_text.h"

#include <inttypes.h>

const char *access_stack_title(const struct access *access)
{
    if (access->later)
        return "noticed at";
    return access->write ? "written at" : "read at";
}

static uint64_t magnitude(int64_t number)
{
    return number < 0 ? -(uint64_t)number : (uint64_t)number;
}

static void print_bytes(const struct text_report *report, uint64_t bytes)
{
    char count[UNITS_TEXT];
    fprintf(report->out, "%s byte%s", count_text(bytes, count), bytes == 1 ? "" : "s");
}

/* "3 bytes behind the end of 16 bytes", and the like. */
static void print_place(const struct text_report *report, const struct access *access)
{
    const int64_t size = (int64_t)access->size;
    const bool before = access->offset<0, behind = size> 0 && access->offset >= size;
    if (size > 0 && !before && !behind) {
        fprintf(report->out, "at byte %" PRId64 " of ", access->offset);
        print_bytes(report, access->size);
        return;
    }
    const uint64_t distance = magnitude(behind ? access->offset - size : access->offset);
    if (distance == 0)
        fputs("right", report->out);
    else
        print_bytes(report, distance);
    if (size == 0) {
        fputs(before ? " before the pool" : " behind the pool's beginning", report->out);
        return;
    }
    fputs(before ? " before the beginning of " : " behind the end of ", report->out);
    print_bytes(report, access->size);
}

void print_access_sum(const struct text_report *report, const struct finding *finding)
{
    const struct access *access = &finding->access;
    char count[UNITS_TEXT];
    fputs(access->write ? "written " : "read ", report->out);
    print_place(report, access);
    if (finding->rule == rule_data_after_destroy.name)
        fputs(access->cleared ? ", after it was cleared" : ", after its end", report->out);
    if (access->later)
        fputs(", noticed later", report->out);
    if (finding->count > 1)
        fprintf(report->out, ", %s times", count_text(finding->count, count));
}
