/*
 * address.h - where somebody listens: "127.0.0.1:9464", "[::1]:9464", or a port alone.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SERVE_ADDRESS_H
#define ANALYZER_SERVE_ADDRESS_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_TEXT 64 /* bytes of room */

struct address {
    struct sockaddr_storage socket;
    socklen_t length; /* of `socket` */
};

/*
 * WORD: a numeric address of IPv4, or of IPv6 in brackets, a colon and a port; ":PORT" and "PORT"
 * are of 127.0.0.1. Port 0 is any that is free. Names are none: whom they stand for may change.
 * False with *ERROR set.
 */
bool address_parse(const char *word, struct address *address, struct error *error);

/* Whether only this host can reach it. */
bool address_is_loopback(const struct address *address);

/* As a URL has it, "127.0.0.1:9464" or "[::1]:9464". Returns TEXT. */
char *address_text(const struct address *address, char text[ADDRESS_TEXT]);

#endif
