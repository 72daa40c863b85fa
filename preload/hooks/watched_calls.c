/* watched_calls.c - system calls with what is guarded; see watched_calls.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "preload/hooks/watched_calls.h"

#include "preload/code/detour.h"
#include "preload/code/image.h"
#include "preload/guard/fault.h"
#include "preload/guard/slots.h"
#include "preload/guard/slots_memory.h"
#include "preload/guard/stale.h"
#include "preload/hooks/call_stack.h"
#include "preload/hooks/hook.h"
#include "preload/hooks/process.h"
#include "preload/unwind/modules.h"
#include "preload/util/readable.h"
#include "preload/util/threads.h"

#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define VECTORS_MOST 64u /* of a call are looked at */

#define ARGUMENT(i) (1u << (i))

enum vectors { NO_VECTORS, VECTORS, IN_MESSAGE };

/* Does it fork, and the C library tells nobody? As its third argument says. */
enum forking { NO_FORK, FORKS, FORKS_BY_FLAGS };

/* What the kernel does with the arguments of a function. */
struct watched_call {
    const char *name;
    uint8_t read, written; /* bits: which point to what it reads, or writes */
    uint8_t length;        /* number of the one with the bytes of the only buffer; 0: none */
    enum vectors vectors;  /* the second one tells of buffers */
    enum forking forking;
};

