/*
 * server.h - documents for who asks by HTTP, in a thread of its own: who makes them never waits.
 *
 *   /metrics             OpenMetrics
 *   /debug/pprof/heap    a profile of pprof
 *   /findings            JSON
 *
 * Only GET and HEAD; SERVER_CONNECTIONS at a time, each for so many seconds without a word.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SERVE_SERVER_H
#define ANALYZER_SERVE_SERVER_H

#include "analyzer/serve/address.h"
#include "analyzer/serve/documents.h"

#define SERVER_CONNECTIONS 32
#define SERVER_PATIENCE    10 /* seconds */

struct server;

/* Listens. Before anything is published it answers 503. NULL with *ERROR set, the address first. */
struct server *server_start(const struct address *address, struct error *error);

/* Where, with the port that was found for port 0. */
const struct address *server_address(const struct server *server);

/* Answers with these from now on. */
void server_publish(struct server *server, const struct documents *documents);

/* Answers are cut off. */
void server_stop(struct server *server);

#endif
