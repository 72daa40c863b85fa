/*
 * write_seeds.c - small inputs for the fuzz targets, made as tests make their traces: together they
 * hold every kind of definition and of event, and findings of every rule.
 *
 *     write_seeds DIR    writes DIR/reader/NAME, one trace each, DIR/report/NAME, recordings, and
 *                        DIR/sums/NAME; the directories are there
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/trace/packed_writer.h"
#include "tests/fuzz/seeds.h"
#include "tests/unit/support/trace_builder.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERMANENT 0x10000u
#define POOL(n)   (PERMANENT + 0x110u * (n))
#define UNKNOWN   UINT64_MAX
#define MASTER    7u /* file id */
#define UNITS     5

enum { COMMAND, RESTART, CONNECTION, STARTUP, SHUTDOWN };
enum { TAG_SESSION = 1, TAG_TRANSFER, TAG_COMMAND };

static const char api[] = "[api]\nname=a\ndetect=mk\nalign=8\nlibrary=mk\n"
                          "[functions]\nmk=create pool=ret parent=a0\nal=alloc pool=a0 size=a1\n"
                          "ob=alloc pool=a0 size=a1 object=ret\nfr=free pool=a0 object=a1\n"
                          "re=realloc pool=*a0 object=a0 size=a1\nmv=set_parent pool=a0 parent=a1\n"
                          "cl=clear pool=a0 children=keep\n"
                          "[roots]\nroot\n"
                          "[marks]\ncommand=m\nrestart=m a0=\"r\"\nconnection=m a0=\"c\"\n"
                          "startup=m a0=\"s\"\nshutdown=m a0=\"e\"\n"
                          "[roles]\nroot=root=root life=process ends=exit\n"
                          "s=tag=\"S\" life=process ends=exit alias=root\n"
                          "t=tag=\"T\" life=transfer ends=done,exit\n"
                          "c=tag=\"C\" life=command ends=done,parent,exit\n";

static void define_stacks(struct trace_builder *builder, uint32_t first)
{
    static const unsigned char shares[] = {1 << 2, 1, 1,
                                           0x20}; /* the outermost of the one before */
    for (uint32_t i = 0; i < 5; i++)
        builder_stack(builder, first + i, 2,
                      (const uint64_t[]){0x400100 + 0x100 * i, 0x400010 + 0x1000 * (i % 2)});
    builder_record(builder, TRACE_RECORD_STACK, shares, sizeof(shares));
}

static void define(struct trace_builder *builder, uint32_t first_stack, const char *module)
{
    builder_program(builder, "/x/d");
    builder_api(builder, api);
    builder_module(builder, 0x400000, 0x401000, 0x400000, first_stack, module);
    define_stacks(builder, first_stack);
    builder_tag(builder, TAG_SESSION, "S");
    builder_tag(builder, TAG_TRANSFER, "T");
    builder_tag(builder, TAG_COMMAND, "C\033\"<");
    builder_hook(builder, TRACE_RECORD_HOOK, "mk", "/x/d", "symbol");
    builder_hook(builder, TRACE_RECORD_SKIPPED, "al", "/x/d", "too short");
}

static struct trace_builder *process(const char *module)
{
    struct trace_builder *builder = builder_new(MASTER, 70);
    define(builder, 1, module);
    builder_create(builder, PERMANENT, 0, 1);
    builder_root(builder, 0, PERMANENT);
    builder_mark(builder, STARTUP);
    return builder;
}

static struct trace_builder *master(void)
{
    return process("/x/d");
}

static struct trace_builder *session(uint32_t fork, uint32_t first_stack)
{
    struct trace_builder *builder =
        builder_fork(MASTER + fork, 70 + (int)fork, MASTER, fork, first_stack);
    define(builder, first_stack, "/x/m");
    builder_mark(builder, CONNECTION);
    return builder;
}

/* Every kind of event, and what is wrong to do with a pool. */
static struct trace_builder *every_event(void)
{
    struct trace_builder *builder = master();
    builder_unload(builder, 0x400000, 6);
    builder_create(builder, POOL(1), PERMANENT, 2);
    builder_name_id(builder, POOL(1), 2, TAG_COMMAND);
    builder_alloc(builder, POOL(1), 3, 100);
    builder_create(builder, POOL(2), POOL(1), 3);
    builder_name(builder, POOL(2), TRACE_NO_STACK, "a\tb\xff");
    builder_alloc(builder, POOL(2), 4, 300);
    builder_clear(builder, POOL(2), 5, 304, 512);
    builder_mark(builder, COMMAND);
    builder_alloc(builder, PERMANENT, 4, 24);
    builder_destroy(builder, POOL(1), 5, 104, UNKNOWN);
    builder_alloc(builder, POOL(2), 5, 8);
    builder_destroy(builder, POOL(1), 6, UNKNOWN, UNKNOWN);
    builder_mark(builder, SHUTDOWN);
    builder_survey(builder, PERMANENT, 24, 512);
    builder_end(builder, 1);
    return builder;
}

