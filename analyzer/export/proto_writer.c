/*
 * proto_writer.c - messages in the wire format of Protocol Buffers, in memory; see proto_writer.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/proto_writer.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

enum wire_type { WIRE_VARINT = 0, WIRE_LENGTH = 2 };

void proto_free(struct proto *message)
{
    free(message->bytes);
    *message = (struct proto){0};
}

static void put(struct proto *message, const void *bytes, size_t size)
{
    if (message->size + size > message->capacity) {
        message->capacity = 2 * (message->size + size) + 64;
        message->bytes = xrealloc(message->bytes, message->capacity);
    }
    if (size)
        memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

void proto_packed(struct proto *packed, uint64_t value)
{
    unsigned char bytes[10];
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[size++] = (unsigned char)(value | 0x80);
    bytes[size++] = (unsigned char)value;
    put(packed, bytes, size);
}

static void put_field(struct proto *message, unsigned field, enum wire_type type)
{
    proto_packed(message, (uint64_t)field << 3 | type);
}

void proto_number(struct proto *message, unsigned field, uint64_t value)
{
    put_field(message, field, WIRE_VARINT);
    proto_packed(message, value);
}

static void put_bytes(struct proto *message, unsigned field, const void *bytes, size_t size)
{
    put_field(message, field, WIRE_LENGTH);
    proto_packed(message, size);
    put(message, bytes, size);
}

void proto_text(struct proto *message, unsigned field, const char *text)
{
    put_bytes(message, field, text, strlen(text));
}

void proto_message(struct proto *message, unsigned field, struct proto *inner)
{
    put_bytes(message, field, inner->bytes, inner->size);
    inner->size = 0;
}
