/* unit_words.c - what units of work; see unit_words.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/unit_words.h"

#include <string.h>

static const struct api_word usual[API_WORDS] = {
    [API_MARK_COMMAND] = {"command", "commands"},
    [API_MARK_RESTART] = {"restart", "restarts"},
    [API_MARK_CONNECTION] = {"connection", "connections"},
    [API_WORD_SESSION] = {"session", "sessions"},
};

static const struct api_word *find_word(const struct api_set *apis, unsigned of)
{
    const struct api_word *word = &usual[of];
    for (unsigned i = apis ? apis->count : 0; i > 0; i--) {
        if (*apis->apis[i - 1]->words[of].one)
            word = &apis->apis[i - 1]->words[of];
    }
    return word;
}

static const char *one_or_many(const struct api_word *word, uint64_t count)
{
    return count == 1 ? word->one : word->many;
}

static const char *word_of(const struct api_set *apis, unsigned of, uint64_t count)
{
    return one_or_many(find_word(apis, of), count);
}

static const char *master(uint64_t count)
{
    return count == 1 ? "master" : "masters";
}

struct unit_words unit_words_of(const struct api_set *apis)
{
    struct unit_words words;
    for (unsigned i = 0; i < API_WORDS; i++)
        words.of[i] = *find_word(apis, i);
    return words;
}

static const char *known_word(const struct unit_words *words, unsigned of, uint64_t count)
{
    return one_or_many(*words->of[of].one ? &words->of[of] : &usual[of], count);
}

const char *unit_words_unit(const struct unit_words *words, enum api_mark_kind kind, uint64_t count)
{
    return known_word(words, (unsigned)kind, count);
}

const char *unit_words_process(const struct unit_words *words, enum process_kind kind,
                               uint64_t count)
{
    return kind == PROCESS_SESSION ? known_word(words, API_WORD_SESSION, count) : master(count);
}

const char *unit_word(const struct api_set *apis, enum api_mark_kind kind, uint64_t count)
{
    if (kind == API_UNIT_TIME)
        return count == 1 ? "slice of its life" : "slices of its life";
    return word_of(apis, (unsigned)kind, count);
}

const char *process_word(const struct api_set *apis, enum process_kind kind, uint64_t count)
{
    if (kind == PROCESS_SESSION)
        return word_of(apis, API_WORD_SESSION, count);
    return master(count);
}

const char *unit_word_of(const struct api_set *apis, const char *name)
{
    for (unsigned kind = 0; kind < API_MARK_STARTUP; kind++) {
        if (strcmp(name, usual[kind].one) == 0)
            return word_of(apis, kind, 1);
    }
    return name;
}
