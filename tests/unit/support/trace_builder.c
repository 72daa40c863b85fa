/*
 * trace_builder.c - traces made by hand, byte by byte as preload/trace/format.h has it, for tests;
 * see trace_builder.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/util/memory.h"
#include "tests/unit/support/trace_builder_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_TICK 1000

struct block *builder_add_block(struct trace_builder *builder, unsigned type, uint32_t stream)
{
    if (builder->count == BLOCKS)
        abort();
    struct block *block = &builder->blocks[builder->count++];
    block->header.magic = TRACE_BLOCK_MAGIC;
    block->header.type = (uint16_t)type;
    block->header.stream = stream;
    return block;
}

struct trace_builder *builder_new(uint64_t id, int pid)
{
    struct trace_builder *builder = xcalloc(1, sizeof(*builder));
    struct trace_header *header = &builder->header;
    memcpy(header->magic, TRACE_MAGIC, sizeof(header->magic));
    header->version = TRACE_VERSION;
    header->file_id = id;
    header->pid = pid;
    header->wall_ns = 1700000000000000000u;
    header->start_tick = FIRST_TICK;
    header->sync_ticks[1] = header->sync_ns[1] = 1000000;
    header->limit = 1u << 30;
    builder->tick = FIRST_TICK;
    builder_add_block(builder, TRACE_BLOCK_DEFINITIONS, 0);
    return builder;
}

struct trace_builder *builder_fork(uint64_t id, int pid, uint64_t parent_id, uint32_t fork_seq,
                                   uint32_t first_stack)
{
    struct trace_builder *builder = builder_new(id, pid);
    builder->header.parent_id = parent_id;
    builder->header.fork_seq = fork_seq;
    builder->header.first_stack = first_stack;
    builder->header.wall_ns += id; /* later than the parent, if its id is */
    return builder;
}

void builder_free(struct trace_builder *builder)
{
    for (unsigned i = 0; i < builder->count; i++)
        free(builder->blocks[i].content.at);
    free(builder->image.at);
    free(builder);
}

struct trace_header *builder_header(struct trace_builder *builder)
{
    return &builder->header;
}

void builder_record(struct trace_builder *builder, unsigned type, const void *bytes, size_t length)
{
    struct bytes *to = &builder->blocks[0].content;
    bytes_put_byte(to, type);
    bytes_put_varint(to, length);
    bytes_put(to, bytes, length);
}

void builder_program(struct trace_builder *builder, const char *path)
{
    builder_record(builder, TRACE_RECORD_PROGRAM, path, strlen(path));
}

void builder_api(struct trace_builder *builder, const char *text)
{
    builder_record(builder, TRACE_RECORD_API, text, strlen(text));
}

static void add_numbered(struct trace_builder *builder, unsigned type, uint32_t number,
                         const char *text)
{
    struct bytes body = {0};
    bytes_put(&body, &number, sizeof(number));
    bytes_put(&body, text, strlen(text));
    builder_record(builder, type, body.at, body.length);
    free(body.at);
}

void builder_another_api(struct trace_builder *builder, uint32_t number, const char *text)
{
    add_numbered(builder, TRACE_RECORD_ANOTHER_API, number, text);
}

void builder_stack(struct trace_builder *builder, uint32_t id, unsigned depth,
                   const uint64_t *frames)
{
    struct bytes body = {0};
    bytes_put_varint(&body, bytes_zigzag((uint64_t)id - builder->last_stack) << 1);
    bytes_put_varint(&body, 0);
    for (unsigned i = depth; i-- > 0;)
        bytes_put_varint(&body, bytes_zigzag(frames[i] - (i + 1 < depth ? frames[i + 1] : 0)));
    builder->last_stack = id;
    builder_record(builder, TRACE_RECORD_STACK, body.at, body.length);
    free(body.at);
}

void builder_tag(struct trace_builder *builder, uint32_t id, const char *tag)
{
    add_numbered(builder, TRACE_RECORD_NAME, id, tag);
}

void builder_module(struct trace_builder *builder, uint64_t start, uint64_t end, uint64_t bias,
                    uint32_t stack, const char *path)
{
    const struct trace_module module = {.start = start,
                                        .end = end,
                                        .bias = bias,
                                        .stack = stack,
                                        .path_length = (uint16_t)strlen(path)};
    struct bytes body = {0};
    bytes_put(&body, &module, sizeof(module));
    bytes_put(&body, path, strlen(path));
    builder_record(builder, TRACE_RECORD_MODULE, body.at, body.length);
    free(body.at);
}

void builder_unload(struct trace_builder *builder, uint64_t start, uint32_t stack)
{
    const struct trace_unload unload = {.start = start, .stack = stack};
    builder_record(builder, TRACE_RECORD_UNLOAD, &unload, sizeof(unload));
}

void builder_hook(struct trace_builder *builder, unsigned type, const char *function,
                  const char *module, const char *how)
{
    builder_hook_of(builder, type, 0, function, module, how);
}

void builder_hook_of(struct trace_builder *builder, unsigned type, unsigned role,
                     const char *function, const char *module, const char *how)
{
    const struct trace_hook hook = {.role = (uint16_t)role,
                                    .function_length = (uint16_t)strlen(function),
                                    .module_length = (uint16_t)strlen(module),
                                    .how_length = (uint16_t)strlen(how)};
    struct bytes body = {0};
    bytes_put(&body, &hook, sizeof(hook));
    bytes_put(&body, function, strlen(function));
    bytes_put(&body, module, strlen(module));
    bytes_put(&body, how, strlen(how));
    builder_record(builder, type, body.at, body.length);
    free(body.at);
}

static void put_block(struct bytes *image, struct block *block)
{
    if (block->header.stream == HOLE_STREAM) {
        bytes_put_zeros(image, TRACE_PAGE);
        return;
    }
    struct trace_block header = block->header;
    header.used = (uint32_t)(sizeof(header) + block->content.length);
    header.size = (header.used + TRACE_PAGE - 1) / TRACE_PAGE * TRACE_PAGE;
    bytes_put(image, &header, sizeof(header));
    bytes_put(image, block->content.at, block->content.length);
    bytes_put_zeros(image, header.size - header.used);
}

const unsigned char *builder_image(struct trace_builder *builder, size_t *size)
{
    struct bytes *image = &builder->image;
    image->length = 0;
    bytes_put_zeros(image, TRACE_PAGE);
    for (unsigned i = 0; i < builder->count; i++)
        put_block(image, &builder->blocks[i]);
    struct trace_header header = builder->header;
    if (header.claimed == 0)
        header.claimed = image->length;
    memcpy(image->at, &header, sizeof(header));
    *size = image->length;
    return image->at;
}

void builder_write(struct trace_builder *builder, const char *dir)
{
    char path[4096];
    size_t size;
    const unsigned char *image = builder_image(builder, &size);
    snprintf(path, sizeof(path), "%s/%d" TRACE_SUFFIX, dir, builder->header.pid);
    write_trace_file(path, image, size);
}
