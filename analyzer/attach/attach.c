/* attach.c - makes the recorder record a process that runs, and lets go of it; see attach.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/attach.h"

#include "analyzer/attach/feed.h"
#include "analyzer/attach/files.h"
#include "analyzer/attach/filters.h"
#include "analyzer/attach/giver.h"
#include "analyzer/attach/mapped.h"
#include "analyzer/attach/preflight.h"
#include "analyzer/attach/recorder.h"
#include "analyzer/attach/urgency.h"
#include "analyzer/attach/world.h"
#include "analyzer/util/auxiliary.h"

#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define RTLD_NOW_  2
#define LIBC_LEAST "execveat" /* since 2.34, which the recorder needs */

/* The process, while it is dealt with. */
struct session {
    struct target_memory memory;
    struct target_images images;
    struct recorder recorder;
    struct caller caller;
    struct threads others;
    struct urgency calm; /* as it is while they run */
    struct target_filters filters;
    uint64_t begun; /* drawn anew by each execve(2) */
};

static double ms_since(int64_t began)
{
    return (double)(nanoseconds_now() - began) / 1e6;
}

/* Is it let make the calls that it is to make? */
static bool is_let(struct session *session, pid_t pid, enum filters_use use, struct error *error)
{
    if (!filters_read(&session->filters, pid, error))
        return false;
    bool fails;
    const char *call = filters_obstacle(&session->filters, use, &fails);
    if (call)
        error_set(error,
                  fails ? "a filter of system calls (seccomp) is on it, which has %s(2) fail: what "
                          "is put into it could not be removed"
                        : "a filter of system calls (seccomp) is on it, which may end it for "
                          "%s(2), and it would have to make that",
                  call);
    return !call;
}

/* Its memory, when no other lifeguard is at it any more: to the others it would be traced. */
static bool open_memory(struct target_memory *memory, pid_t pid, struct error *error)
{
    const int why = target_memory_open(memory, pid) ? 0 : errno;
    if (!why && !target_memory_lock(memory)) {
        error_set(error, "process %d: another lifeguard is attaching to it, or letting go",
                  (int)pid);
        return false;
    }
    if (!preflight(pid, error))
        return false;
    if (why)
        preflight_explain(pid, why, YAMA_FILE, error);
    return !why;
}

static bool open_session(struct session *session, pid_t pid, enum filters_use use,
                         struct error *error)
{
    memset(session, 0, sizeof(*session));
    session->memory.fd = -1;
    session->begun = auxiliary_value(pid, AT_RANDOM);
    prctl(PR_SET_TIMERSLACK, 1);
    if (!open_memory(&session->memory, pid, error))
        return false;
    if (!is_let(session, pid, use, error))
        return false;
    session->caller.thread.pid = pid;
    session->caller.thread.images = &session->images;
    return target_images_find(&session->images, &session->memory, pid, error) &&
           recorder_find(&session->recorder, &session->images, error);
}

/* Who starts another program meanwhile is told so, whatever came of it. */
static void explain(const struct session *session, pid_t pid, struct error *error)
{
    const uint64_t begun = auxiliary_value(pid, AT_RANDOM);
    if (begun && session->begun && begun != session->begun)
        error_set(error, "process %d has started another program meanwhile", (int)pid);
}

static void close_session(struct session *session)
{
    filters_free(&session->filters);
    target_memory_close(&session->memory);
}

/* The recorder, where it is loaded: who is inside of it is not to be called on. */
static void note_recorder(struct session *session)
{
    session->caller.thread.recorder = session->recorder.at ? &session->recorder.control : NULL;
}

/* The loader's own code: what a thread does there is not to be interrupted by a call of it. */
static void note_loader(struct session *session)
{
    struct target_image image;
    uint64_t size = 0;
    if (target_find(&session->images, "_rtld_global_ro", &image)) {
        session->caller.thread.loader_begin = image.bias;
        size = target_image_size(&session->images, &image);
    }
    session->caller.thread.loader_end = session->caller.thread.loader_begin + size;
}

