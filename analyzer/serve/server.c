/* server.c - documents for who asks by HTTP; see server.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/serve/server.h"

#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG         16
#define CONNECTION_ROOM (16u << 10) /* bytes: what one may say before it is refused */

/* What is served, and as what. */
static const struct page {
    const char *path, *type;
    enum document document;
} pages[] = {
    {"/metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8", DOCUMENT_METRICS},
    {"/debug/pprof/heap", "application/octet-stream", DOCUMENT_HEAP},
    {"/findings", "application/json", DOCUMENT_FINDINGS},
};

#define PAGES (sizeof pages / sizeof *pages)

struct server {
    struct MHD_Daemon *daemon;
    struct address address;
    pthread_mutex_t lock;                /* of `answers`, which the library's thread reads */
    struct MHD_Response *answers[PAGES]; /* NULL: not published yet */
    struct MHD_Response *early, *missing, *refused;
};

static void set_header(struct MHD_Response *answer, const char *name, const char *value)
{
    if (MHD_add_response_header(answer, name, value) == MHD_NO)
        memory_exhausted();
}

static struct MHD_Response *make_answer(const char *bytes, size_t length, const char *type)
{
    struct MHD_Response *answer =
        MHD_create_response_from_buffer(length, (void *)bytes, MHD_RESPMEM_MUST_COPY);
    if (!answer)
        memory_exhausted();
    set_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    set_header(answer, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    set_header(answer, "X-Content-Type-Options", "nosniff");
    return answer;
}

static struct MHD_Response *make_words(const char *words)
{
    return make_answer(words, strlen(words), "text/plain; charset=utf-8");
}

static enum MHD_Result answer_page(struct server *server, struct MHD_Connection *connection,
                                   size_t page)
{
    pthread_mutex_lock(&server->lock);
    struct MHD_Response *answer = server->answers[page];
    const enum MHD_Result queued =
        answer ? MHD_queue_response(connection, MHD_HTTP_OK, answer)
               : MHD_queue_response(connection, MHD_HTTP_SERVICE_UNAVAILABLE, server->early);
    pthread_mutex_unlock(&server->lock);
    return queued;
}

static enum MHD_Result answer(void *data, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    struct server *server = data;
    (void)version, (void)upload, (void)upload_size, (void)state;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return MHD_queue_response(connection, MHD_HTTP_METHOD_NOT_ALLOWED, server->refused);
    for (size_t i = 0; i < PAGES; i++) {
        if (strcmp(path, pages[i].path) == 0)
            return answer_page(server, connection, i);
    }
    return MHD_queue_response(connection, MHD_HTTP_NOT_FOUND, server->missing);
}

static void make_fixed_answers(struct server *server)
{
    server->early = make_words("Nothing has been read yet.\n");
    set_header(server->early, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    server->missing = make_words("There are /metrics, /debug/pprof/heap and /findings.\n");
    server->refused = make_words("Only GET and HEAD.\n");
    set_header(server->refused, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
}

static bool bind_socket(int fd, struct address *address)
{
    const int yes = 1;
    struct sockaddr *to = (struct sockaddr *)&address->socket;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
           (address->socket.ss_family != AF_INET6 ||
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) == 0) &&
           bind(fd, to, address->length) == 0 && listen(fd, BACKLOG) == 0 &&
           getsockname(fd, to, &address->length) == 0;
}

/* Listens at *ADDRESS, whose port becomes known. -1 with errno set. */
static int open_socket(struct address *address)
{
    int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && !bind_socket(fd, address)) {
        const int saved = errno;
        close(fd);
        errno = saved;
        fd = -1;
    }
    return fd;
}

/* Signals are for whoever waits for them: not for the library's thread. */
static struct MHD_Daemon *start_daemon(struct server *server, int fd)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD, 0, NULL, NULL, answer, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVER_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SERVER_PATIENCE, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_ROOM,
        MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

static void free_server(struct server *server)
{
    struct MHD_Response *const fixed[] = {server->early, server->missing, server->refused};
    for (size_t i = 0; i < PAGES; i++) {
        MHD_destroy_response(fixed[i]);
        if (server->answers[i])
            MHD_destroy_response(server->answers[i]);
    }
    pthread_mutex_destroy(&server->lock);
    free(server);
}

struct server *server_start(const struct address *address, struct error *error)
{
    char text[ADDRESS_TEXT];
    struct server *server = xcalloc(1, sizeof *server);
    server->address = *address;
    pthread_mutex_init(&server->lock, NULL);
    make_fixed_answers(server);
    const int fd = open_socket(&server->address);
    if (fd >= 0)
        server->daemon = start_daemon(server, fd);
    if (server->daemon)
        return server;
    error_set(error, "%s: %s", address_text(address, text), strerror(errno));
    if (fd >= 0)
        close(fd);
    free_server(server);
    return NULL;
}

const struct address *server_address(const struct server *server)
{
    return &server->address;
}

static void publish_page(struct server *server, size_t page, struct MHD_Response *answer)
{
    pthread_mutex_lock(&server->lock);
    struct MHD_Response *earlier = server->answers[page];
    server->answers[page] = answer;
    pthread_mutex_unlock(&server->lock);
    if (earlier)
        MHD_destroy_response(earlier); /* who is being answered with it has it to the end */
}

void server_publish(struct server *server, const struct documents *documents)
{
    for (size_t i = 0; i < PAGES; i++) {
        const enum document which = pages[i].document;
        publish_page(server, i,
                     make_answer(documents->items[which].bytes, documents->items[which].length,
                                 pages[i].type));
    }
}

void server_stop(struct server *server)
{
    MHD_stop_daemon(server->daemon);
    free_server(server);
}
