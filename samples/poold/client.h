/*
 * client.h - who talks to a session: someone on the network, or a script of so many commands.
 */
#ifndef POOLD_CLIENT_H
#define POOLD_CLIENT_H

#include <stddef.h>
#include <stdio.h>

struct client {
    FILE *in;           /* NULL: scripted */
    unsigned said, all; /* scripted: commands said, and to be said */
    unsigned rate;      /* ... of which it says no more in a second; 0: as fast as it can */
};

/* Takes the connected socket FD over. in is NULL when memory is out; FD is closed then. */
struct client client_on_socket(int fd);

/* COMMANDS of USER, LIST, ECHO and NOOP, always the same, at most RATE a second (0: no limit).
 * Answers are dropped. */
struct client client_scripted(unsigned commands, unsigned rate);

/*
 * Reads a line into LINE of SIZE bytes, without its line end; what does not fit is dropped.
 * Returns 0 when the client has nothing more to say.
 */
int client_read_line(struct client *client, char *line, size_t size);

/* Errors are ignored: the next read tells that the client is gone. */
void client_write_line(struct client *client, const char *text);

/* Ends the connection. */
void client_close(struct client *client);

#endif
/* SPDX-License-Identifier: MIT */
