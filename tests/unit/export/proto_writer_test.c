/* proto_writer_test.c - the bytes of messages, as the encoding of Protocol Buffers defines them. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/export/proto_writer.h"

#include <criterion/criterion.h>
#include <string.h>

#define EXPECT_BYTES(message, ...)                                                                 \
    do {                                                                                           \
        const unsigned char expected[] = {__VA_ARGS__};                                            \
        cr_expect_eq((message)->size, sizeof(expected));                                           \
        cr_expect_arr_eq((message)->bytes, expected, sizeof(expected));                            \
    } while (0)

Test(proto_writer, numbers_are_varints_under_their_fields)
{
    struct proto message = {0};
    proto_number(&message, 1, 150);
    proto_number(&message, 16, 0);
    proto_number(&message, 2, UINT64_MAX);
    EXPECT_BYTES(&message, 0x08, 0x96, 0x01, 0x80, 0x01, 0x00, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff,
                 0xff, 0xff, 0xff, 0xff, 0x01);
    proto_free(&message);
    cr_expect_eq(message.size, 0);
}

Test(proto_writer, texts_and_messages_have_their_length_before_them)
{
    struct proto message = {0}, inner = {0};
    proto_text(&message, 2, "testing");
    proto_number(&inner, 1, 150);
    proto_message(&message, 3, &inner);
    cr_expect_eq(inner.size, 0);
    proto_text(&inner, 1, "");
    proto_message(&message, 3, &inner);
    EXPECT_BYTES(&message, 0x12, 7, 't', 'e', 's', 't', 'i', 'n', 'g', 0x1a, 3, 0x08, 0x96, 0x01,
                 0x1a, 2, 0x0a, 0);
    proto_free(&message);
    proto_free(&inner);
}

Test(proto_writer, packed_numbers_have_one_field_together)
{
    struct proto message = {0}, packed = {0};
    proto_packed(&packed, 3);
    proto_packed(&packed, 270);
    proto_packed(&packed, 86942);
    proto_message(&message, 6, &packed);
    EXPECT_BYTES(&message, 0x32, 6, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05);
    proto_free(&message);
    proto_free(&packed);
}

Test(proto_writer, a_message_grows)
{
    struct proto message = {0};
    char text[1000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (int i = 0; i < 100; i++)
        proto_text(&message, 1, text);
    cr_expect_eq(message.size, 100 * (1 + 2 + 999));
    cr_expect_eq(message.bytes[99 * 1002], 0x0a);
    proto_free(&message);
}
