/* listener.c - whether somebody listens on a TCP port; see listener.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/listener.h"

#include "analyzer/util/memory.h"

#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_LISTEN 0x0a /* in /proc/net/tcp */

static struct in6_addr mapped(uint32_t ipv4)
{
    struct in6_addr address = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(address.s6_addr + 12, &ipv4, sizeof(ipv4));
    return address;
}

static bool read_port(const char *text, uint16_t *port)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    *port = (uint16_t)number;
    return isdigit((unsigned char)*text) && !*end && number > 0 && number <= UINT16_MAX;
}

static void add_addresses(struct listener *listener, const struct addrinfo *info)
{
    for (; info && listener->count < LISTENER_ADDRESSES; info = info->ai_next) {
        struct in6_addr *address = &listener->addresses[listener->count];
        if (info->ai_family == AF_INET)
            *address = mapped(((const struct sockaddr_in *)(void *)info->ai_addr)->sin_addr.s_addr);
        else if (info->ai_family == AF_INET6)
            *address = ((const struct sockaddr_in6 *)(void *)info->ai_addr)->sin6_addr;
        else
            continue;
        listener->count++;
    }
}

bool listener_resolve(const char *text, struct listener *listener, struct error *error)
{
    const char *colon = strrchr(text, ':');
    *listener = (struct listener){0};
    if (!colon || colon == text || !read_port(colon + 1, &listener->port)) {
        error_set(error, "%s: HOST:PORT was expected, with a port from 1 to 65535", text);
        return false;
    }
    bool brackets = text[0] == '[' && colon[-1] == ']';
    char *host = xstrndup(text + brackets, (size_t)(colon - text) - 2 * brackets);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int wrong = getaddrinfo(host, NULL, &hints, &found);
    free(host);
    if (wrong) {
        error_set(error, "%s: %s", text, gai_strerror(wrong));
        return false;
    }
    add_addresses(listener, found);
    freeaddrinfo(found);
    return true;
}

/* HEX is an address as the kernel prints it: words in the byte order of the machine. */
static bool read_address(const char *hex, struct in6_addr *address)
{
    uint32_t words[4];
    size_t length = strlen(hex);
    if (length != 8 && length != 32)
        return false;
    for (size_t i = 0; i < length / 8; i++)
        if (sscanf(hex + 8 * i, "%8x", &words[i]) != 1)
            return false;
    if (length == 8)
        *address = mapped(words[0]);
    else
        memcpy(address, words, sizeof(words));
    return true;
}

/* Whether a socket bound to BOUND serves ADDRESS. */
static bool serves(const struct in6_addr *bound, const struct in6_addr *address)
{
    const struct in6_addr every4 = mapped(INADDR_ANY);
    return memcmp(bound, address, sizeof(*bound)) == 0 || IN6_IS_ADDR_UNSPECIFIED(bound) ||
           (IN6_IS_ADDR_V4MAPPED(address) && memcmp(bound, &every4, sizeof(every4)) == 0);
}

static bool line_matches(const struct listener *listener, const char *line)
{
    char hex[33];
    unsigned port, state;
    struct in6_addr bound;
    if (sscanf(line, " %*u: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x", hex, &port, &state) != 3 ||
        state != STATE_LISTEN || port != listener->port || !read_address(hex, &bound))
        return false;
    for (size_t i = 0; i < listener->count; i++)
        if (serves(&bound, &listener->addresses[i]))
            return true;
    return false;
}

static bool is_in(const struct listener *listener, const char *file)
{
    FILE *table = fopen(file, "re");
    char line[512];
    bool there = false;
    while (table && !there && fgets(line, sizeof(line), table))
        there = line_matches(listener, line);
    if (table)
        fclose(table);
    return there;
}

bool listener_is_there(const struct listener *listener)
{
    return is_in(listener, "/proc/self/net/tcp") || is_in(listener, "/proc/self/net/tcp6");
}
