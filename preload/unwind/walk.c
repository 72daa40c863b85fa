/* walk.c - from a frame to its callers, by remembered rules alone (rules.h); see walk.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/unwind/walk.h"

#include "preload/unwind/rules.h"
#include "preload/util/readable.h"

#include <string.h>

#define RED_ZONE 128 /* bytes below rsp that a signal handler leaves alone */

/* Where the kernel puts registers above a handler's return address: struct ucontext. */
enum { CONTEXT_RBP = 120, CONTEXT_RSP = 160, CONTEXT_RIP = 168, CONTEXT_SIZE = 176 };

/* mov $__NR_rt_sigreturn, %rax; syscall: what that return address points to. */
static const uint8_t sigreturn_code[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
enum { SIGRETURN_SYSCALL = 7 }; /* the second instruction's offset */

/* A word of the program's, wherever that is: on a stack that it made, too. */
__attribute__((no_sanitize_address)) static inline uint64_t load(uint64_t address)
{
    return *(const uint64_t *)address;
}

/* A signed number of bytes or words. */
static inline uint64_t distance(int64_t number)
{
    return (uint64_t)number;
}

/* Where a signal came, an epilogue may have popped rbp, or a leaf have saved it below rsp. */
static uint64_t lowest_place(const struct walk_frame *frame)
{
    return frame->interrupted ? frame->sp - RED_ZONE : frame->sp;
}

/* Is there a return address below CFA, in the thread's own stack or in what can be read of another?
 */
static bool reaches(struct walk_frame *frame, uint64_t cfa)
{
    return cfa <= frame->reach.top || (!frame->reach.own && stack_reach_extend(&frame->reach, cfa));
}

/* Can the word at PLACE be read, which lies below CFA? Below the stack pointer lies what an
 * interrupted function may have put there. */
static bool is_there(const struct walk_frame *frame, uint64_t place)
{
    return place >= lowest_place(frame) &&
           (place >= frame->sp || frame->reach.own || is_readable(place));
}

static bool step_normal(struct walk_frame *frame, struct unwind_rule rule,
                        struct stack_trail *trail, uint64_t first_sp)
{
    uint64_t base = frame->sp;
    if (rule.from_rbp) { /* it decides where the caller's frame is: so does where it came from */
        base = load(frame->rbp_place);
        stack_trail_add(trail, frame->rbp_place - first_sp, base, false);
    }
    uint64_t cfa = base + distance(rule.cfa_offset);
    if (cfa <= frame->sp || cfa % 8 != 0 || !reaches(frame, cfa))
        return false;
    if (rule.rbp_offset != 0) {
        uint64_t place = cfa + distance(8 * rule.rbp_offset);
        if (place >= cfa || !is_there(frame, place))
            return false;
        frame->rbp_place = place;
    }
    frame->ip = load(cfa - 8);
    frame->sp = cfa;
    stack_trail_add(trail, cfa - 8 - first_sp, frame->ip, true);
    frame->interrupted = false;
    return true;
}

bool walk_is_sigreturn(uint64_t address)
{
    const uint8_t *code = (const uint8_t *)address, *syscall = sigreturn_code + SIGRETURN_SYSCALL;
    if (memcmp(code, syscall, sizeof(sigreturn_code) - SIGRETURN_SYSCALL) == 0)
        code -= SIGRETURN_SYSCALL;
    return memcmp(code, sigreturn_code, sizeof(sigreturn_code)) == 0;
}

static bool step_signal(struct walk_frame *frame)
{
    if (!walk_is_sigreturn(frame->ip) || !reaches(frame, frame->sp + CONTEXT_SIZE))
        return false;
    uint64_t context = frame->sp;
    frame->ip = load(context + CONTEXT_RIP);
    frame->sp = load(context + CONTEXT_RSP);
    frame->rbp_place = context + CONTEXT_RBP;
    frame->reach = stack_reach_unknown(frame->sp); /* the handler may have had one of its own */
    frame->interrupted = true;
    return true;
}

static inline unsigned most_steps(const struct backtrace *backtrace,
                                  const struct stack_trail *trail)
{
    const unsigned frames = TRACE_DEPTH_MAX - backtrace->depth;
    const unsigned words = trail->count < TRAIL_WORDS ? TRAIL_WORDS - trail->count : 0;
    return frames < words ? frames : words;
}

/* From FRAME as far as rules are plain: most steps, and so all that matters is how long one takes.
 */
static inline void walk_plainly(struct walk_frame *frame, struct backtrace *backtrace,
                                struct stack_trail *trail, uint64_t first_sp)
{
    uint64_t ip = frame->ip, sp = frame->sp, rbp_place = frame->rbp_place;
    uint64_t room = sp < frame->reach.top ? (frame->reach.top - sp) / 8 : 0; /* words */
    uint64_t *frames = backtrace->frames + backtrace->depth;
    int32_t *offsets = trail->offsets + trail->count;
    uint64_t *values = trail->values + trail->count;
    const unsigned most = most_steps(backtrace, trail);
    const uint64_t mask = plain_step_mask();
    unsigned steps = 0;
    for (; steps < most && ip != 0; steps++) {
        const uint64_t step = plain_step(ip, mask);
        const uint64_t words = step & STEP_CFA_MAX, cfa = sp + 8 * words;
        const uint64_t rbp_words = step >> STEP_RBP_SHIFT & STEP_RBP_MAX;
        if (!step_is_of(step, ip) || words - 1 >= room) /* 0 is no step */
            break;
        room -= words;
        rbp_place = rbp_words ? cfa - 8 * rbp_words : rbp_place;
        frames[steps] = ip;
        ip = load(cfa - 8);
        sp = cfa;
        offsets[steps] = (int32_t)(cfa - 8 - first_sp) | 1;
        values[steps] = ip;
    }
    backtrace->depth += steps;
    trail->count += steps;
    frame->ip = ip;
    frame->sp = sp;
    frame->rbp_place = rbp_place;
}

/*
 * A coroutine's first function has a return address that nothing returns to, such as abort(): it is
 * taken for one behind the last call of the function in front of that, whose rule leads anywhere.
 */
static bool is_bottom(struct stream *stream, const struct walk_frame *frame,
                      struct unwind_rule rule)
{
    struct stack_reach reach = frame->reach;
    const uint64_t cfa = frame->sp + distance(rule.cfa_offset);
    if (rule.kind != UNWIND_NORMAL || frame->reach.own || frame->interrupted || !rule.last ||
        rule.from_rbp)
        return false;
    if (cfa <= frame->sp || cfa % 8 != 0 || (cfa > reach.top && !stack_reach_extend(&reach, cfa)))
        return true;
    const uint64_t next = load(cfa - 8);
    if (next == 0)
        return true;
    const uint8_t kind = rule_find(stream, next).kind;
    return kind == UNWIND_UNKNOWN || kind == UNWIND_NO_TABLE;
}

/* One step, by any rule. False: there is none to take. */
static bool step(struct stream *stream, struct walk_frame *frame, struct backtrace *backtrace,
                 struct stack_trail *trail, uint64_t first_sp, bool *outermost)
{
    backtrace->frames[backtrace->depth++] = frame->ip;
    const struct unwind_rule rule = rule_find(stream, frame->ip + frame->interrupted);
    backtrace->ours |= rule.ours;
    backtrace->incomplete = rule.kind == UNWIND_NO_TABLE;
    *outermost = rule.kind == UNWIND_END || backtrace->incomplete || is_bottom(stream, frame, rule);
    backtrace->bottom = *outermost && rule.last;
    if (*outermost)
        return false;
    if (rule.last && !frame->reach.own) /* what is read next may be of no stack, and gone later */
        trail->count = TRAIL_NONE;
    if (rule.kind == UNWIND_NORMAL)
        return step_normal(frame, rule, trail, first_sp);
    if (rule.kind != UNWIND_SIGNAL)
        return false;
    backtrace->signals = true;
    backtrace->signal_sp = frame->sp;
    backtrace->signal_at = backtrace->depth - 1;
    return step_signal(frame);
}

/* As walk_callers(), but for a trail that leads too far. */
static bool walk(struct stream *stream, struct walk_frame *frame, struct backtrace *backtrace,
                 struct stack_trail *trail, uint64_t first_sp)
{
    bool outermost = false;
    for (;;) {
        if (!frame->interrupted && frame->sp % 8 == 0)
            walk_plainly(frame, backtrace, trail, first_sp);
        if (frame->ip == 0)
            return true;
        if (backtrace->depth == TRACE_DEPTH_MAX) {
            backtrace->cut = true;
            return true;
        }
        if (!step(stream, frame, backtrace, trail, first_sp, &outermost))
            return outermost;
    }
}

bool walk_callers(struct stream *stream, struct walk_frame *frame, struct backtrace *backtrace,
                  struct stack_trail *trail)
{
    const uint64_t first_sp = frame->sp;
    const bool whole = walk(stream, frame, backtrace, trail, first_sp);
    if (frame->sp - first_sp > INT32_MAX)
        trail->count = TRAIL_NONE;
    return whole;
}