/* From here on the process can be made to call something. */
static bool begin_calls(struct session *session, struct error *error)
{
    note_loader(session);
    note_recorder(session);
    if (!caller_begin(&session->caller, error))
        return false;
    leftovers_remove(&session->caller);
    ledger_begin(&session->caller);
    return true;
}

static bool load_library(struct session *session, struct error *error)
{
    static const char path[] = CONTROL_PATH;
    struct target_image image;
    struct caller *caller = &session->caller;
    const uint64_t load = target_find(&session->images, "dlopen", &image);
    if (session->recorder.at)
        return true;
    if (!load || !target_write(&session->memory, caller->memory, path, sizeof(path)) ||
        !caller_call(caller, load, caller->memory, RTLD_NOW_, 0, error) ||
        !recorder_find(&session->recorder, &session->images, error))
        return false;
    if (!session->recorder.at)
        error_set(error,
                  "its loader refuses the recorder: no memory may be run in it, it is at its limit "
                  "of memory or open files (RLIMIT_AS, RLIMIT_NOFILE), it has no room left for "
                  "thread-local data, or a filter of system calls (seccomp) has one fail");
    note_recorder(session);
    return session->recorder.at != 0;
}

static bool write_request(struct session *session, struct control_request *request,
                          struct error *error)
{
    if (!filters_hand_over(&session->filters, &session->caller, request)) {
        error_set(error, "the filters of system calls (seccomp) on it are too large");
        return false;
    }
    return target_write(&session->memory, session->recorder.at + offsetof(struct control, request),
                        request, sizeof(*request));
}

/* On a thread that is taken: its registers, for who looks what they refer to. */
static bool tell_registers(struct session *session)
{
    const struct user_regs_struct *r = &session->caller.thread.registers;
    const uint64_t told[2 + CONTROL_WORDS] = {r->rsp, CONTROL_WORDS, r->rax, r->rbx, r->rcx, r->rdx,
                                              r->rsi, r->rdi,        r->rbp, r->r8,  r->r9,  r->r10,
                                              r->r11, r->r12,        r->r13, r->r14, r->r15};
    return target_write(&session->memory,
                        session->recorder.at + offsetof(struct control, registers), told,
                        sizeof(told));
}

/* All threads but the one that is called on stop; *BEGAN is when. */
static bool stop_world(struct session *session, int64_t *began, struct error *error)
{
    const struct caller *caller = &session->caller;
    urgency_begin(&session->calm);
    const bool ok = world_stop(&session->others, &session->memory, caller->thread.pid,
                               caller->thread.tid, &session->recorder.control, began, error);
    if (!ok)
        urgency_end(&session->calm);
    return ok;
}

/* With all threads stopped; who was called on, too, where that has left. */
static bool call_stopped(struct session *session, uint64_t function, struct error *error)
{
    struct caller *caller = &session->caller;
    const bool ok = recorder_call_stopped(&session->recorder, caller, function, error);
    if (caller->left)
        threads_add(&session->others, caller->thread.tid);
    return ok;
}

static void go_on(struct session *session, int64_t began, struct attach_result *result)
{
    result->threads = (unsigned)session->others.count + !session->caller.left;
    threads_release(&session->others);
    result->stopped_ms = ms_since(began);
    urgency_end(&session->calm);
}

/* All is as before the recorder came, but that it is still loaded. */
static bool undo(struct session *session, struct attach_result *result, struct error *error)
{
    struct recorder *recorder = &session->recorder;
    int64_t began;
    if (!caller_return(&session->caller, error) || !tell_registers(session) ||
        !stop_world(session, &began, error))
        return false;
    const bool ok = call_stopped(session, recorder->control.finish, error) &&
                    world_restore(&session->memory, &recorder->control, error) &&
                    recorder_set_state(recorder, &session->memory, CONTROL_IDLE);
    go_on(session, began, result);
    return ok;
}

/* What the program did up to now is found out with all its threads stopped; then its code leads to
 * the recorder. */
