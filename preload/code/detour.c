/* detour.c - patching the entry of a function in memory; see detour.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/detour.h"

#include "preload/code/code_memory.h"
#include "preload/code/instruction.h"

#include <string.h>
#include <sys/mman.h>

#define JUMP_SIZE   DETOUR_JUMP /* jmp rel32 */
#define BREAKPOINT  0xcc        /* int3; moved, it would come back to where nobody expects it */
#define REGIONS_MAX 16
#define REGION_SIZE (16u << 10)
#define STUB_MAX    256 /* bytes, more than any stub takes */
#define TAKEN_MAX   (JUMP_SIZE + INSTRUCTION_MAX)
#define PARTS_MAX   15           /* four of the entry, an instruction's two, five of them at most */
#define REACH       (1ull << 30) /* bytes; rel32 reaches twice as far, operands in between too */
#define REGION_STEP (1ull << 20)
#define FARTHEST    ((1ull << 31) - STUB_MAX) /* bytes, from a stub to what its code refers to */

#define PAGE         4096u
#define REGION_STUBS (REGION_SIZE / STUB_MAX)

/* Pages near the code that they serve, written first, executable after. Those of code that is gone
 * are written anew: no stub of theirs is run any more. */
struct region {
    uint64_t start;
    unsigned used;   /* stubs */
    unsigned active; /* of these, those whose function is there */
    bool finished, sealed;
};

/* Another thread may look something up while one is added. */
static struct region regions[REGIONS_MAX];
static unsigned region_count;
static bool put_off; /* jumps */

/* What the code of a stub stands for, from an offset on. */
struct stub_part {
    uint8_t offset;   /* in the stub */
    uint8_t original; /* offset in the function */
    uint8_t pushed;   /* bytes on the stack that the function knows nothing of */
};

struct stub {
    uint64_t start; /* 0: there is none */
    uint64_t function;
    struct stub_part parts[PARTS_MAX]; /* ascending */
    unsigned count;
    uint64_t moved; /* where the function's own instructions are */
    const void *context;
    void (*enter)(void);
    bool installed; /* the jump is there, or to be */
    uint8_t taken;  /* bytes of the function that were moved; the first of them: */
    uint8_t original[TAKEN_MAX];
};

static struct stub stubs[REGIONS_MAX][REGION_STUBS];

/* The place that is being written, and the data that code refers to. */
struct writer {
    uint8_t *at;
    const uint8_t *end;
    uint64_t start;
    struct stub *stub;
};

static uint64_t address_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static bool is_near(uint64_t a, uint64_t b)
{
    return (a > b ? a - b : b - a) < REACH;
}

