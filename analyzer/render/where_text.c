/* where_text.c - what an address is or was in; see where.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/where.h"

#include "analyzer/render/text.h"
#include "analyzer/replay/unit_words.h"

#include <inttypes.h>

static void print_place(const struct text_report *report, const struct found_where *found,
                        uint64_t address)
{
    static const char *const beside[] = {" behind", " before"};
    const struct where *where = &found->where;
    const uint64_t end = where->start + where->touched.size;
    const bool before = address < where->start;
    char bytes[UNITS_TEXT];
    if (where->kind == WHERE_POOL) {
        fprintf(report->out, "in the pool itself, which is at 0x%" PRIx64, where->start);
    } else if (where->kind == WHERE_ALLOCATION) {
        fprintf(report->out, "byte %" PRIu64 " of %s at 0x%" PRIx64, address - where->start,
                bytes_text(where->touched.size, bytes), where->start);
    } else {
        fprintf(report->out, "%" PRIu64 " B%s", before ? where->start - address : address - end,
                beside[before]);
        fprintf(report->out, " %s at 0x%" PRIx64, bytes_text(where->touched.size, bytes),
                where->start);
    }
}

static void print_titled(const struct text_report *report, const char *title, uint32_t stack)
{
    if (stack == 0)
        return;
    fprintf(report->out, "    %s\n", title);
    print_stack(report, stack);
}

void render_where(FILE *out, const struct found_where *found, uint64_t address,
                  const struct name_source *names)
{
    const struct text_report report = {.out = out, .style = style_for(out), .names = *names};
    const struct touched *touched = &found->where.touched;
    fprintf(out, "%s %" PRId32 ": 0x%" PRIx64 ": ", process_word(names->apis, found->process, 1),
            found->pid, address);
    print_place(&report, found, address);
    fprintf(out, ", of a pool that %s\n    pool     ",
            found->alive       ? "is alive"
            : touched->cleared ? "was cleared"
                               : "has ended");
    style_put_escaped(out, &report.style, found->path);
    putc('\n', out);
    print_titled(&report, "allocated at", touched->allocated);
    print_titled(&report, "pool made at", touched->created);
    print_titled(&report, touched->cleared ? "pool cleared at" : "pool destroyed at",
                 touched->destroyed);
}
