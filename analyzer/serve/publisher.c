/* publisher.c - what a recording comes to, for monitoring; see publisher.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/serve/publisher.h"

#include "analyzer/profile/pool_profile.h"
#include "analyzer/render/redact_analysis.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/serve/metrics_file.h"
#include "analyzer/serve/server.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

struct publisher {
    struct metrics_file file;         /* no name: none */
    struct server *server;            /* NULL: none; only then there is no profile */
    struct pool_profiling *profiling; /* NULL: nothing was read yet */
    bool redact;
};

/* Beyond this host anybody may read it. */
static void say_where(const struct address *address)
{
    char text[ADDRESS_TEXT];
    fprintf(stderr, "lifeguard keep: listening on http://%s%s\n", address_text(address, text),
            address_is_loopback(address) ? "" : ", for whoever reaches it");
}

struct publisher *publisher_start(const struct publish_request *request, struct error *error)
{
    struct server *server = NULL;
    if (request->metrics && !metrics_file_check(request->metrics, error))
        return NULL;
    if (request->listen) {
        server = server_start(request->listen, error);
        if (!server)
            return NULL;
        say_where(server_address(server));
    }
    struct publisher *publisher = xcalloc(1, sizeof *publisher);
    publisher->file.name = request->metrics;
    publisher->server = server;
    publisher->redact = request->redact;
    return publisher;
}

struct replay_observer publisher_observe(void *data)
{
    struct publisher *publisher = data;
    if (!publisher->server)
        return (struct replay_observer){.data = NULL};
    pool_profiling_free(publisher->profiling);
    publisher->profiling = pool_profiling_new(0);
    return pool_profiling_observer(publisher->profiling);
}

/* Last of those who write: what they told is for this host. */
void publisher_write(void *data, struct analysis *analysis, FILE *to)
{
    const struct publisher *publisher = data;
    if (publisher->redact)
        redact_analysis(analysis);
    documents_write(to, analysis,
                    publisher->profiling ? pool_profiling_profile(publisher->profiling) : NULL);
}

void publisher_take(void *data, const char *bytes, size_t size)
{
    struct publisher *publisher = data;
    struct documents documents;
    if (!documents_read(&documents, bytes, size))
        return;
    documents_remember(&documents);
    if (publisher->server)
        server_publish(publisher->server, &documents);
    if (publisher->file.name)
        metrics_file_write(&publisher->file, documents.items[DOCUMENT_METRICS].bytes,
                           documents.items[DOCUMENT_METRICS].length);
}

void publisher_end(struct publisher *publisher)
{
    if (publisher->server)
        server_stop(publisher->server);
    metrics_file_end(&publisher->file);
    pool_profiling_free(publisher->profiling);
    free(publisher);
}
