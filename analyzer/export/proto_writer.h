/*
 * proto_writer.h - messages in the wire format of Protocol Buffers, in memory.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_EXPORT_PROTO_WRITER_H
#define ANALYZER_EXPORT_PROTO_WRITER_H

#include <stddef.h>
#include <stdint.h>

/* A zeroed struct is an empty message. */
struct proto {
    unsigned char *bytes;
    size_t size, capacity;
};

void proto_free(struct proto *message);

/* Numbers are int64, uint64, bool or enum; FIELD is the field's number in its message. */
void proto_number(struct proto *message, unsigned field, uint64_t value);
void proto_text(struct proto *message, unsigned field, const char *text);

/* INNER as a field of MESSAGE; INNER is empty after it, and can be filled again. */
void proto_message(struct proto *message, unsigned field, struct proto *inner);

/* One number without a field, in what proto_message() makes a packed repeated field. */
void proto_packed(struct proto *packed, uint64_t value);

#endif
