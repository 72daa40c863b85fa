/* names.c - every distinct tag once; see names.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/names.h"

#include "preload/trace/definitions.h"
#include "preload/util/forked.h"

#include <string.h>

#define NAMES_MAX 4096
#define TEXT_MAX  (128u << 10) /* bytes, of all names */
#define INDEX_FIRST                                                                                \
    1024u /* where most programs' names have room: a forked process copies few pages */
#define INDEX_SLOTS (2 * NAMES_MAX)
#define WINDOW      16  /* slots tried, there and in the rest */
#define HINTS       256 /* a power of two */
#define PAGE        4096u

_Static_assert(NAMES_MAX < TRACE_NAMES_MAX, "readers refuse more");

/* Complete before its number is put into the index, and never changed after that but for `trace`.
 */
struct name {
    uint32_t text; /* offset of its bytes */
    uint32_t length;
    uint32_t trace; /* the last one that it was defined in */
};

static struct name names[NAMES_MAX + 1]; /* from 1 */
static char texts[TEXT_MAX];
static uint16_t name_index[INDEX_SLOTS]; /* by hash: a name's number, 0: free */
static uint16_t hints[HINTS];            /* by address: what was there the last time */
FORKED static uint32_t name_count, text_used;
static uint32_t current_trace = 1;

static inline uint64_t word_at(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof(word));
    return word;
}

/* The same for a STRING that has LENGTH bytes, 8 and more, and one behind, in its page. */
static inline bool same_words(const char *string, const char *text, uint32_t length)
{
    for (uint32_t i = 0; i + sizeof(uint64_t) <= length; i += sizeof(uint64_t)) {
        if (word_at(string + i) != word_at(text + i))
            return false;
    }
    const uint32_t last = length - sizeof(uint64_t); /* the rest, and some once more */
    return word_at(string + last) == word_at(text + last);
}

static bool same_bytes(const char *string, const char *text, uint32_t length)
{
    uint32_t i = 0;
    while (i < length && string[i] == text[i]) /* TEXT has no NUL: it ends here if STRING does */
        i++;
    return i == length;
}

/* Is STRING, up to where it is cut, the name with that number? The program's string may end with
 * its page, and what is behind it cannot be read. */
static bool holds(uint32_t id, const char *string)
{
    const struct name *name = &names[id];
    const uint32_t length = name->length;
    const bool fits = ((uintptr_t)string & (PAGE - 1)) + length < PAGE;
    return (fits && length >= sizeof(uint64_t) ? same_words(string, texts + name->text, length)
                                               : same_bytes(string, texts + name->text, length)) &&
           (length == TRACE_NAME_MAX || string[length] == '\0');
}

/* The number of a new name, not yet in the index; 0: there are too many. */
static uint32_t add(const char *string, uint32_t length)
{
    if (__atomic_load_n(&name_count, __ATOMIC_RELAXED) >= NAMES_MAX ||
        __atomic_load_n(&text_used, __ATOMIC_RELAXED) + length > TEXT_MAX)
        return 0;
    uint32_t id = __atomic_add_fetch(&name_count, 1, __ATOMIC_RELAXED);
    uint32_t at = __atomic_fetch_add(&text_used, length, __ATOMIC_RELAXED);
    if (id > NAMES_MAX || at + length > TEXT_MAX) /* another thread took the last */
        return 0;
    memcpy(texts + at, string, length);
    names[id] = (struct name){.text = at, .length = length};
    return id;
}

/* The Ith slot that is tried for HASH. */
static uint16_t *slot_of(uint32_t hash, unsigned i)
{
    if (i < WINDOW)
        return &name_index[(hash + i) % INDEX_FIRST];
    return &name_index[INDEX_FIRST + (hash + i) % (INDEX_SLOTS - INDEX_FIRST)];
}

static uint32_t find_or_add(const char *string)
{
    char copy[TRACE_NAME_MAX + 1]; /* the program may write to it meanwhile */
    uint32_t length = 0, added = 0;
    uint64_t hash = 0;
    for (; length < TRACE_NAME_MAX && (copy[length] = string[length]); length++)
        hash = (hash ^ (unsigned char)copy[length]) * 0x9fb21c651e98df25u;
    copy[length] = '\0';
    for (unsigned i = 0; i < 2 * WINDOW; i++) {
        uint16_t *slot = slot_of((uint32_t)(hash >> 32), i);
        uint16_t id = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
        if (id == 0) {
            if (!added)
                added = add(copy, length);
            if (!added)
                return 0;
            if (__atomic_compare_exchange_n(slot, &id, (uint16_t)added, false, __ATOMIC_RELEASE,
                                            __ATOMIC_ACQUIRE))
                return added;
        }
        if (holds(id, copy))
            return id;
    }
    return 0;
}

/* In this trace too, ID is known. False: recording has stopped. */
static bool define(struct stream *stream, uint32_t id)
{
    struct name *name = &names[id];
    const struct trace_name fixed = {.id = id};
    const struct definition_part parts[] = {{&fixed, sizeof(fixed)},
                                            {texts + name->text, name->length}};
    if (!definition_write(stream, TRACE_RECORD_NAME, parts, 2))
        return false;
    __atomic_store_n(&name->trace, current_trace, __ATOMIC_RELEASE);
    return true;
}

static uint16_t *hint_for(const char *name)
{
    return &hints[((uintptr_t)name * 0x9e3779b97f4a7c15u >> 32) % HINTS];
}

static bool is_defined(uint32_t id)
{
    return __atomic_load_n(&names[id].trace, __ATOMIC_ACQUIRE) == current_trace;
}

uint32_t names_recall(const char *name)
{
    uint32_t id = __atomic_load_n(hint_for(name), __ATOMIC_ACQUIRE);
    return id != 0 && is_defined(id) && holds(id, name) ? id : 0;
}

bool names_know(struct stream *stream, uint32_t id)
{
    return is_defined(id) || define(stream, id);
}

uint32_t names_intern(struct stream *stream, const char *name)
{
    uint32_t id = names_recall(name);
    if (id != 0)
        return id;
    id = find_or_add(name);
    if (id == 0 || (!is_defined(id) && !define(stream, id)))
        return 0;
    __atomic_store_n(hint_for(name), (uint16_t)id, __ATOMIC_RELEASE);
    return id;
}

void names_forget(void)
{
    current_trace++;
}
