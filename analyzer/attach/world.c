/* world.c - all threads of a process, stopped, while its code is changed; see world.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/world.h"

#include "analyzer/attach/inside.h"

#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <time.h>

#define PATIENCE_S 10
#define PAUSE_NS   2000000
#define TURNS      48         /* that threads are given to leave the recorder */
#define TURN_NS    50000L     /* at first; ... */
#define DOUBLED    8          /* ... twice as long after each so many */
#define STACK_MAX  (1u << 20) /* bytes looked at */
#define WORDS      4096u
#define STACKS_MAX 4    /* that handlers run on */
#define FRAME_CODE 176u /* bytes, from the return address of a signal frame to its `rip` */

/* The recorder in the process whose threads are stopped. */
struct inside {
    const struct target_memory *memory;
    const struct control *control;
};

static bool is_recording(const void *data, pid_t tid)
{
    const struct inside *inside = data;
    struct user_regs_struct registers;
    return ptrace(PTRACE_GETREGS, tid, 0, &registers) == 0 &&
           is_inside_recorder(inside->control, inside->memory, &registers);
}

/* Has who enters the recorder wait there, or not any more. */
static void hold(const struct inside *inside, bool held)
{
    const uint32_t from = held ? CONTROL_KNOWN : CONTROL_HELD,
                   to = held ? CONTROL_HELD : CONTROL_KNOWN;
    const uint64_t place = target_word(inside->memory, inside->control->known);
    uint32_t now;
    if (target_read(inside->memory, place, &now, sizeof(now)) && now == from)
        target_write(inside->memory, place, &to, sizeof(to));
}

/* Where many threads record, hardly ever none of them does: those that do run on alone, until they
 * are outside. They wait for no other; on a busy machine they wait for a processor. */
static bool leave_recorder(struct threads *threads, pid_t pid, pid_t except,
                           const struct inside *inside, size_t *recording, struct error *error)
{
    bool ok = true;
    *recording = 1;
    hold(inside, true);
    for (long turn = 0; turn < TURNS && ok && *recording > 0; turn++)
        ok = threads_let_run(threads, pid, except, is_recording, inside, TURN_NS << turn / DOUBLED,
                             recording, error);
    if (ok) /* else they run, and wait no longer than a moment */
        hold(inside, false);
    return ok;
}

bool world_stop(struct threads *threads, const struct target_memory *memory, pid_t pid,
                pid_t except, const struct control *control, int64_t *began, struct error *error)
{
    const struct inside inside = {memory, control};
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    const int64_t until = seconds_now() + PATIENCE_S;
    *began = nanoseconds_now();
    do {
        size_t recording = 0;
        if (!threads_stop(threads, pid, except, error) ||
            !leave_recorder(threads, pid, except, &inside, &recording, error))
            return false;
        if (recording == 0)
            return true;
        threads_release(threads);
        const int64_t released = nanoseconds_now();
        nanosleep(&pause, NULL);
        *began += nanoseconds_now() - released;
    } while (seconds_now() < until);
    error_set(error, "one of its threads stays inside the recorder; try again");
    return false;
}

/* Where who is at ADDRESS goes on once the jumps are there; 0: right there. */
static uint64_t instead_of(const struct control *control, uint64_t address)
{
    for (uint32_t i = 0; i < control->patch_count; i++) {
        const struct control_patch *patch = &control->patches[i];
        const uint64_t byte = address - patch->address;
        if (byte > 0 && byte < CONTROL_JUMP)
            return patch->instead[byte];
    }
    return 0;
}

/* What the handler whose frame has its `rip` at PLACE interrupted goes on elsewhere, if it has to;
 * its stack pointer. */
static uint64_t move_frame(const struct target_memory *memory, const struct control *control,
                           uint64_t place)
{
    const uint64_t instead = instead_of(control, target_word(memory, place));
    if (instead)
        target_write(memory, place, &instead, sizeof(instead));
    return target_word(memory, place - sizeof(uint64_t));
}

/* Handlers on the stack from SP on that interrupted code to be changed. Where one runs on a stack
 * of its own, *OTHER becomes where what it interrupted has its; else 0. */
static void move_interrupted(const struct target_memory *memory, const struct control *control,
                             uint64_t sp, uint64_t sigreturn, uint64_t *other)
{
    uint64_t words[WORDS];
    size_t got = sizeof(words);
    *other = 0;
    for (uint64_t at = sp; at < sp + STACK_MAX && got == sizeof(words); at += sizeof(words)) {
        got = target_read_some(memory, at, words, sizeof(words));
        for (size_t i = 0; i < got / sizeof(*words); i++) {
            if (words[i] != sigreturn)
                continue;
            const uint64_t below =
                move_frame(memory, control, at + i * sizeof(*words) + FRAME_CODE);
            if (below < sp || below >= sp + STACK_MAX)
                *other = below;
        }
    }
}

static bool move_thread(const struct target_memory *memory, const struct control *control,
                        pid_t tid, uint64_t sigreturn)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, tid, 0, &registers) != 0)
        return true; /* it has ended */
    const uint64_t instead = instead_of(control, registers.rip);
    uint64_t sp = registers.rsp;
    for (unsigned i = 0; i < STACKS_MAX && sp; i++)
        move_interrupted(memory, control, sp, sigreturn, &sp);
    if (!instead)
        return true;
    registers.rip = instead;
    return ptrace(PTRACE_SETREGS, tid, 0, &registers) == 0;
}

static bool is_there(const struct target_memory *memory, uint64_t address, const void *bytes)
{
    uint8_t now[CONTROL_JUMP];
    return target_read(memory, address, now, sizeof(now)) && memcmp(now, bytes, sizeof(now)) == 0;
}

bool world_restore(const struct target_memory *memory, const struct control *control,
                   struct error *error)
{
    bool ok = true;
    for (uint32_t i = 0; i < control->patch_count; i++) {
        const struct control_patch *patch = &control->patches[i];
        if (is_there(memory, patch->address, patch->jump))
            ok &= target_write(memory, patch->address, patch->original, CONTROL_JUMP);
    }
    if (!ok)
        error_set(error, "the code of the process cannot be written to");
    return ok;
}

bool world_patch(const struct threads *threads, const struct target_memory *memory,
                 const struct control *control, uint64_t sigreturn, struct error *error)
{
    bool ok = true;
    for (size_t i = 0; i < threads->count; i++)
        ok &= move_thread(memory, control, threads->tids[i], sigreturn);
    for (uint32_t i = 0; i < control->patch_count && ok; i++) {
        const struct control_patch *patch = &control->patches[i];
        ok = is_there(memory, patch->address, patch->original) &&
             target_write(memory, patch->address, patch->jump, CONTROL_JUMP);
    }
    if (!ok && world_restore(memory, control, error))
        error_set(error, "the code of the process has changed, or cannot be written to");
    return ok;
}
