/*
 * trace_builder.c - traces made by hand, byte by byte as preload/trace/format.h has it, for tests;
 * see trace_builder.h.
 */
#include "tests/unit/support/trace_builder.h"

#include "analyzer/util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAMS     4
#define FIRST_TICK  1000
#define BLOCKS      64
#define HOLE_STREAM UINT32_MAX

struct bytes {
    unsigned char *at;
    size_t length, capacity;
};

/* A block as it grows: its content without the header. */
struct block {
    struct trace_block header;
    struct bytes content;
};

struct trace_builder {
    struct trace_header header;
    struct block blocks[BLOCKS]; /* in the file's order; the first has the definitions */
    unsigned count;
    struct {
        struct block *open;
        uint32_t sequence, stack;
        uint64_t tick, pool, object;
    } streams[STREAMS];
    uint32_t stream;
    uint32_t last_stack;
    uint64_t tick;
    struct bytes image;
};

static void put(struct bytes *to, const void *bytes, size_t length)
{
    if (to->length + length > to->capacity) {
        to->capacity = 2 * (to->length + length) + 64;
        to->at = xrealloc(to->at, to->capacity);
    }
    if (length)
        memcpy(to->at + to->length, bytes, length);
    to->length += length;
}

static void put_zeros(struct bytes *to, size_t length)
{
    static const unsigned char zeros[TRACE_PAGE];
    for (; length > sizeof(zeros); length -= sizeof(zeros))
        put(to, zeros, sizeof(zeros));
    put(to, zeros, length);
}

static void put_byte(struct bytes *to, unsigned byte)
{
    unsigned char one = (unsigned char)byte;
    put(to, &one, 1);
}

static void put_varint(struct bytes *to, uint64_t value)
{
    while (value > 0x7f) {
        put_byte(to, (unsigned)(value & 0x7f) | 0x80);
        value >>= 7;
    }
    put_byte(to, (unsigned)value);
}

static uint64_t zigzag(uint64_t value)
{
    return value << 1 ^ (uint64_t)((int64_t)value >> 63);
}

static void put_address(struct bytes *to, uint64_t address)
{
    put(to, &address, TRACE_ADDRESS_SIZE); /* the host is little endian, as the file */
}

static struct block *add_block(struct trace_builder *builder, unsigned type, uint32_t stream)
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
    add_block(builder, TRACE_BLOCK_DEFINITIONS, 0);
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
    put_byte(to, type);
    put_varint(to, length);
    put(to, bytes, length);
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
    put(&body, &number, sizeof(number));
    put(&body, text, strlen(text));
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
    put_varint(&body, zigzag((uint64_t)id - builder->last_stack) << 1);
    put_varint(&body, 0);
    for (unsigned i = depth; i-- > 0;)
        put_varint(&body, zigzag(frames[i] - (i + 1 < depth ? frames[i + 1] : 0)));
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
    put(&body, &module, sizeof(module));
    put(&body, path, strlen(path));
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
    put(&body, &hook, sizeof(hook));
    put(&body, function, strlen(function));
    put(&body, module, strlen(module));
    put(&body, how, strlen(how));
    builder_record(builder, type, body.at, body.length);
    free(body.at);
}

void builder_stream(struct trace_builder *builder, uint32_t stream)
{
    if (stream >= STREAMS)
        abort();
    builder->stream = stream;
}

void builder_end_block(struct trace_builder *builder)
{
    builder->streams[builder->stream].open = NULL;
}

void builder_hole(struct trace_builder *builder)
{
    add_block(builder, TRACE_BLOCK_EVENTS, HOLE_STREAM);
}

void builder_at(struct trace_builder *builder, uint64_t tick)
{
    builder->tick = tick;
}

