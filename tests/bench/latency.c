/*
 * latency.c - how long a server of FTP takes to answer a command.
 *
 *   latency FILE PORT PASSWORD COUNT COMMAND
 *
 * Logs in as alice on loopback, sends COMMAND COUNT times, each when the one before was answered,
 * and writes a line into FILE: the median and the 99th percentile in ns.
 *
 * SPDX-License-Identifier: MIT
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 65536
#define WARM_UP    100 /* commands that are not counted */

static uint64_t elapsed_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int connect_to(int port)
{
    const struct sockaddr_in server = {.sin_family = AF_INET,
                                       .sin_port = htons((uint16_t)port),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&server, sizeof(server)) != 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

/* "257 ..." ends an answer, "257-..." does not. */
static bool is_last_line(const char *line)
{
    return isdigit((unsigned char)line[0]) && isdigit((unsigned char)line[1]) &&
           isdigit((unsigned char)line[2]) && line[3] == ' ';
}

/* Reads an answer to its end. Returns its first digit; 0: there is none. */
static char answer(int fd)
{
    char text[ANSWER_MAX];
    size_t length = 0, line = 0;
    while (length < sizeof(text)) {
        const ssize_t got = read(fd, text + length, sizeof(text) - length);
        if (got <= 0)
            return 0;
        length += (size_t)got;
        char *end;
        while ((end = memchr(text + line, '\n', length - line))) {
            if (end - (text + line) > 3 && is_last_line(text + line))
                return text[line];
            line = (size_t)(end - text) + 1;
        }
    }
    return 0;
}

static char ask(int fd, const char *command)
{
    char line[512];
    const int length = snprintf(line, sizeof(line), "%s\r\n", command);
    return write(fd, line, (size_t)length) == length ? answer(fd) : 0;
}

static bool log_in(int fd, const char *password)
{
    char command[256];
    snprintf(command, sizeof(command), "PASS %s", password);
    return answer(fd) == '2' && ask(fd, "USER alice") == '3' && ask(fd, command) == '2';
}

static int compare(const void *a, const void *b)
{
    const uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return (first > second) - (first < second);
}

int main(int argc, char **argv)
{
    const size_t count = argc == 6 ? strtoul(argv[4], NULL, 10) : 0;
    uint64_t *took = count ? calloc(count, sizeof(*took)) : NULL;
    const int fd = took ? connect_to(atoi(argv[2])) : -1;
    if (fd < 0 || !log_in(fd, argv[3]))
        return 2;
    for (size_t i = 0; i < count + WARM_UP; i++) {
        const uint64_t begin = elapsed_ns();
        if (ask(fd, argv[5]) != '2')
            return 1;
        took[i < WARM_UP ? 0 : i - WARM_UP] = elapsed_ns() - begin;
    }
    qsort(took, count, sizeof(*took), compare);
    FILE *file = fopen(argv[1], "w");
    return !file ||
           fprintf(file, "%lu %lu\n", took[count / 2], took[count - 1 - count / 100]) < 0 ||
           fclose(file) != 0;
}