/* Allocations that are given back one by one, and pools that are put elsewhere. */
static struct trace_builder *objects(void)
{
    struct trace_builder *builder = master();
    builder_create(builder, POOL(1), PERMANENT, 2);
    builder_create(builder, POOL(2), POOL(1), 3);
    for (uint32_t i = 0; i < UNITS; i++) {
        builder_mark(builder, COMMAND);
        builder_object(builder, POOL(1), 3, 100, 0x9000 + 16 * i);
        builder_object(builder, PERMANENT, 4, 100, 0x9100 + 16 * i);
        builder_give_back(builder, POOL(1), 5, 0x9000 + 8 * i);
    }
    builder_give_back(builder, PERMANENT, 5, 0x9100);
    builder_move(builder, POOL(2), 0, 2);
    builder_move(builder, POOL(1), POOL(2), 2);
    builder_move(builder, POOL(2), POOL(1), 2); /* below itself */
    builder_relocate(builder, POOL(2), 2, POOL(5));
    builder_relocate(builder, POOL(5), 2, POOL(1)); /* where one is alive */
    builder_reset(builder, POOL(2), 5, UNKNOWN, UNKNOWN);
    builder_destroy(builder, POOL(2), 5, UNKNOWN, UNKNOWN);
    builder_give_back(builder, POOL(1), 6, 0x9010);
    builder_end(builder, 0);
    return builder;
}

/* Pools that were young: told of late, after their end, and in sums. */
static struct trace_builder *young_pools(void)
{
    struct trace_builder *builder = master();
    for (uint32_t i = 0; i < UNITS; i++) {
        builder_mark(builder, COMMAND);
        builder_label(builder, TAG_COMMAND);
        builder_survivor(builder, POOL(1), PERMANENT, 2, i + 1, 40);
        builder_name_id(builder, POOL(1), TRACE_NO_STACK, TAG_COMMAND);
        builder_took(builder, POOL(1), 600, 9600);
        builder_place(builder, POOL(1), 3, 8, 128);
        builder_place(builder, POOL(1), 4, 4, 64);
        builder_like(builder, POOL(1), i + 1);
        builder_alloc(builder, POOL(1), 3, 16);
        builder_destroy(builder, POOL(1), 5, 9616, UNKNOWN);
        builder_again(builder, i + 1, 20, i);
        builder_young(builder, 5, 2, i % 4, (const uint64_t[]){20, 12000, 192000, 9600});
        builder_gone(builder, POOL(2), PERMANENT, 5, 2, TAG_TRANSFER, i % TRACE_GONE_BITS);
        builder_took(builder, POOL(2), 2, 32);
        builder_destroy(builder, POOL(2), 6, UNKNOWN, UNKNOWN);
        builder_units(builder, COMMAND, 30, i % 3);
        builder_labelled(builder, TAG_COMMAND, 20);
        builder_labelled(builder, TAG_TRANSFER, 9);
    }
    builder_end(builder, 0);
    return builder;
}

/* Allocations with pages of their own, that are touched when they must not be, or used last. */
static struct trace_builder *pages(void)
{
    struct trace_builder *builder = master();
    builder_create(builder, POOL(1), PERMANENT, 2);
    for (uint32_t i = 0; i < UNITS; i++) {
        const uint64_t page = 0x90000 + 0x1000 * (i % 3);
        builder_mark(builder, COMMAND);
        builder_create(builder, POOL(2), POOL(1), 2);
        builder_guarded(builder, POOL(1), 3, 600, page);
        builder_destroy(builder, POOL(2), 5, UNKNOWN, UNKNOWN);
        builder_watched(builder, POOL(2), page);
        builder_watched(builder, POOL(1), page);
        builder_used(builder, POOL(1), page, i % TRACE_USED_BITS);
        builder_fault(builder, POOL(1), 4, page, i % TRACE_FAULT_BITS, 601);
    }
    builder_end(builder, 0);
    return builder;
}

/* A second system, with roots, marks and roles of its own; and one that is not there. */
static struct trace_builder *two_systems(void)
{
    struct trace_builder *builder = master();
    builder_another_api(builder, 1, api);
    builder_create_of(builder, 1, POOL(1), 0);
    builder_root(builder, 1, POOL(1));
    builder_create_of(builder, 1, POOL(2), POOL(1));
    builder_name(builder, POOL(2), TRACE_NO_STACK, "S");
    builder_create_of(builder, 2, POOL(3), PERMANENT);
    for (unsigned i = 0; i < UNITS; i++) {
        builder_mark(builder, 5 * (i % 2) + COMMAND);
        builder_alloc(builder, POOL(1 + i % 3), 3, 100 + i);
    }
    builder_destroy(builder, POOL(1), 5, 104, UNKNOWN);
    builder_end(builder, 0);
    return builder;
}

/* Threads, and a signal in one of them, in blocks of their own. */
static struct trace_builder *streams(void)
{
    struct trace_builder *builder = master();
    for (uint32_t i = 1; i < 4; i++) {
        builder_stream(builder, i % 2);
        builder_create(builder, POOL(i), PERMANENT, i);
        builder_alloc(builder, POOL(i), i, 40);
    }
    builder_hole(builder);
    builder_stream(builder, 0);
    builder_end_block(builder);
    builder_destroy(builder, POOL(2), 1, 40, 64);
    return builder;
}