/* Where the stream's next event goes. */
static struct bytes *event_bytes(struct trace_builder *builder)
{
    struct block **open = &builder->streams[builder->stream].open;
    if (!*open) {
        *open = add_block(builder, TRACE_BLOCK_EVENTS, builder->stream);
        (*open)->header.sequence = builder->streams[builder->stream].sequence++;
        (*open)->header.base_tick = builder->tick;
        builder->streams[builder->stream].tick = builder->tick;
        builder->streams[builder->stream].pool = 0;
        builder->streams[builder->stream].object = 0;
        builder->streams[builder->stream].stack = 0;
    }
    return &(*open)->content;
}

/* The time, then the kind. */
static struct bytes *begin_event(struct trace_builder *builder, unsigned first)
{
    struct bytes *to = event_bytes(builder);
    uint64_t *last = &builder->streams[builder->stream].tick;
    uint64_t ticks = builder->tick - *last;
    if (ticks) {
        put_byte(to, TRACE_EVENT_TIME | (unsigned)(ticks & 0xf) << 4);
        put_varint(to, ticks >> 4);
    }
    *last = builder->tick++;
    put_byte(to, first);
    return to;
}

/* Always by address: what the cache does is tested with builder_bytes(). */
static struct bytes *begin_pool_event(struct trace_builder *builder, unsigned kind, uint64_t pool)
{
    unsigned slot = (unsigned)(pool >> 4) % TRACE_POOL_SLOTS;
    struct bytes *to = event_bytes(builder);
    put_byte(to, TRACE_EVENT_POOL | slot << 4);
    put_varint(to, zigzag(pool - builder->streams[builder->stream].pool));
    builder->streams[builder->stream].pool = pool;
    return begin_event(builder, kind | slot << 4);
}

static void put_stack(struct trace_builder *builder, struct bytes *to, uint32_t stack)
{
    uint32_t *last = &builder->streams[builder->stream].stack;
    put_varint(to, zigzag((uint64_t)stack - *last));
    *last = stack;
}

static void put_above(struct bytes *to, uint64_t parent)
{
    put_byte(to, parent ? TRACE_PARENT_FAR : 0);
    if (parent)
        put_address(to, parent);
}

static void put_parent(struct trace_builder *builder, struct bytes *to, uint64_t parent,
                       uint32_t stack)
{
    put_above(to, parent);
    put_stack(builder, to, stack);
}

void builder_create(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint32_t stack)
{
    put_parent(builder, begin_pool_event(builder, TRACE_EVENT_CREATE, pool), parent, stack);
}

static struct bytes *begin_more(struct trace_builder *builder, unsigned kind, uint64_t pool)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_MORE, pool);
    put_byte(to, kind - TRACE_EVENT_FREE);
    return to;
}

void builder_create_of(struct trace_builder *builder, unsigned system, uint64_t pool,
                       uint64_t parent)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_CREATE_OF, pool);
    put_parent(builder, to, parent, 0);
    put_varint(to, system);
}

void builder_adopt(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint64_t used)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_ADOPT, pool);
    put_above(to, parent);
    put_varint(to, 0);
    put_varint(to, used + 1);
}

void builder_move(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint32_t stack)
{
    put_parent(builder, begin_more(builder, TRACE_EVENT_MOVE, pool), parent, stack);
}

static void put_object(struct trace_builder *builder, struct bytes *to, uint64_t object)
{
    uint64_t *last = &builder->streams[builder->stream].object;
    put_varint(to, zigzag(object - *last));
    *last = object;
}

void builder_object(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t size,
                    uint64_t object)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_OBJECT, pool);
    put_stack(builder, to, stack);
    put_varint(to, size);
    put_object(builder, to, object);
}

static void add_of_object(struct trace_builder *builder, struct bytes *to, uint32_t stack,
                          uint64_t object)
{
    put_stack(builder, to, stack);
    put_object(builder, to, object);
}

void builder_give_back(struct trace_builder *builder, uint64_t pool, uint32_t stack,
                       uint64_t object)
{
    add_of_object(builder, begin_more(builder, TRACE_EVENT_FREE, pool), stack, object);
}

void builder_release(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t object)
{
    add_of_object(builder, begin_more(builder, TRACE_EVENT_RELEASE, pool), stack, object);
}

