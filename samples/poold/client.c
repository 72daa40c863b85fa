/* client.c - who talks to a session; see client.h. */
#include "client.h"

#include <unistd.h>

struct client client_on_socket(int fd)
{
    struct client client = {.in = fdopen(fd, "r")};

    if (!client.in)
        close(fd);
    return client;
}

struct client client_scripted(unsigned commands)
{
    return (struct client){.all = commands};
}

static int say_next(struct client *client, char *line, size_t size)
{
    static const char *const again[] = {"LIST", "ECHO hello", "NOOP"};

    if (client->said == client->all)
        return 0;
    if (client->said == 0)
        snprintf(line, size, "USER alice");
    else
        snprintf(line, size, "%s", again[(client->said - 1) % 3]);
    client->said++;
    return 1;
}

int client_read_line(struct client *client, char *line, size_t size)
{
    size_t length = 0;
    int c;

    if (!client->in)
        return say_next(client, line, size);
    while ((c = getc(client->in)) != EOF && c != '\n')
        if (c != '\r' && length < size - 1)
            line[length++] = (char)c;
    line[length] = '\0';
    return c != EOF;
}

void client_write_line(struct client *client, const char *text)
{
    if (client->in)
        (void)dprintf(fileno(client->in), "%s\r\n", text);
}

void client_close(struct client *client)
{
    if (client->in)
        fclose(client->in);
}
/* SPDX-License-Identifier: MIT */
