/* address.c - where somebody listens; see address.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/serve/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_HOST "127.0.0.1"

static bool parse_port(const char *word, uint16_t *port)
{
    const size_t digits = strspn(word, "0123456789");
    const unsigned long number = digits > 0 && digits <= 5 ? strtoul(word, NULL, 10) : UINT32_MAX;
    *port = (uint16_t)number;
    return word[digits] == '\0' && number <= UINT16_MAX;
}

static bool set_v4(const char *host, uint16_t port, struct address *address)
{
    struct sockaddr_in *to = (struct sockaddr_in *)&address->socket;
    to->sin_family = AF_INET;
    to->sin_port = htons(port);
    address->length = sizeof *to;
    return inet_pton(AF_INET, host, &to->sin_addr) == 1;
}

static bool set_v6(const char *host, uint16_t port, struct address *address)
{
    struct sockaddr_in6 *to = (struct sockaddr_in6 *)&address->socket;
    to->sin6_family = AF_INET6;
    to->sin6_port = htons(port);
    address->length = sizeof *to;
    return inet_pton(AF_INET6, host, &to->sin6_addr) == 1;
}

/* LENGTH bytes of WORD, with the brackets of IPv6. */
static bool parse_host(const char *word, size_t length, uint16_t port, struct address *address)
{
    char host[INET6_ADDRSTRLEN];
    const bool v6 = length >= 2 && word[0] == '[' && word[length - 1] == ']';
    if (v6) {
        word++;
        length -= 2;
    }
    if (length >= sizeof host)
        return false;
    memcpy(host, word, length);
    host[length] = '\0';
    return v6 ? set_v6(host, port, address) : set_v4(host, port, address);
}

bool address_parse(const char *word, struct address *address, struct error *error)
{
    const char *colon = strrchr(word, ':');
    uint16_t port;
    *address = (struct address){.length = 0};
    if (!parse_port(colon ? colon + 1 : word, &port)) {
        error_set(error, "'%s' has no port from 0 to 65535 at its end", word);
        return false;
    }
    const bool known = colon && colon != word
                           ? parse_host(word, (size_t)(colon - word), port, address)
                           : set_v4(DEFAULT_HOST, port, address);
    if (!known)
        error_set(error, "'%s' is no address such as 127.0.0.1:9464 or [::1]:9464", word);
    return known;
}

bool address_is_loopback(const struct address *address)
{
    if (address->socket.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&address->socket)->sin6_addr);
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->socket;
    return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

char *address_text(const struct address *address, char text[ADDRESS_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "";
    if (address->socket.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->socket;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->socket;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT, "%s:%u", host, ntohs(v4->sin_port));
    }
    return text;
}
