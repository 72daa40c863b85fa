/*
 * trace_builder.h - traces made by hand, byte by byte as preload/trace/format.h has it, for tests.
 * It shares no code with the recorder.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_TRACE_BUILDER_H
#define LIFEGUARD_TRACE_BUILDER_H

#include "preload/trace/format.h"
#include "tests/unit/support/temp_dir.h"

#include <stddef.h>
#include <stdint.h>

struct trace_builder;

/* A trace of process PID in stream 0. ID and PARENT_ID are file ids. The caller frees it. */
struct trace_builder *builder_new(uint64_t id, int pid);
struct trace_builder *builder_fork(uint64_t id, int pid, uint64_t parent_id, uint32_t fork_seq,
                                   uint32_t first_stack);
void builder_free(struct trace_builder *builder);

/* To be changed at will before builder_write(). Ticks are ns; the trace begins at tick 1000. */
struct trace_header *builder_header(struct trace_builder *builder);

/* Definitions. */
void builder_record(struct trace_builder *builder, unsigned type, const void *bytes, size_t length);
void builder_program(struct trace_builder *builder, const char *path);
void builder_api(struct trace_builder *builder, const char *text);
/* Of the pool system with that NUMBER, not 0. */
void builder_another_api(struct trace_builder *builder, uint32_t number, const char *text);
void builder_stack(struct trace_builder *builder, uint32_t id, unsigned depth,
                   const uint64_t *frames);
void builder_tag(struct trace_builder *builder, uint32_t id, const char *tag);
void builder_module(struct trace_builder *builder, uint64_t start, uint64_t end, uint64_t bias,
                    uint32_t stack, const char *path);
void builder_unload(struct trace_builder *builder, uint64_t start, uint32_t stack);
void builder_hook(struct trace_builder *builder, unsigned type, const char *function,
                  const char *module, const char *how);
/* The same of a function that does not create, by enum api_role. */
void builder_hook_of(struct trace_builder *builder, unsigned type, unsigned role,
                     const char *function, const char *module, const char *how);

/* Events from here on go to that stream, which goes on where it was, or begins. */
void builder_stream(struct trace_builder *builder, uint32_t stream);
/* Ends the stream's block: its next event begins a new one. */
void builder_end_block(struct trace_builder *builder);
/* A page that was claimed and not written. */
void builder_hole(struct trace_builder *builder);
/* The tick of the next event; each event moves it on by one. */
void builder_at(struct trace_builder *builder, uint64_t tick);

void builder_create(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint32_t stack);
/* Of that system's, without a backtrace. */
void builder_create_of(struct trace_builder *builder, unsigned system, uint64_t pool,
                       uint64_t parent);
/* It is there, and holds USED bytes. */
void builder_adopt(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint64_t used);
void builder_alloc(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t size);
/* An allocation that can be given back by itself, and its end. */
void builder_object(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t size,
                    uint64_t object);
void builder_give_back(struct trace_builder *builder, uint64_t pool, uint32_t stack,
                       uint64_t object);
/* An allocation with a page of its own, and a touch that must not be; HOW: enum trace_fault. */
void builder_watched(struct trace_builder *builder, uint64_t pool, uint64_t object);
void builder_used(struct trace_builder *builder, uint64_t pool, uint64_t object, unsigned how);
void builder_guarded(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t size,
                     uint64_t object);
void builder_fault(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t object,
                   unsigned how, int64_t offset);
void builder_orphan(struct trace_builder *builder, uint64_t pool, uint32_t stack);
void builder_release(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t object);
void builder_relocate(struct trace_builder *builder, uint64_t pool, uint32_t stack,
                      uint64_t address);
void builder_move(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint32_t stack);
/* USED, CAPACITY: UINT64_MAX where not known. */
void builder_destroy(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t used,
                     uint64_t capacity);
void builder_clear(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t used,
                   uint64_t capacity);
void builder_found(struct trace_builder *builder, uint64_t pool, enum trace_found unit,
                   uint64_t count);
void builder_with(struct trace_builder *builder, uint64_t pool, uint64_t number);
void builder_large(struct trace_builder *builder, uint64_t pool, uint64_t object);
void builder_reset(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t used,
                   uint64_t capacity);
void builder_survey(struct trace_builder *builder, uint64_t pool, uint64_t used, uint64_t capacity);
void builder_name(struct trace_builder *builder, uint64_t pool, uint32_t stack, const char *name);
void builder_name_bytes(struct trace_builder *builder, uint64_t pool, uint32_t stack,
                        const char *name, size_t length);
void builder_name_id(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint32_t id);
void builder_mark(struct trace_builder *builder, unsigned mark);
/* NAME: id of a builder_tag(). */
void builder_label(struct trace_builder *builder, uint32_t name);
void builder_units(struct trace_builder *builder, unsigned mark, uint32_t count, uint32_t last);
void builder_labelled(struct trace_builder *builder, uint32_t name, uint32_t count);
/* Of pools that were young: one that is told of now, made AGO ticks ago, as number SERIAL of its
 * unit; what it took; where; that others are as it; one that had ended at DESTROYED, HOW: enum
 * trace_gone; sums of those that did; and of those that are as another. */
void builder_survivor(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint32_t stack,
                      uint64_t serial, uint64_t ago);
void builder_took(struct trace_builder *builder, uint64_t pool, uint64_t count, uint64_t bytes);
void builder_place(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t count,
                   uint64_t bytes);
void builder_like(struct trace_builder *builder, uint64_t pool, uint64_t number);
void builder_gone(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint32_t destroyed,
                  uint32_t stack, uint32_t name, unsigned how);
void builder_young(struct trace_builder *builder, uint32_t destroyed, uint32_t stack, unsigned how,
                   const uint64_t sums[4]); /* count, allocations, bytes, largest */
void builder_again(struct trace_builder *builder, uint64_t number, uint64_t count, uint64_t ago);
void builder_root(struct trace_builder *builder, unsigned root, uint64_t pool);
void builder_fork_event(struct trace_builder *builder, uint32_t sequence);
void builder_end(struct trace_builder *builder, int status);
/* Bytes as they are, in place of an event. */
void builder_bytes(struct trace_builder *builder, const void *bytes, size_t length);

/* The whole file. It lives as long as the builder and until the next call on it. */
const unsigned char *builder_image(struct trace_builder *builder, size_t *size);

/* Writes it as DIR/PID.trace. */
void builder_write(struct trace_builder *builder, const char *dir);

#endif
