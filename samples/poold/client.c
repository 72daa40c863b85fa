/* client.c - who talks to a session; see client.h. */
#include "client.h"

#include <time.h>
#include <unistd.h>

#define BURSTS 100 /* a second: a pause after each */

struct client client_on_socket(int fd)
{
    struct client client = {.in = fdopen(fd, "r")};

    if (!client.in)
        close(fd);
    return client;
}

struct client client_scripted(unsigned commands, unsigned rate)
{
    return (struct client){.all = commands, .rate = rate};
}

/* A client that was stopped for a while does not make up for that. */
static void pause_at_rate(const struct client *client)
{
    const unsigned burst = client->rate / BURSTS + 1;
    const unsigned long ns = 1000000000ul * burst / client->rate;
    const struct timespec time = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};

    if (client->said % burst == 0)
        nanosleep(&time, NULL);
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
    if (client->rate)
        pause_at_rate(client);
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
