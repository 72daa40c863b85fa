/* finding_line.c - a finding as one line, for a screen or a log. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/text.h"
#include "analyzer/util/text.h"

#include <string.h>

#define PLACE_WIDTH 40 /* columns, about, of where a finding is */

char *finding_line(const struct name_source *names, const struct finding *finding)
{
    struct text text;
    const struct text_report report = {text_open(&text), style_plain, *names, 0};
    print_headline(&report, finding);
    fputs(" at ", text.out); /* of what is alike, this tells which */
    print_stack_brief(&report, finding->culprit, PLACE_WIDTH);
    char *line = text_close(&text), *end = strchr(line, '\n');
    if (end)
        memmove(end, end + 1, strlen(end));
    return line;
}
