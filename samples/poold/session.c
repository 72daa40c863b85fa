/*
 * session.c - one client, from the fork to the end, and the pools that live as long; see
 * session.h.
 */
#include "session.h"
#include "event.h"
#include "fault.h"
#include "server.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

session_t session;
static int client_leaves;

conn_t *pr_inet_create_conn(pool *parent, const char *tag, const char *purpose)
{
    pool *own = pr_pool_create_sz(parent, sizeof(conn_t));

    pr_pool_tag(own, tag);
    conn_t *conn = pcallocsz(own, sizeof(*conn));

    conn->pool = own;
    conn->purpose = purpose;
    return conn;
}

void pr_inet_close(conn_t *conn)
{
    destroy_pool(conn->pool);
}

/* The answer is put together in memory that ends with the handler. */
static __attribute__((format(printf, 2, 3))) void reply(cmd_rec *cmd, const char *format, ...)
{
    char *text = palloc(cmd->tmp_pool, LINE_SIZE);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, LINE_SIZE, format, arguments);
    va_end(arguments);
    client_write_line(session.client, text);
}

static void abort_transfer(void *data)
{
    (void)data;
    destroy_pool(session.xfer.p);
    session.xfer.p = NULL;
    session.xfer.lines = NULL;
}

/* A command that ends in the middle of its transfer takes the transfer along. */
static void begin_transfer(cmd_rec *cmd)
{
    session.xfer.p = make_sub_pool(session.pool);
    pr_pool_tag(session.xfer.p, "Data Transfer pool");
    session.xfer.lines = make_array(session.xfer.p, 4, sizeof(char *));
    register_cleanup(cmd->tmp_pool, NULL, abort_transfer);
}

static void end_transfer(cmd_rec *cmd)
{
    unregister_cleanup(cmd->tmp_pool, NULL, abort_transfer);
    destroy_pool(session.xfer.p);
    session.xfer.p = NULL;
    session.xfer.lines = NULL;
}

static void list_config(const server_rec *server)
{
    for (unsigned i = 0; i < server->conf->nelts; i++) {
        const config_rec *config = ((config_rec **)server->conf->elts)[i];
        size_t size = strlen(config->name) + strlen(config->value) + 2;
        char *line = pallocsz(session.xfer.p, size);

        snprintf(line, size, "%s %s", config->name, config->value);
        *(char **)push_array(session.xfer.lines) = line;
    }
}

static void send_lines(conn_t *conn, const array_header *lines)
{
    for (unsigned i = 0; i < lines->nelts; i++) {
        snprintf(conn->line, sizeof(conn->line), " %s", ((char **)lines->elts)[i]);
        client_write_line(session.client, conn->line);
    }
}

static void cmd_list(cmd_rec *cmd)
{
    conn_t *data = pr_inet_create_conn(session.pool, "inet_copy_conn pool", "data");

    begin_transfer(cmd);
    list_config(main_server);
    reply(cmd, "150-%s connection, %u lines", data->purpose, session.xfer.lines->nelts);
    send_lines(data, session.xfer.lines);
    end_transfer(cmd);
    pr_inet_close(data);
    reply(cmd, "226 Transfer complete");
}

static void cmd_user(cmd_rec *cmd)
{
    if (session.user) {
        reply(cmd, "503 You are logged in already");
    } else if (cmd->argc < 2) {
        reply(cmd, "501 USER needs a name");
    } else {
        session.user = pstrdup(session.pool, cmd->argv[1]);
        reply(cmd, "230 User %s logged in", session.user);
    }
}

static void cmd_echo(cmd_rec *cmd)
{
    reply(cmd, "200 %s", cmd->argc < 2 ? "" : cmd->argv[1]);
}

static void cmd_noop(cmd_rec *cmd)
{
    reply(cmd, "200 NOOP command successful");
}

static void cmd_quit(cmd_rec *cmd)
{
    client_leaves = 1;
    reply(cmd, "221 Goodbye");
}

static void cmd_unknown(cmd_rec *cmd)
{
    reply(cmd, "500 %s not understood", cmd->argv[0]);
}

static const struct {
    const char *word;
    void (*handle)(cmd_rec *cmd);
} handlers[] = {
    {"ECHO", cmd_echo}, {"LIST", cmd_list}, {"NOOP", cmd_noop},
    {"QUIT", cmd_quit}, {"USER", cmd_user}, {NULL, cmd_unknown},
};

/* A word, and where there is more, the rest of the line. */
static cmd_rec *make_ftp_cmd(pool *parent, const char *line)
{
    pool *own = make_sub_pool(parent);

    pr_pool_tag(own, "make_ftp_cmd pool");
    cmd_rec *cmd = pcalloc(own, sizeof(*cmd));
    array_header *words = make_array(own, 2, sizeof(char *));
    char *copy = pstrdup(own, line);
    char *rest = strchr(copy, ' ');

    *(char **)push_array(words) = copy;
    if (rest) {
        *rest = '\0';
        *(char **)push_array(words) = rest + 1;
    }
    *cmd = (cmd_rec){own, NULL, (int)words->nelts, words->elts};
    pr_pool_tag(own, cmd->argv[0]);
    return cmd;
}

KEEP_FRAME int pr_cmd_read(cmd_rec **command)
{
    char line[LINE_SIZE];

    if (!client_read_line(session.client, line, sizeof(line)))
        return -1;
    *command = make_ftp_cmd(session.pool, line);
    return 0;
}

static KEEP_FRAME void pr_cmd_dispatch(cmd_rec *cmd)
{
    size_t i = 0;

    while (handlers[i].word && strcasecmp(handlers[i].word, cmd->argv[0]) != 0)
        i++;
    cmd->tmp_pool = make_sub_pool(cmd->pool);
    pr_pool_tag(cmd->tmp_pool, "cmd_rec tmp pool");
    handlers[i].handle(cmd);
    destroy_pool(cmd->tmp_pool);
    cmd->tmp_pool = NULL;
}

static void cmd_loop(void)
{
    cmd_rec *cmd;

    while (!client_leaves && pr_cmd_read(&cmd) == 0) {
        pr_cmd_dispatch(cmd);
        faults_commit(FAULT_IN_COMMAND);
        destroy_pool(cmd->pool);
    }
}

void session_run(struct client *client)
{
    session.client = client;
    faults_commit(FAULT_AFTER_FORK);
    if (!session.pool) {
        session.pool = make_sub_pool(permanent_pool);
        pr_pool_tag(session.pool, "Session Pool");
    }
    session.c = pr_inet_create_conn(session.pool, "init_conn pool", "control");
    pr_event_generate("core.connect", NULL);
    client_write_line(client, "220 poold");
    faults_commit(FAULT_IN_SESSION);
    cmd_loop();
    pr_inet_close(session.c);
    client_close(client);
}
/* SPDX-License-Identifier: MIT */