void builder_relocate(struct trace_builder *builder, uint64_t pool, uint32_t stack,
                      uint64_t address)
{
    add_of_object(builder, begin_more(builder, TRACE_EVENT_RELOCATE, pool), stack, address);
}

void builder_alloc(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t size)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_ALLOC, pool);
    put_stack(builder, to, stack);
    put_varint(to, size);
}

static void put_ending(struct trace_builder *builder, struct bytes *to, uint32_t stack,
                       uint64_t used, uint64_t capacity)
{
    put_stack(builder, to, stack);
    put_varint(to, used + 1);
    put_varint(to, capacity + 1);
}

void builder_destroy(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t used,
                     uint64_t capacity)
{
    put_ending(builder, begin_pool_event(builder, TRACE_EVENT_DESTROY, pool), stack, used,
               capacity);
}

void builder_clear(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t used,
                   uint64_t capacity)
{
    put_ending(builder, begin_pool_event(builder, TRACE_EVENT_CLEAR, pool), stack, used, capacity);
}

void builder_orphan(struct trace_builder *builder, uint64_t pool, uint32_t stack)
{
    put_stack(builder, begin_more(builder, TRACE_EVENT_ORPHAN, pool), stack);
}

void builder_found(struct trace_builder *builder, uint64_t pool, enum trace_found unit,
                   uint64_t count)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_FOUND, pool);
    put_byte(to, unit);
    put_varint(to, count);
}

void builder_large(struct trace_builder *builder, uint64_t pool, uint64_t object)
{
    put_object(builder, begin_more(builder, TRACE_EVENT_LARGE, pool), object);
}

void builder_reset(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t used,
                   uint64_t capacity)
{
    put_ending(builder, begin_more(builder, TRACE_EVENT_RESET, pool), stack, used, capacity);
}

void builder_survey(struct trace_builder *builder, uint64_t pool, uint64_t used, uint64_t capacity)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_SURVEY, pool);
    put_varint(to, used + 1);
    put_varint(to, capacity + 1);
}

void builder_name(struct trace_builder *builder, uint64_t pool, uint32_t stack, const char *name)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_NAME_TEXT, pool);
    put_stack(builder, to, stack);
    put_varint(to, strlen(name));
    put(to, name, strlen(name));
}

void builder_name_id(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint32_t id)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_NAME, pool);
    put_stack(builder, to, stack);
    put_varint(to, id);
}

static struct bytes *put_plain(struct trace_builder *builder, unsigned kind, uint64_t number)
{
    put_varint(begin_event(builder, kind), number);
    return event_bytes(builder);
}

void builder_mark(struct trace_builder *builder, unsigned mark)
{
    put_plain(builder, TRACE_EVENT_MARK, mark);
}

void builder_root(struct trace_builder *builder, unsigned root, uint64_t pool)
{
    put_address(put_plain(builder, TRACE_EVENT_ROOT, root), pool);
}

void builder_fork_event(struct trace_builder *builder, uint32_t sequence)
{
    put_plain(builder, TRACE_EVENT_FORK, sequence);
}

void builder_end(struct trace_builder *builder, int status)
{
    put_plain(builder, TRACE_EVENT_END, (uint64_t)status);
}

void builder_bytes(struct trace_builder *builder, const void *bytes, size_t length)
{
    put(event_bytes(builder), bytes, length);
}

static void put_block(struct bytes *image, struct block *block)
{
    if (block->header.stream == HOLE_STREAM) {
        put_zeros(image, TRACE_PAGE);
        return;
    }
    struct trace_block header = block->header;
    header.used = (uint32_t)(sizeof(header) + block->content.length);
    header.size = (header.used + TRACE_PAGE - 1) / TRACE_PAGE * TRACE_PAGE;
    put(image, &header, sizeof(header));
    put(image, block->content.at, block->content.length);
    put_zeros(image, header.size - header.used);
}

const unsigned char *builder_image(struct trace_builder *builder, size_t *size)
{
    struct bytes *image = &builder->image;
    image->length = 0;
    put_zeros(image, TRACE_PAGE);
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
