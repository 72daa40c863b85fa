/* rules.c - how to step from an address of code to its caller; see rules.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/unwind/rules.h"

#include "preload/code/detour.h"
#include "preload/unwind/backtraces.h"
#include "preload/unwind/modules.h"
#include "preload/util/address_space.h"
#include "preload/util/forked.h"

#include <sys/auxv.h>

#define SLOTS_FIRST 256u /* a page; twice as many each time they are too few */
#define SLOTS       4096u
#define ENTRY_SIZE  64 /* bytes of code at the program's entry, about: nobody calls it */

/*
 * A remembered rule that is no plain step. Threads read and write these without a lock: KEY is the
 * address xor what key_of() makes of the rule, so that a torn pair matches no address.
 */
struct slot {
    uint64_t key, rule;
};

union word {
    uint64_t word;
    struct unwind_rule rule;
};

/* Two rules that differ in any bit give numbers that differ by more than two addresses do. */
static uint64_t key_of(uint64_t address, uint64_t rule)
{
    rule *= 0x9e3779b97f4a7c15u;
    return address ^ (rule ^ rule >> 32) * 0xd6e8feb86659fd93u;
}

#define ON_PAGES __attribute__((aligned(TRACE_PAGE)))

static struct slot slots[SLOTS] ON_PAGES;
static uint32_t used = SLOTS_FIRST; /* slots; another number is as if rules were forgotten */
FORKED static uint32_t displaced;   /* rules, since there are so many */
uint64_t plain_steps[STEP_SLOTS] ON_PAGES;
uint32_t plain_steps_used = STEP_SLOTS_FIRST;
FORKED static uint32_t steps_displaced; /* the same of these */
FORKED static bool any_without_table;   /* rules of code that no table tells of */

void rules_forget(void)
{
    address_space_wipe(slots, sizeof(slots));
    address_space_wipe(plain_steps, sizeof(plain_steps));
    __atomic_store_n(&any_without_table, false, __ATOMIC_RELAXED);
}

bool rules_lack_tables(void)
{
    return __atomic_load_n(&any_without_table, __ATOMIC_RELAXED);
}

/* In the recorder, or in a stub of its? PC may be an address or the byte in front of it. */
static bool is_ours(uint64_t pc)
{
    return detour_contains(pc) || detour_contains(pc + 1) || modules_is_recorder(pc) ||
           modules_is_recorder(pc + 1);
}

/* Nothing returns to where a function begins, with no function in front that may end by a call: the
 * C library has a coroutine's first function return there. */
static bool begins(const struct module *module, uint64_t address)
{
    struct function_bounds bounds;
    return eh_frame_function(module->eh_frame_hdr, address, &bounds) && bounds.start == address;
}

bool rule_is_entry(uint64_t pc)
{
    return pc - getauxval(AT_ENTRY) < ENTRY_SIZE;
}

/* Of PC, of which no table tells, in MODULE or in code that the program made itself: libunwind
 * would end there, too, and take a thousand times as long. */
static struct unwind_rule without_table(const struct module *module, uint64_t pc)
{
    if (module && begins(module, pc + 1))
        return (struct unwind_rule){.kind = UNWIND_END, .last = true};
    if (rule_is_entry(pc))
        return (struct unwind_rule){.kind = UNWIND_END};
    __atomic_store_n(&any_without_table, true, __ATOMIC_RELAXED);
    return (struct unwind_rule){.kind = UNWIND_NO_TABLE};
}

static struct unwind_rule compute(struct stream *stream, uint64_t pc)
{
    unsigned pushed = 0;
    bool ours = is_ours(pc);
    detour_locate(pc, &pc, &pushed);
    const struct module *module = modules_find(stream, pc, backtraces_next_id());
    struct unwind_rule rule = {.kind = UNWIND_UNKNOWN};
    if (module)
        rule = eh_frame_rule(module->eh_frame_hdr, pc);
    if (rule.kind == UNWIND_UNKNOWN && !ours && (module || modules_has_none(stream, pc)))
        rule = without_table(module, pc);
    if (!rule.from_rbp)
        rule.cfa_offset += (int32_t)pushed;
    rule.ours = ours;
    return rule;
}

/* RULE as a step; 0: it is none, or too long. */
static uint64_t pack_step(uint64_t address, struct unwind_rule rule)
{
    const int64_t cfa_words = rule.cfa_offset / 8, rbp_words = -(int64_t)rule.rbp_offset;
    if (rule.kind != UNWIND_NORMAL || rule.from_rbp || rule.ours || rule.last ||
        rule.cfa_offset % 8 != 0 || cfa_words < 1 || cfa_words > STEP_CFA_MAX || rbp_words < 0 ||
        rbp_words > cfa_words || rbp_words > STEP_RBP_MAX || address >> 47 != 0)
        return 0;
    return (uint64_t)cfa_words | (uint64_t)rbp_words << STEP_RBP_SHIFT |
           (STEP_ADDRESS_MAX - address / STEP_SLOTS_FIRST) << STEP_ADDRESS_SHIFT;
}

static struct unwind_rule unpack_step(uint64_t step)
{
    return (struct unwind_rule){.kind = UNWIND_NORMAL,
                                .cfa_offset = (int32_t)(8 * (step & STEP_CFA_MAX)),
                                .rbp_offset =
                                    (int16_t) - (int)(step >> STEP_RBP_SHIFT & STEP_RBP_MAX)};
}

/* A rule takes the slot that has another one, which is not 0, of *SIZE slots, of which there are
 * MOST. Where that happens often there are too few: what has few rules writes to few pages, which a
 * forked process would have to copy. */
static void note_displaced(uint64_t other, uint32_t *count, uint32_t *size, uint32_t most)
{
    const uint32_t now = __atomic_load_n(size, __ATOMIC_RELAXED);
    if (other == 0 || now == most || __atomic_add_fetch(count, 1, __ATOMIC_RELAXED) < now / 2)
        return;
    __atomic_store_n(count, 0, __ATOMIC_RELAXED);
    __atomic_store_n(size, 2 * now, __ATOMIC_RELAXED);
}

static void remember_step(uint64_t address, uint64_t step)
{
    uint64_t *slot = &plain_steps[address & plain_step_mask()];
    note_displaced(__atomic_load_n(slot, __ATOMIC_RELAXED), &steps_displaced, &plain_steps_used,
                   STEP_SLOTS);
    __atomic_store_n(slot, step, __ATOMIC_RELAXED);
}

struct unwind_rule rule_find(struct stream *stream, uint64_t address)
{
    union word found;
    uint64_t step = plain_step(address, plain_step_mask());
    if (step != 0 && step_is_of(step, address))
        return unpack_step(step);
    struct slot *slot = &slots[address % __atomic_load_n(&used, __ATOMIC_RELAXED)];
    uint64_t key = __atomic_load_n(&slot->key, __ATOMIC_RELAXED);
    found.word = __atomic_load_n(&slot->rule, __ATOMIC_RELAXED);
    if (key == key_of(address, found.word) && found.word != 0)
        return found.rule;
    found.rule = compute(stream, address - 1);
    step = pack_step(address, found.rule);
    if (step) {
        remember_step(address, step);
        return found.rule;
    }
    note_displaced(key, &displaced, &used, SLOTS);
    __atomic_store_n(&slot->key, key_of(address, found.word), __ATOMIC_RELAXED);
    __atomic_store_n(&slot->rule, found.word, __ATOMIC_RELAXED);
    return found.rule;
}
