/*
 * ready.c - how long a server takes to listen.
 *
 *   ready FILE PORT PROGRAM [ARG...]
 *
 * Starts PROGRAM, and ends it by SIGTERM as soon as it accepts a connection on 127.0.0.1:PORT.
 * FILE gets the time until then in ns. Fails when that takes ten seconds.
 *
 * SPDX-License-Identifier: MIT
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NS UINT64_C(10000000000)
#define PAUSE_NS    50000

static uint64_t elapsed_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool accepts(in_port_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

    close(fd);
    return connected;
}

static bool wait_until_it_accepts(in_port_t port, uint64_t begin)
{
    while (!accepts(port)) {
        if (elapsed_ns() - begin > PATIENCE_NS)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return true;
}

static bool write_number(const char *path, uint64_t number)
{
    FILE *file = fopen(path, "w");

    return file && fprintf(file, "%lu\n", number) > 0 && fclose(file) == 0;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    uint64_t begin = elapsed_ns();
    pid_t child = fork();

    if (child == 0) {
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    bool ready = child > 0 && wait_until_it_accepts((in_port_t)atoi(argv[2]), begin);
    uint64_t end = elapsed_ns();

    if (child > 0)
        kill(child, SIGTERM);
    wait(NULL);
    return !(ready && write_number(argv[1], end - begin));
}
