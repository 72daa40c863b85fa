/*
 * server.h - the configured server: a pool of its own, replaced as a whole at each restart.
 */
#ifndef POOLD_SERVER_H
#define POOLD_SERVER_H

#include "pool.h"

typedef struct {
    pool *pool;
    const char *name, *value;
} config_rec;

typedef struct {
    pool *pool;
    array_header *conf; /* of config_rec * */
} server_rec;

/* NULL before server_init(). */
extern server_rec *main_server;

/* Reads the configuration, and again at each "core.restart". After events_init(). */
void server_init(void);

#endif
/* SPDX-License-Identifier: MIT */