static bool commit(struct session *session, struct attach_result *result, struct error *error)
{
    struct recorder *recorder = &session->recorder;
    struct attach_result undone;
    struct error other;
    int64_t began;
    if (!stop_world(session, &began, error))
        return false;
    result->unsearched = !mapped_tell(recorder, &session->caller);
    const bool ok = call_stopped(session, recorder->control.commit, error) &&
                    world_patch(&session->others, &session->memory, &recorder->control,
                                session->caller.thread.sigreturn, error);
    result->functions = recorder->control.functions;
    go_on(session, began, result);
    if (!ok)
        undo(session, &undone, &other);
    return ok;
}

/* With the thread and the files at hand. False: nothing is recorded. */
static bool record(struct session *session, struct attach_files *files, struct giver *giver,
                   struct control_request *request, struct attach_result *result,
                   struct error *error)
{
    struct caller *caller = &session->caller;
    struct recorder *recorder = &session->recorder;
    if ((giver && !giver_listen(giver, caller, error)) || !feed_begin(&files->feed, caller, error))
        return false;
    request->trace = files->feed.files[files->trace].remote;
    bool ok = load_library(session, error) &&
              (recorder->control.state == CONTROL_IDLE || undo(session, result, error)) &&
              write_request(session, request, error);
    const bool asked = ok;
    ok = ok && recorder_call(recorder, caller, recorder->control.prepare, error);
    feed_end(&files->feed, caller, asked ? files->trace : FEED_MAX);
    return ok && commit(session, result, error);
}

static bool is_free(const struct session *session, struct error *error)
{
    struct target_image image;
    if (recorder_records(&session->recorder, &session->memory))
        error_set(error, "process %d is recorded already", (int)session->caller.thread.pid);
    else if (!target_find(&session->images, LIBC_LEAST, &image))
        error_set(error, "its C library is not the GNU C library 2.34 or later");
    else
        return true;
    return false;
}

bool attach_begin(const struct attach_plan *plan, struct attach_result *result, struct error *error)
{
    struct session session;
    struct attach_files files;
    struct control_request request;
    *result = (struct attach_result){0};
    bool ok =
        open_session(&session, plan->pid, plan->giver ? FILTERS_CHILDREN : FILTERS_BEGIN, error) &&
        is_free(&session, error);
    if (ok && attach_files_open(&files, plan, &request, error)) {
        ok = begin_calls(&session, error);
        const int64_t began = nanoseconds_now();
        if (ok) {
            ok = record(&session, &files, plan->giver, &request, result, error);
            caller_end(&session.caller);
            result->prepared_ms = ms_since(began);
        }
        snprintf(result->trace, sizeof(result->trace), "%s", files.name);
        attach_files_close(&files, ok);
    } else {
        ok = false;
    }
    if (!ok)
        explain(&session, plan->pid, error);
    close_session(&session);
    return ok;
}

bool attach_end(pid_t pid, struct attach_result *result, struct error *error)
{
    struct session session;
    *result = (struct attach_result){0};
    bool ok = open_session(&session, pid, FILTERS_END, error);
    if (ok && !recorder_records(&session.recorder, &session.memory)) {
        error_set(error, "process %d is not recorded", (int)pid);
        result->unrecorded = true;
        ok = false;
    }
    if (ok && recorder_serves(&session.recorder, &session.memory)) {
        error_set(error,
                  "process %d is recorded with --guard: the recorder serves it with memory, and "
                  "stays as long as it lives",
                  (int)pid);
        ok = false;
    }
    ok = ok && begin_calls(&session, error);
    if (ok) {
        const int64_t began = nanoseconds_now();
        ok = undo(&session, result, error);
        caller_end(&session.caller);
        result->prepared_ms = ms_since(began);
    }
    close_session(&session);
    return ok;
}

bool attach_is_gone(pid_t pid)
{
    enum { EXITING = 4 }; /* the kernel's PF_EXITING: its memory goes before its state tells */
    char path[64], line[512];
    char state = 'X';
    unsigned flags = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "re");
    const char *name_end = in && fgets(line, sizeof(line), in) ? strrchr(line, ')') : NULL;
    if (!name_end || sscanf(name_end, ") %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
        state = 'X';
    if (in)
        fclose(in);
    return state == 'X' || state == 'Z' || flags & EXITING;
}