static const struct watched_call calls[] = {
    {"write", ARGUMENT(1), 0, 2, NO_VECTORS, NO_FORK},
    {"pwrite64", ARGUMENT(1), 0, 2, NO_VECTORS, NO_FORK},
    {"send", ARGUMENT(1), 0, 2, NO_VECTORS, NO_FORK},
    {"sendto", ARGUMENT(1) | ARGUMENT(4), 0, 2, NO_VECTORS, NO_FORK},
    {"writev", ARGUMENT(1), 0, 0, VECTORS, NO_FORK},
    {"sendmsg", ARGUMENT(1), 0, 0, IN_MESSAGE, NO_FORK},
    {"read", 0, ARGUMENT(1), 2, NO_VECTORS, NO_FORK},
    {"pread64", 0, ARGUMENT(1), 2, NO_VECTORS, NO_FORK},
    {"recv", 0, ARGUMENT(1), 2, NO_VECTORS, NO_FORK},
    {"recvfrom", 0, ARGUMENT(1) | ARGUMENT(4) | ARGUMENT(5), 2, NO_VECTORS, NO_FORK},
    {"readv", ARGUMENT(1), 0, 0, VECTORS, NO_FORK},
    {"recvmsg", ARGUMENT(1), 0, 0, IN_MESSAGE, NO_FORK},
    {"open", ARGUMENT(0), 0, 0, NO_VECTORS, NO_FORK},
    {"openat", ARGUMENT(1), 0, 0, NO_VECTORS, NO_FORK},
    {"stat", ARGUMENT(0), ARGUMENT(1), 0, NO_VECTORS, NO_FORK},
    {"lstat", ARGUMENT(0), ARGUMENT(1), 0, NO_VECTORS, NO_FORK},
    {"fstat", 0, ARGUMENT(1), 0, NO_VECTORS, NO_FORK},
    {"access", ARGUMENT(0), 0, 0, NO_VECTORS, NO_FORK},
    {"unlink", ARGUMENT(0), 0, 0, NO_VECTORS, NO_FORK},
    {"rename", ARGUMENT(0) | ARGUMENT(1), 0, 0, NO_VECTORS, NO_FORK},
    {"mkdir", ARGUMENT(0), 0, 0, NO_VECTORS, NO_FORK},
    {"rmdir", ARGUMENT(0), 0, 0, NO_VECTORS, NO_FORK},
    {"chdir", ARGUMENT(0), 0, 0, NO_VECTORS, NO_FORK},
    {"chmod", ARGUMENT(0), 0, 0, NO_VECTORS, NO_FORK},
    {"chown", ARGUMENT(0), 0, 0, NO_VECTORS, NO_FORK},
    {"readlink", ARGUMENT(0), ARGUMENT(1), 0, NO_VECTORS, NO_FORK},
    {"connect", ARGUMENT(1), 0, 0, NO_VECTORS, NO_FORK},
    {"bind", ARGUMENT(1), 0, 0, NO_VECTORS, NO_FORK},
    {"poll", ARGUMENT(0), 0, 0, NO_VECTORS, NO_FORK},
    {"_Fork", 0, 0, 0, NO_VECTORS, FORKS},
    {"clone", 0, 0, 0, NO_VECTORS, FORKS_BY_FLAGS},
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

static struct hook hooks[CALLS];

/* ADDRESS is touched, if that would fail. */
static void touch(const struct hook *hook, const struct entry_frame *frame, uint64_t address,
                  bool writes)
{
    if (!slots_is_closed(address) || !process_check_fork())
        return;
    struct stream *stream = stream_enter();
    if (!stream)
        return;
    fault_tell_call(stream, address, writes, call_stack_within(stream, frame, hook->address));
    stream_leave();
}

/* Is there memory for SIZE bytes, which are few pages? */
static bool can_read(uint64_t address, uint64_t size)
{
    return address && is_readable(address) && is_readable(address + size - 1);
}

static void touch_vectors(const struct hook *hook, const struct entry_frame *frame,
                          uint64_t address, uint64_t count, bool writes)
{
    const struct iovec *vectors = (const struct iovec *)(uintptr_t)address;
    count = count < VECTORS_MOST ? count : VECTORS_MOST;
    if (count == 0 || !can_read(address, count * sizeof(*vectors)))
        return;
    for (uint64_t i = 0; i < count; i++) {
        if (vectors[i].iov_len > 0)
            touch(hook, frame, (uint64_t)(uintptr_t)vectors[i].iov_base, writes);
    }
}

static void touch_all_vectors(const struct hook *hook, const struct entry_frame *frame,
                              enum vectors how, bool writes)
{
    const uint64_t address = frame->arguments[1];
    const struct msghdr *message = (const struct msghdr *)(uintptr_t)address;
    if (how == VECTORS)
        touch_vectors(hook, frame, address, frame->arguments[2], writes);
    else if (how == IN_MESSAGE && can_read(address, sizeof(*message)))
        touch_vectors(hook, frame, (uint64_t)(uintptr_t)message->msg_iov, message->msg_iovlen,
                      writes);
}

/* Of what is written out, all is read. */
static void touch_end(const struct hook *hook, const struct entry_frame *frame,
                      const struct watched_call *call)
{
    const uint64_t size = call->length ? frame->arguments[call->length] : 0;
    if (call->read & ARGUMENT(1) && size > 0)
        touch(hook, frame, frame->arguments[1] + size - 1, false);
}

void watched_calls_look(const struct hook *hook, const struct entry_frame *frame)
{
    const struct watched_call *call = &calls[hook - hooks];
    if (call->forking) {
        if (call->forking == FORKS || !(frame->arguments[2] & CLONE_VM))
            stale_bare_fork();
        return;
    }
    const bool nothing = call->length && frame->arguments[call->length] == 0;
    for (unsigned i = 0; i < 6 && !nothing; i++) {
        if ((call->read | call->written) & ARGUMENT(i))
            touch(hook, frame, frame->arguments[i], call->written & ARGUMENT(i));
    }
    touch_end(hook, frame, call);
    if (call->vectors)
        touch_all_vectors(hook, frame, call->vectors, call->name[0] == 'r');
}

/* Do none of its arguments point to what is guarded, or next to it, as of most? */
static bool touches_nothing(const struct hook *hook, const struct entry_frame *frame)
{
    const struct watched_call *call = &calls[hook - hooks];
    if (call->forking || call->vectors)
        return false;
    for (unsigned left = call->read | call->written; left; left &= left - 1) {
        if (slots_memory_may_have(frame->arguments[__builtin_ctz(left)]))
            return false;
    }
    return !call->length || !(call->read & ARGUMENT(1)) ||
           !slots_memory_may_have(frame->arguments[1] + frame->arguments[call->length] - 1);
}

/* For images_visit(): the first that has it, but for the recorder. */
struct wanted {
    struct slice name;
    struct image_symbol found;
};

static bool find(struct image *image, void *data)
{
    struct wanted *wanted = data;
    const struct image_symbol symbol = image_symbol(image, wanted->name);
    if (!symbol.address || modules_is_recorder(symbol.address))
        return false;
    wanted->found = (struct image_symbol){symbol.address,
                                          image_function_size(image, symbol.address, symbol.size)};
    return true;
}

static void install(struct hook *hook, struct image_symbol function)
{
    hook->role = HOOK_OF_CALL;
    hook->try = touches_nothing;
    hook->address = function.address;
    const struct detour detour = {.address = function.address,
                                  .size = function.size,
                                  .enter = entry_before,
                                  .context = hook,
                                  .original = &hook->entry.original};
    if (function.address && function.size) /* one that cannot be hooked is not seen */
        (void)detour_install(&detour);
}

/* To look for them takes some of these functions, which cannot run until detour_finish(). */
void watched_calls_begin(bool guarded, bool shared)
{
    struct wanted wanted[CALLS];
    if (threads_are_several())
        return;
    for (unsigned i = 0; i < CALLS; i++) {
        wanted[i] = (struct wanted){.name = {calls[i].name, strlen(calls[i].name)}};
        images_visit(find, &wanted[i]);
    }
    for (unsigned i = 0; i < CALLS; i++) {
        if (calls[i].forking ? shared : guarded)
            install(&hooks[i], wanted[i].found);
    }
}
