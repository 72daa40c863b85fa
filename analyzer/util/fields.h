/*
 * fields.h - numbers and texts, written one after the other, or read back by the same code: what is
 * written and what is read cannot differ. What is read may be anybody's: whoever finds it wrong
 * says so, and gets zeros from there on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_FIELDS_H
#define ANALYZER_UTIL_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fields {
    bool reads; /* else it writes */
    bool wrong; /* what is read is no such thing */
    unsigned char *bytes;
    size_t at, size, capacity; /* capacity: while it writes */
};

/* Zeroed it writes; fields_of() reads SIZE bytes, which stay the caller's. */
struct fields fields_of(const void *bytes, size_t size);

void fields_u64(struct fields *fields, uint64_t *value);
void fields_u32(struct fields *fields, uint32_t *value);  /* wrong: it is larger */
void fields_bool(struct fields *fields, bool *value);     /* wrong: neither 0 nor 1 */
void fields_double(struct fields *fields, double *value); /* wrong: no number, or endless */
/* A number below LIMIT, as of an enumeration. */
void fields_below(struct fields *fields, uint32_t *value, uint32_t limit);
/* So many items follow, of LEAST bytes each: wrong where there cannot be as many. */
void fields_count(struct fields *fields, size_t *count, size_t least);
/* NULL, or a text, which is owned once it was read. */
void fields_text(struct fields *fields, char **text);
void fields_raw(struct fields *fields, void *bytes, size_t size);

/* All was read, and was right. */
bool fields_end(const struct fields *fields);

#endif
