/*
 * sums_master.h - the process whose children's sums sums_fuzz.c reads.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_SUMS_MASTER_H
#define LIFEGUARD_SUMS_MASTER_H

#include <stddef.h>

struct trace_builder;

#define SUMS_MASTER   UINT64_C(0x1000)              /* its trace's id */
#define SUMS_FILE     "keep.0000000000001000.state" /* where its children's sums are */
#define SUMS_SESSIONS 6                             /* children */

/* Its trace; the caller frees it. */
unsigned char *sums_master(size_t *size);

/* A master, and a child NUMBER that leaves pools behind, makes one for nothing, and lets another
 * grow. The caller frees what it gets. */
struct trace_builder *sums_build_master(void);
struct trace_builder *sums_build_session(unsigned number);

#endif
