/* recorder.c - which version of the recorder wrote a recording; see recorder.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/recorder.h"

#include <stdio.h>
#include <string.h>

/* Traces did not tell before 0.9.0. */
static void append_version(char text[RECORDER_TEXT], uint32_t number)
{
    size_t length = strlen(text);
    if (number)
        snprintf(text + length, RECORDER_TEXT - length, "%u.%u.%u", number >> 16,
                 number >> 8 & 0xff, number & 0xff);
    else
        snprintf(text + length, RECORDER_TEXT - length, "before 0.9.0");
}

const char *recorder_text(const struct recording *recording, char text[RECORDER_TEXT])
{
    uint32_t oldest = UINT32_MAX, newest = 0;
    size_t count = recording_process_count(recording);
    for (size_t i = 0; i < count; i++) {
        uint32_t number = recording_process(recording, i)->header->recorder;
        oldest = number < oldest ? number : oldest;
        newest = number > newest ? number : newest;
    }
    text[0] = '\0';
    append_version(text, count ? oldest : 0);
    if (count && oldest != newest) {
        strcat(text, " to ");
        append_version(text, newest);
    }
    return text;
}
