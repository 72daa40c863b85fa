/* labels.c - what a unit of work is about, in a word; see labels.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/labels.h"

#include "preload/hooks/operand.h"
#include "preload/trace/events.h"
#include "preload/trace/units.h"
#include "preload/util/readable.h"

#include <string.h>

#define LOOKED_AT 256 /* bytes of a string, at most */
#define PAGE      4096u

/* A string that is read a byte at a time, each page only once it is known that it can be. */
struct text {
    uint64_t at, end; /* end 0: at a NUL */
    unsigned left;
};

/* The byte that TEXT is at; 0: it ends here, or goes on where it cannot be read. */
static char look(const struct text *text)
{
    return text->left && text->at != text->end ? *(const char *)(uintptr_t)text->at : '\0';
}

static void step(struct text *text)
{
    text->at++;
    text->left--;
    if (text->at % PAGE == 0 && text->at != text->end && text->left && !is_readable_often(text->at))
        text->left = 0;
}

static void skip_blanks(struct text *text)
{
    while (look(text) == ' ' || (look(text) >= '\t' && look(text) <= '\r'))
        step(text);
}

static bool is_visible(char c)
{
    return c > ' ' && c < 0x7f;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_kept(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

static bool read_verb(struct text *text, char *label)
{
    unsigned length = 0;
    skip_blanks(text);
    while (look(text) == '(')
        step(text);
    if (!is_letter(look(text)))
        return false;
    for (; is_kept(look(text)) && length < TRACE_LABEL_MAX; step(text)) {
        const char c = look(text);
        label[length++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    label[length] = '\0';
    return true;
}

/* What follows the path in a URI, or a request line, is the client's own business. */
static bool read_path(struct text *text, char *label)
{
    unsigned length = 0;
    if (look(text) != '/') {
        while (is_visible(look(text)))
            step(text);
        skip_blanks(text);
    }
    if (look(text) != '/')
        return false;
    for (; is_visible(look(text)) && !strchr("?#;", look(text)); step(text)) {
        if (length < TRACE_LABEL_MAX)
            label[length++] = is_kept(look(text)) || look(text) == '/' ? look(text) : '_';
    }
    label[length] = '\0';
    return true;
}

bool label_read(enum api_label kind, uint64_t begin, uint64_t end, char label[TRACE_LABEL_MAX + 1])
{
    struct text text = {.at = begin, .end = end, .left = LOOKED_AT};
    if (!operand_is_address(begin) || (end && end <= begin) || !is_readable_often(begin))
        return false;
    const bool is = kind == API_LABEL_VERB ? read_verb(&text, label) : read_path(&text, label);
    return is && (!end || text.at != end);
}

static bool read_code(uint64_t number, char label[TRACE_LABEL_MAX + 1])
{
    char digits[10];
    unsigned count = 0, length = 5;
    uint32_t left = (uint32_t)number;
    do
        digits[count++] = (char)('0' + left % 10);
    while (left /= 10);
    memcpy(label, "code-", length);
    while (count > 0)
        label[length++] = digits[--count];
    label[length] = '\0';
    return true;
}

/* Of those up to `count`, the ones that are `ready` are complete and never change. */
static struct known_label {
    bool ready;
    char text[TRACE_LABEL_MAX + 1];
} known[LABELS_MAX];
static uint32_t count;

/* LABEL, if it is one of the first LABELS_MAX. */
static const char *bounded(const char *label)
{
    const uint32_t there = __atomic_load_n(&count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < there && i < LABELS_MAX; i++) {
        if (__atomic_load_n(&known[i].ready, __ATOMIC_ACQUIRE) && strcmp(known[i].text, label) == 0)
            return label;
    }
    const uint32_t own =
        there < LABELS_MAX ? __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) : LABELS_MAX;
    if (own >= LABELS_MAX)
        return LABEL_OTHERS;
    strcpy(known[own].text, label);
    __atomic_store_n(&known[own].ready, true, __ATOMIC_RELEASE);
    return label;
}

static bool evaluate(const struct expression *expression, const struct entry_frame *frame,
                     uint64_t *asked, uint64_t *value)
{
    const struct operand operand = {.expression = expression, .asked = asked};
    *value = 0;
    return expression->count == 0 || operand_evaluate(&operand, frame, value);
}

void labels_tell_signal(struct stream *stream, const struct api_mark *mark)
{
    char label[API_SIGNAL_MAX + 1];
    if (mark->signal.length == 0 || mark->signal.length > API_SIGNAL_MAX)
        return;
    memcpy(label, mark->signal.text, mark->signal.length);
    label[mark->signal.length] = '\0';
    event_label(stream, label);
}

void labels_tell(struct stream *stream, const struct api_mark *mark,
                 const struct entry_frame *frame)
{
    uint64_t value, end, asked = 0;
    char label[TRACE_LABEL_MAX + 1];
    if (mark->label == API_LABEL_SIGNAL) {
        labels_tell_signal(stream, mark);
        return;
    }
    if (!evaluate(&mark->value, frame, &asked, &value) ||
        !evaluate(&mark->end, frame, &asked, &end))
        return;
    if (mark->label == API_LABEL_CODE ? read_code(value, label)
                                      : label_read(mark->label, value, end, label))
        units_label(stream, bounded(label));
}