/* Pools that pile up, one that grows, the root one grows, and needless ones, over UNITS of MARK. */
static void pile_up(struct trace_builder *builder, unsigned mark, uint32_t stack)
{
    builder_create(builder, POOL(1), PERMANENT, stack);
    for (uint32_t i = 0; i < UNITS; i++) {
        builder_mark(builder, mark);
        builder_create(builder, POOL(2 + i), PERMANENT, stack + 1);
        builder_alloc(builder, POOL(1), stack + 2, 600);
        builder_alloc(builder, PERMANENT, stack + 3, 1000);
        builder_create(builder, POOL(14), POOL(1), stack + 4);
        builder_destroy(builder, POOL(14), stack + 5, 0, 512);
    }
}

static struct trace_builder *restarts(void)
{
    struct trace_builder *builder = master();
    pile_up(builder, RESTART, 1);
    return builder;
}

static struct trace_builder *forking_master(void)
{
    struct trace_builder *builder = master();
    builder_fork_event(builder, 1);
    builder_mark(builder, RESTART);
    builder_fork_event(builder, 2);
    builder_end(builder, 0);
    return builder;
}

static struct trace_builder *leaking_session(void)
{
    struct trace_builder *builder = session(1, 7);
    pile_up(builder, COMMAND, 7);
    builder_end(builder, 0);
    return builder;
}

/* Pools of documented roles that live otherwise; a backtrace is its parent's. */
static struct trace_builder *role_session(void)
{
    struct trace_builder *builder = session(2, 20);
    const unsigned tags[] = {TAG_SESSION, TAG_TRANSFER, TAG_COMMAND, TAG_TRANSFER};
    for (uint32_t i = 0; i < 4; i++) {
        builder_create(builder, POOL(1 + i), PERMANENT, 20 + i);
        builder_name_id(builder, POOL(1 + i), 2, tags[i]);
        builder_alloc(builder, POOL(1 + i), 21, 32);
    }
    for (uint32_t i = 0; i < 3; i++)
        builder_mark(builder, COMMAND);
    builder_destroy(builder, POOL(2), 22, 32, 512);
    builder_end(builder, 0);
    return builder;
}

/* Recording had stopped, and lost events. */
static struct trace_builder *stopped(void)
{
    struct trace_builder *builder = every_event();
    struct trace_header *header = builder_header(builder);
    header->stop = TRACE_STOP_DISK_FULL;
    header->stop_errno = 28;
    header->lost[TRACE_LOST_STOPPED] = 3;
    header->cut = header->unwound = header->checked = header->differed = 1;
    return builder;
}

/* Its module is a file: see what elfutils says of addresses in it. */
static struct trace_builder *real_module(void)
{
    return process("/bin/true");
}

static const char *root;

static void write_bytes(const char *kind, const char *name, const char *suffix, const void *bytes,
                        size_t size)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s/%s%s", root, kind, name, suffix);
    write_trace_file(path, bytes, size);
}

static void write_packed(const char *kind, const char *name, const unsigned char *bytes,
                         size_t size)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s/%s.zst", root, kind, name);
    FILE *out = fopen(path, "we");
    if (!out)
        abort();
    struct packed_writer *writer = packed_writer_new(fileno(out));
    for (size_t at = 0; at < size; at += TRACE_PAGE)
        if (!packed_writer_frame(writer, bytes + at, TRACE_PAGE))
            abort();
    packed_writer_free(writer);
    if (fclose(out) != 0)
        abort();
}

typedef struct trace_builder *make_trace(void);

static void write_trace(const char *name, make_trace *make)
{
    size_t size;
    struct trace_builder *builder = make();
    const unsigned char *image = builder_image(builder, &size);
    write_bytes("reader", name, "", image, size);
    write_bytes("report", name, "", image, size);
    write_packed("reader", name, image, size);
    write_packed("report", name, image, size);
    builder_free(builder);
}

/* COUNT traces one after the other, see fuzz.h. */
static void write_recording(const char *name, make_trace *const *make, size_t count)
{
    unsigned char all[64 * TRACE_PAGE];
    size_t used = 0, size;
    for (size_t i = 0; i < count; i++) {
        struct trace_builder *builder = make[i]();
        const unsigned char *image = builder_image(builder, &size);
        if (used + size > sizeof(all))
            abort();
        memcpy(all + used, image, size);
        used += size;
        builder_free(builder);
    }
    write_bytes("report", name, "", all, used);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    root = argv[1];
    write_trace("events", every_event);
    write_trace("objects", objects);
    write_trace("young", young_pools);
    write_trace("pages", pages);
    write_trace("streams", streams);
    write_trace("systems", two_systems);
    write_trace("restarts", restarts);
    write_trace("stopped", stopped);
    write_trace("module", real_module);
    write_recording("leak", (make_trace *const[]){forking_master, leaking_session}, 2);
    write_recording("roles", (make_trace *const[]){forking_master, role_session}, 2);
    char sums[4096];
    snprintf(sums, sizeof(sums), "%s/sums", root);
    sums_seeds(sums);
    return 0;
}