static struct region *map_region(uint64_t near)
{
    if (region_count == REGIONS_MAX)
        return NULL;
    for (uint64_t distance = REGION_STEP; distance < REACH; distance += REGION_STEP) {
        for (int side = 0; side < 2; side++) {
            uint64_t wanted = (side == 0 ? near - distance : near + distance) & ~(REGION_STEP - 1);
            if (!is_near(wanted, near))
                continue;
            void *start = mmap((void *)wanted, REGION_SIZE, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
            if (start == MAP_FAILED)
                continue;
            if (start == (void *)wanted) {
                struct region *region = &regions[region_count];
                *region = (struct region){.start = wanted};
                __atomic_store_n(&region_count, region_count + 1, __ATOMIC_RELEASE);
                return region;
            }
            munmap(start, REGION_SIZE); /* a kernel that takes the address for a hint */
        }
    }
    return NULL;
}

static bool has_room(const struct region *region)
{
    return !region->finished && region->used < REGION_STUBS;
}

/* Makes a finished region one that can be written, if nothing in it is needed. */
static bool begin_again(struct region *region)
{
    if (region->active > 0 ||
        mprotect((void *)region->start, REGION_SIZE, PROT_READ | PROT_WRITE) != 0)
        return false;
    region->used = 0;
    region->finished = false;
    return true;
}

static struct region *find_region(uint64_t near)
{
    for (unsigned i = 0; i < region_count; i++) {
        if (is_near(regions[i].start, near) && has_room(&regions[i]))
            return &regions[i];
    }
    for (unsigned i = 0; i < region_count; i++) {
        if (is_near(regions[i].start, near) && begin_again(&regions[i]))
            return &regions[i];
    }
    return map_region(near);
}

/* The region that ADDRESS is in, or -1. */
static int region_at(uint64_t address)
{
    const unsigned count = __atomic_load_n(&region_count, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < count; i++) {
        if (address - regions[i].start < REGION_SIZE)
            return (int)i;
    }
    return -1;
}

bool detour_contains(uint64_t address)
{
    return region_at(address) >= 0;
}

bool detour_locate(uint64_t address, uint64_t *original, unsigned *pushed)
{
    const int region = region_at(address);
    if (region < 0)
        return false;
    const struct stub *stub = &stubs[region][(address - regions[region].start) / STUB_MAX];
    if (__atomic_load_n(&stub->start, __ATOMIC_ACQUIRE) == 0)
        return false;
    const struct stub_part *part = stub->parts;
    while (part + 1 < stub->parts + stub->count && part[1].offset <= address - stub->start)
        part++;
    *original = stub->function + part->original;
    *pushed = part->pushed;
    return true;
}

void detour_forget(uint64_t address)
{
    for (unsigned i = 0; i < region_count; i++) {
        for (unsigned j = 0; j < regions[i].used; j++) {
            struct stub *stub = &stubs[i][j];
            if (!stub->start || stub->function != address)
                continue;
            __atomic_store_n(&stub->start, 0, __ATOMIC_RELEASE);
            stub->installed = false;
            regions[i].active--;
        }
    }
}

/* From here on the stub stands for the function's instruction at ORIGINAL. */
static void begin_part(struct writer *to, uint64_t original, unsigned pushed)
{
    struct stub *stub = to->stub;
    stub->parts[stub->count++] =
        (struct stub_part){.offset = (uint8_t)(address_of(to->at) - to->start),
                           .original = (uint8_t)original,
                           .pushed = (uint8_t)pushed};
}

static void put(struct writer *to, const void *bytes, size_t length)
{
    memcpy(to->at, bytes, length);
    to->at += length;
}

/* An instruction whose last four bytes are TARGET relative to its end. */
static void put_relative(struct writer *to, const char *opcode, uint64_t target)
{
    put(to, opcode, strlen(opcode));
    int32_t distance = (int32_t)(target - (address_of(to->at) + sizeof(distance)));
    put(to, &distance, sizeof(distance));
}

/* Eight bytes of data at the end of the stub; returns their address. */
static uint64_t put_data(struct writer *to, uint64_t value)
{
    to->end -= sizeof(value);
    memcpy((void *)to->end, &value, sizeof(value));
    return address_of(to->end);
}

static bool decode(const struct detour *detour, uint64_t offset, struct instruction *decoded)
{
    return instruction_decode((const void *)(detour->address + offset), detour->size - offset,
                              decoded);
}

/* What the instruction at ADDRESS refers to relative to itself. */
static uint64_t referred(const struct instruction *decoded, uint64_t address)
{
    return address + decoded->length + (uint64_t)(int64_t)decoded->relative;
}

/* A call must push the address that the tables know, not one in the stub. */
static void put_call(struct writer *to, uint64_t address, uint64_t returns_to, uint64_t target)
{
    uint64_t pushed = put_data(to, returns_to);
    put_relative(to, "\xff\x35", pushed); /* push [rip + x] */
    begin_part(to, address - to->stub->function, sizeof(returns_to));
    put_relative(to, "\xe9", target); /* jmp */
}

/* A branch on flags gets a longer form; on rcx, there is none: it branches over a jump to a jump.
 * False: it is of neither kind. */
static bool put_branch(struct writer *to, const uint8_t *code, size_t opcode_at, uint64_t target)
{
    const uint8_t opcode = code[opcode_at] == 0x0f ? code[opcode_at + 1] : code[opcode_at];
    if (opcode >> 4 == 7 || opcode >> 4 == 8) {
        const char longer[] = {0x0f, (char)(0x80 | (opcode & 15)), 0};
        put_relative(to, longer, target);
        return true;
    }
    if (opcode < 0xe0 || opcode > 0xe3)
        return false;
    put(to, code, opcode_at + 1);
    put(to, "\x02\xeb\x05", 3); /* two bytes on; jmp five bytes on */
    put_relative(to, "\xe9", target);
    return true;
}

static void put_with_address(struct writer *to, const uint8_t *code,
                             const struct instruction *decoded, uint64_t target)
{
    const int32_t distance = (int32_t)(target - (address_of(to->at) + decoded->length));
    memcpy(to->at, code, decoded->length);
    memcpy(to->at + decoded->rip_at, &distance, sizeof(distance));
    to->at += decoded->length;
}

/* Writes the instruction at ADDRESS so that at its new place it does what it did before. */
static bool move(struct writer *to, const struct instruction *decoded, uint64_t address)
{
    const uint8_t *code = (const uint8_t *)address;
    const uint64_t target = referred(decoded, address);
    if (decoded->branch_size == 0 && decoded->rip_at == 0) {
        put(to, code, decoded->length);
        return true;
    }
    if (target - to->start + FARTHEST > 2 * FARTHEST)
        return false;
    if (decoded->rip_at)
        put_with_address(to, code, decoded, target);
    else if (decoded->kind == INSTRUCTION_CALL)
        put_call(to, address, address + decoded->length, target);
    else if (decoded->kind == INSTRUCTION_JUMP)
        put_relative(to, "\xe9", target);
    else
        return put_branch(to, code, decoded->opcode_at, target);
    return true;
}

/* Moves the instructions under the jump; *TAKEN gets how many bytes they are. */
static const char *relocate(struct writer *to, const struct detour *detour, uint64_t *taken)
{
    struct instruction decoded;
    uint64_t done = 0;
    bool reached = true; /* else it is what fills the place behind a jump */
    for (; done < JUMP_SIZE; done += decoded.length) {
        if (reached && *(const uint8_t *)(detour->address + done) == BREAKPOINT)
            return "a debugger or a probe has a breakpoint at its beginning";
        if (!decode(detour, done, &decoded))
            return "its first instructions could not be decoded";
        begin_part(to, done, 0);
        if (!move(to, &decoded, detour->address + done))
            return "its first instructions could not be moved";
        reached &= decoded.kind != INSTRUCTION_JUMP && decoded.kind != INSTRUCTION_RETURN;
    }
    *taken = done;
    return NULL;
}

/* Does the function jump back to the bytes behind its first instruction that are replaced? */
static bool jumps_into(const struct detour *detour, uint64_t taken)
{
    struct instruction decoded;
    for (uint64_t done = 0; done < detour->size; done += decoded.length) {
        if (!decode(detour, done, &decoded))
            return false; /* data behind the code */
        const uint64_t target = referred(&decoded, detour->address + done);
        if (decoded.branch_size > 0 && target > detour->address && target < detour->address + taken)
            return true;
    }
    return false;
}

static void put_context(struct writer *to, const struct detour *detour)
{
    uint64_t context = put_data(to, address_of(detour->context));
    begin_part(to, 0, 0);
    put_relative(to, "\xff\x35", context); /* push [rip + x] */
    begin_part(to, 0, sizeof(context));
}

static void put_entry(struct writer *to, const struct detour *detour)
{
    put_context(to, detour);
    const uint64_t enter = put_data(to, address_of(detour->enter));
    if (detour->around) {
        put_relative(to, "\xff\x25", enter); /* jmp [rip + x] */
    } else {
        put_relative(to, "\xff\x15", enter); /* call [rip + x] */
        put(to, "\x48\x8d\x64\x24\x08", 5);  /* lea rsp, [rsp + 8] */
    }
}

static void make_jump(uint8_t jump[JUMP_SIZE], uint64_t from, uint64_t to)
{
    const int32_t distance = (int32_t)(to - (from + JUMP_SIZE));
    jump[0] = 0xe9;
    memcpy(jump + 1, &distance, sizeof(distance));
}

static const char *write_jump(const struct detour *detour, uint64_t stub)
{
    uint8_t jump[JUMP_SIZE];
    make_jump(jump, detour->address, stub);
    return put_off || code_write(detour->address, jump, sizeof(jump))
               ? NULL
               : "its page could not be made writable";
}

/* A jump that is put off is written at once, or not at all, and no thread returns into its bytes.
 * NULL, or why that cannot be. */
static const char *obstacle(const struct detour *detour)
{
    struct instruction decoded;
    if (detour->address % PAGE > PAGE - JUMP_SIZE)
        return "its first bytes are on two pages";
    for (uint64_t done = 0; done < JUMP_SIZE; done += decoded.length) {
        if (!decode(detour, done, &decoded))
            return "its first instructions could not be decoded";
        if (decoded.kind == INSTRUCTION_CALL && done + decoded.length < JUMP_SIZE)
            return "a call among its first bytes returns into them";
    }
    return NULL;
}

/* The stub's code; NULL, with *ORIGINAL set, or why there can be none. */
static const char *write_stub(struct writer *to, const struct detour *detour, uint64_t *original)
{
    uint64_t taken;
    put_entry(to, detour);
    *original = address_of(to->at);
    const char *why = relocate(to, detour, &taken);
    if (!why && jumps_into(detour, taken))
        why = "it jumps into its own first instructions";
    if (why)
        return why;
    begin_part(to, taken, 0);
    put_relative(to, "\xe9", detour->address + taken);
    to->stub->taken = (uint8_t)taken;
    return NULL;
}

/* The stub that the same hook had before its jump was undone; NULL: none. */
static struct stub *find_known(const struct detour *detour)
{
    for (unsigned i = 0; i < region_count; i++) {
        for (unsigned j = 0; j < regions[i].used; j++) {
            struct stub *stub = &stubs[i][j];
            if (stub->start && !stub->installed && stub->function == detour->address &&
                stub->context == detour->context && stub->enter == detour->enter &&
                memcmp((const void *)detour->address, stub->original, stub->taken) == 0)
                return stub;
        }
    }
    return NULL;
}

static const char *install_again(const struct detour *detour, struct stub *stub)
{
    const char *why = write_jump(detour, stub->start);
    *detour->original = stub->moved;
    stub->installed = !why;
    return why;
}

const char *detour_install(const struct detour *detour)
{
    if (detour->size < JUMP_SIZE)
        return "it is shorter than a jump";
    const char *why = put_off ? obstacle(detour) : NULL;
    if (why)
        return why;
    struct stub *known = find_known(detour);
    if (known)
        return install_again(detour, known);
    struct region *region = find_region(detour->address);
    if (!region)
        return "there is no free memory near it";
    struct stub *stub = &stubs[region - regions][region->used];
    uint8_t *start = (uint8_t *)region->start + (size_t)region->used * STUB_MAX;
    struct writer to = {start, start + STUB_MAX, address_of(start), stub};
    *stub = (struct stub){
        .function = detour->address, .context = detour->context, .enter = detour->enter};
    why = write_stub(&to, detour, &stub->moved);
    if (why)
        return why;
    memcpy(stub->original, (const void *)detour->address, stub->taken);
    *detour->original = stub->moved;
    why = write_jump(detour, address_of(start));
    if (why)
        return why;
    __atomic_store_n(&stub->start, address_of(start), __ATOMIC_RELEASE);
    stub->installed = true;
    region->used++;
    region->active++;
    return NULL;
}

bool detour_finish(void)
{
    bool sealed = true;
    for (unsigned i = 0; i < region_count; i++) {
        if (!regions[i].finished)
            regions[i].sealed = code_seal(regions[i].start, REGION_SIZE);
        regions[i].finished = true;
        sealed &= regions[i].sealed;
    }
    return sealed;
}

void detours_put_off(bool yes)
{
    put_off = yes;
}

static void describe(const struct stub *stub, struct detour_patch *patch)
{
    *patch = (struct detour_patch){.address = stub->function};
    memcpy(patch->original, stub->original, JUMP_SIZE);
    make_jump(patch->jump, stub->function, stub->start);
    for (unsigned i = 0; i < stub->count; i++) {
        const struct stub_part *part = &stub->parts[i];
        if (part->original > 0 && part->original < JUMP_SIZE && part->pushed == 0)
            patch->moved[part->original] = stub->start + part->offset;
    }
}

unsigned detours_list(struct detour_patch *patches, unsigned max)
{
    unsigned count = 0;
    for (unsigned i = 0; i < region_count; i++) {
        for (unsigned j = 0; j < regions[i].used && count < max; j++) {
            const struct stub *stub = &stubs[i][j];
            if (!stub->installed)
                continue;
            describe(stub, &patches[count++]);
        }
    }
    return count;
}

void detours_undone(void)
{
    for (unsigned i = 0; i < region_count; i++) {
        for (unsigned j = 0; j < regions[i].used; j++)
            stubs[i][j].installed = false;
    }
}

uint64_t detour_region(unsigned index, uint64_t *size)
{
    *size = REGION_SIZE;
    return index < region_count ? regions[index].start : 0;
}
