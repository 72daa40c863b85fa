#include "unwind.h"

#include "backtraces.h"
#include "detour.h"
#include "eh_frame.h"
#include "libunwind_remote.h"
#include "modules.h"
#include "stack_bounds.h"
#include "stack_cache.h"
#include "trace_file.h"

#include <string.h>
#include <sys/mman.h>

#define RULE_SLOTS 16384
#define RED_ZONE   128 /* bytes below rsp that a signal handler leaves alone */

/* Where the kernel puts registers above a handler's return address: struct ucontext. */
enum { CONTEXT_RBP = 120, CONTEXT_RSP = 160, CONTEXT_RIP = 168, CONTEXT_SIZE = 176 };

/* mov $__NR_rt_sigreturn, %rax; syscall: what that return address points to. */
static const uint8_t sigreturn_code[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
enum { SIGRETURN_SYSCALL = 7 }; /* the second instruction's offset */

/*
 * A remembered rule. Threads read and write these without a lock: KEY is the address xor the rule,
 * so that a torn pair matches no address.
 */
static struct {
    uint64_t key, rule;
} rules[RULE_SLOTS] __attribute__((aligned(TRACE_PAGE)));

static bool verifying;

struct frame {
    uint64_t ip, sp, rbp;
    uint64_t rbp_place; /* where rbp was loaded from */
    uint64_t top;       /* the stack ends here; 0: not known */
    bool interrupted;   /* ip is where a signal came, not a return address */
};

void unwind_setup(bool verify)
{
    bool loaded = libunwind_setup();
    verifying = verify && loaded;
}

void unwind_forget_rules(void)
{
    stack_caches_forget();
    madvise(rules, sizeof(rules), MADV_DONTNEED);
}

/* In the recorder, or in a stub of its? PC may be an address or the byte in front of it. */
static bool is_ours(uint64_t pc)
{
    return detour_contains(pc) || detour_contains(pc + 1) || modules_is_recorder(pc) ||
           modules_is_recorder(pc + 1);
}

static struct unwind_rule compute_rule(struct stream *stream, uint64_t pc)
{
    unsigned pushed = 0;
    bool ours = is_ours(pc);
    detour_locate(pc, &pc, &pushed);
    const struct module *module = modules_find(stream, pc, backtraces_next_id());
    if (!module)
        return (struct unwind_rule){.kind = UNWIND_UNKNOWN, .ours = ours};
    struct unwind_rule rule = eh_frame_rule(module->eh_frame_hdr, pc);
    if (!rule.from_rbp)
        rule.cfa_offset += (int32_t)pushed;
    rule.ours = ours;
    return rule;
}

static struct unwind_rule find_rule(struct stream *stream, const struct frame *frame)
{
    union {
        uint64_t word;
        struct unwind_rule rule;
    } found;
    /* A return address belongs to the call before it, which may be its function's last byte. */
    uint64_t pc = frame->interrupted ? frame->ip : frame->ip - 1;
    size_t slot = (pc ^ pc >> 14) % RULE_SLOTS; /* the shorter, the sooner the next load begins */
    uint64_t key = __atomic_load_n(&rules[slot].key, __ATOMIC_RELAXED);
    found.word = __atomic_load_n(&rules[slot].rule, __ATOMIC_RELAXED);
    if ((key ^ found.word) == pc && found.word != 0)
        return found.rule;
    found.rule = compute_rule(stream, pc);
    __atomic_store_n(&rules[slot].key, pc ^ found.word, __ATOMIC_RELAXED);
    __atomic_store_n(&rules[slot].rule, found.word, __ATOMIC_RELAXED);
    return found.rule;
}

static uint64_t load(uint64_t address)
{
    return *(const uint64_t *)address;
}

/* Where a signal came, an epilogue may have popped rbp, or a leaf have saved it below rsp. */
static uint64_t lowest_place(const struct frame *frame)
{
    return frame->interrupted ? frame->sp - RED_ZONE : frame->sp;
}

static bool step_normal(struct frame *frame, struct unwind_rule rule, struct stack_trail *trail,
                        uint64_t first_sp)
{
    if (rule.from_rbp) /* it decides where the caller's frame is: so does where it came from */
        stack_trail_add(trail, frame->rbp_place - first_sp, frame->rbp, false);
    uint64_t cfa = (rule.from_rbp ? frame->rbp : frame->sp) + (uint64_t)(int64_t)rule.cfa_offset;
    if (cfa <= frame->sp || cfa > frame->top || cfa % 8 != 0)
        return false;
    if (rule.rbp_offset != 0) {
        uint64_t place = cfa + (uint64_t)(8 * (int64_t)rule.rbp_offset);
        if (place < lowest_place(frame) || place >= cfa)
            return false;
        frame->rbp = load(place);
        frame->rbp_place = place;
    }
    frame->ip = load(cfa - 8);
    frame->sp = cfa;
    stack_trail_add(trail, cfa - 8 - first_sp, frame->ip, true);
    frame->interrupted = false;
    return true;
}

/* At either instruction of the return from a handler: the next signal may come between the two. */
static bool is_sigreturn(uint64_t address)
{
    const uint8_t *code = (const uint8_t *)address, *syscall = sigreturn_code + SIGRETURN_SYSCALL;
    if (memcmp(code, syscall, sizeof(sigreturn_code) - SIGRETURN_SYSCALL) == 0)
        code -= SIGRETURN_SYSCALL;
    return memcmp(code, sigreturn_code, sizeof(sigreturn_code)) == 0;
}

static bool step_signal(struct frame *frame)
{
    if (!is_sigreturn(frame->ip) || frame->sp > frame->top - CONTEXT_SIZE)
        return false;
    uint64_t context = frame->sp;
    frame->ip = load(context + CONTEXT_RIP);
    frame->sp = load(context + CONTEXT_RSP);
    frame->rbp = load(context + CONTEXT_RBP);
    frame->top = stack_top(frame->sp); /* the handler may have had a stack of its own */
    frame->interrupted = true;
    return frame->top != 0;
}

/* From FRAME to the outermost by remembered rules alone; false: it did not get there. */
static bool walk(struct stream *stream, struct frame frame, struct backtrace *backtrace,
                 struct stack_trail *trail)
{
    const uint64_t first_sp = frame.sp;
    if (frame.top == 0)
        return false;
    for (;;) {
        backtrace->frames[backtrace->depth++] = frame.ip;
        struct unwind_rule rule = find_rule(stream, &frame);
        backtrace->ours |= rule.ours;
        if (rule.kind == UNWIND_END)
            return true;
        if (rule.kind == UNWIND_SIGNAL) {
            backtrace->signals = true;
            backtrace->signal_sp = frame.sp;
            backtrace->signal_at = backtrace->depth - 1;
        }
        if (rule.kind == UNWIND_NORMAL ? !step_normal(&frame, rule, trail, first_sp)
                                       : rule.kind != UNWIND_SIGNAL || !step_signal(&frame))
            return false;
        if (frame.ip == 0)
            return true;
        if (backtrace->depth == TRACE_DEPTH_MAX) {
            backtrace->cut = true;
            return true;
        }
    }
}

/* False: this stack is libunwind's, from the latest signal frame on or as a whole. */
static bool take_fast(struct stream *stream, const struct unwind_start *start,
                      struct backtrace *backtrace, struct stack_trail *trail)
{
    backtrace->depth = 0;
    backtrace->cut = backtrace->signals = backtrace->ours = false;
    backtrace->signal_sp = 0;
    const struct frame frame = {.ip = start->ip,
                                .sp = start->sp,
                                .rbp = start->rbp,
                                .rbp_place = (uint64_t)(uintptr_t)&start->rbp,
                                .top = stack_top(start->sp)};
    return walk(stream, frame, backtrace, trail);
}

/* From the stub where libunwind ended by rules again; false: it did not get to the outermost. */
static bool walk_from_stub(struct stream *stream, struct backtrace *backtrace,
                           struct stack_trail *trail)
{
    const struct frame stub = {.ip = backtrace->frames[backtrace->depth - 1],
                               .sp = backtrace->stub_sp,
                               .rbp = backtrace->stub_rbp,
                               .top = stack_top(backtrace->stub_sp),
                               .interrupted = true};
    if (stub.top == 0)
        return false;
    backtrace->depth--;
    return walk(stream, stub, backtrace, trail);
}

/*
 * What rules do not lead through, by libunwind: from the latest signal frame, where all registers
 * are on the stack, or from START when there is none. Both in turn, until neither gets further.
 */
static void take_slow(struct stream *stream, const struct unwind_start *start,
                      struct backtrace *backtrace, struct stack_trail *trail)
{
    struct unwind_start from = *start;
    bool whole = false;
    unsigned kept = 0;
    do {
        if (backtrace->signal_sp != 0) {
            kept = backtrace->signal_at;
            from = (struct unwind_start){.ip = backtrace->frames[kept], .sp = backtrace->signal_sp};
        }
        unsigned depth = backtrace->depth;
        backtrace->depth = kept;
        backtrace->signal_sp = 0;
        if (!libunwind_take(&from, backtrace))
            backtrace->depth = depth;
        else if (backtrace->stub_sp != 0)
            whole = walk_from_stub(stream, backtrace, trail);
    } while (!whole && backtrace->signal_sp != 0);
}

/*
 * Stubs are not in any unwind table: from one that a signal interrupted, libunwind guesses where
 * detour.c knows. The two have in common what comes before, and the stub.
 */
static unsigned count_common(const struct backtrace *backtrace)
{
    unsigned i = 0;
    while (i < backtrace->depth && !detour_contains(backtrace->frames[i]))
        i++;
    return i < backtrace->depth ? i + 1 : 0;
}

static bool same(const struct backtrace *a, const struct backtrace *b)
{
    unsigned common = count_common(a), depth = common ? common : a->depth;
    if (common ? b->depth < common : a->depth != b->depth || a->cut != b->cut)
        return false;
    return memcmp(a->frames, b->frames, depth * sizeof(a->frames[0])) == 0;
}

static void verify(const struct unwind_start *start, const struct backtrace *backtrace)
{
    struct backtrace reference;
    struct trace_header *header = trace_file_header();
    reference.depth = 0;
    if (!libunwind_take(start, &reference))
        return;
    __atomic_fetch_add(&header->checked, 1, __ATOMIC_RELAXED);
    if (!same(backtrace, &reference))
        __atomic_fetch_add(&header->differed, 1, __ATOMIC_RELAXED);
}

/* Puts a backtrace into the form of TRACE_RECORD_STACK. */
static void finish(struct stream *stream, struct backtrace *backtrace)
{
    unsigned kept = 0, pushed;
    bool interrupted = false;
    for (unsigned i = 0; i < backtrace->depth; i++) {
        uint64_t raw = backtrace->frames[i], frame = raw;
        /* What is in a stub is in the patched function, as far as the program knows. */
        detour_locate(raw, &frame, &pushed);
        frame += interrupted;
        if (!modules_is_recorder(raw))
            backtrace->frames[kept++] = frame;
        interrupted = backtrace->signals && modules_find(stream, raw - 1, backtraces_next_id()) &&
                      is_sigreturn(raw);
    }
    backtrace->depth = kept;
}

static void verify_recalled(const struct unwind_start *start, const struct remembered *remembered)
{
    struct backtrace backtrace = {.frames[0] = start->ip};
    backtrace.depth = 1 + remembered_returns(remembered, backtrace.frames + 1, TRACE_DEPTH_MAX - 1);
    verify(start, &backtrace);
}

uint32_t unwind_recall(struct stream *stream, const struct unwind_start *start)
{
    const struct remembered *remembered = stack_cache_find(stream->cache, start);
    if (!remembered)
        return TRACE_NO_STACK;
    if (__builtin_expect(verifying, 0))
        verify_recalled(start, remembered);
    return remembered->id;
}

bool unwind_is_verifying(void)
{
    return verifying;
}

void unwind_take(struct stream *stream, const struct unwind_start *start,
                 struct backtrace *backtrace, struct stack_trail *trail)
{
    struct trace_header *header = trace_file_header();
    __atomic_fetch_add(&header->unwound, 1, __ATOMIC_RELAXED);
    stack_trail_begin(trail);
    bool fast = take_fast(stream, start, backtrace, trail);
    if (!fast) {
        __atomic_fetch_add(&header->unwound_slow, 1, __ATOMIC_RELAXED);
        take_slow(stream, start, backtrace, trail);
    } else if (verifying) {
        verify(start, backtrace);
    }
    if (backtrace->cut)
        __atomic_fetch_add(&header->cut, 1, __ATOMIC_RELAXED);
    if (!fast || backtrace->cut || backtrace->signals)
        trail->count = TRAIL_NONE;
    if (!fast || backtrace->signals || backtrace->ours)
        finish(stream, backtrace);
}
