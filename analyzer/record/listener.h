/*
 * listener.h - whether somebody listens on a TCP port. Nobody is connected to: that would be a
 * session more in the daemon.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_LISTENER_H
#define ANALYZER_RECORD_LISTENER_H

#include "analyzer/util/error.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTENER_ADDRESSES 16

struct listener {
    struct in6_addr addresses[LISTENER_ADDRESSES]; /* those of IPv4 mapped */
    size_t count;
    uint16_t port;
};

/* TEXT is "HOST:PORT", a HOST of IPv6 in brackets. False with *ERROR set. */
bool listener_resolve(const char *text, struct listener *listener, struct error *error);

/* Whether a socket of this network namespace listens there, or on every address. */
bool listener_is_there(const struct listener *listener);

#endif
