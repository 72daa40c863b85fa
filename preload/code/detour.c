#include "preload/code/detour.h"

#include "preload/hooks/entry.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <Zydis/Zydis.h>

#define JUMP_SIZE   5 /* jmp rel32 */
#define REGIONS_MAX 16
#define REGION_SIZE (16u << 10)
#define STUB_MAX    256          /* bytes, more than any stub takes */
#define PARTS_MAX   15           /* four of the entry, an instruction's two, five of them at most */
#define REACH       (1ull << 30) /* bytes; rel32 reaches twice as far, operands in between too */
#define REGION_STEP (1ull << 20)

#define REGION_STUBS (REGION_SIZE / STUB_MAX)

/* Pages near the code that they serve, written first, executable after. Those of code that is gone
 * are written anew: no stub of theirs is run any more. */
struct region {
    uint64_t start;
    unsigned used;   /* stubs */
    unsigned active; /* of these, those whose function is there */
    bool finished;
};

/* Another thread may look something up while one is added. */
static struct region regions[REGIONS_MAX];
static unsigned region_count;

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

struct decoded {
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static bool decode(uint64_t address, uint64_t size, struct decoded *decoded)
{
    ZydisDecoder decoder;
    return ZYAN_SUCCESS(
               ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) &&
           ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, (const void *)address, size,
                                               &decoded->instruction, decoded->operands));
}

/* Index of the operand that is relative to the instruction; -1: there is none. */
static int relative_operand(const struct decoded *decoded)
{
    for (int i = 0; i < decoded->instruction.operand_count; i++) {
        const ZydisDecodedOperand *operand = &decoded->operands[i];
        if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && operand->imm.is_relative)
            return i;
        if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && operand->mem.base == ZYDIS_REGISTER_RIP)
            return i;
    }
    return -1;
}

/* Writes the instruction at ADDRESS so that at its new place it refers to what it did before. */
static bool reencode(struct writer *to, const struct decoded *decoded, int relative,
                     uint64_t address)
{
    ZydisEncoderRequest request;
    uint64_t target;
    ZyanUSize length = ZYDIS_MAX_INSTRUCTION_LENGTH;
    if (!ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&decoded->instruction, &decoded->operands[relative],
                                               address, &target)) ||
        !ZYAN_SUCCESS(ZydisEncoderDecodedInstructionToEncoderRequest(
            &decoded->instruction, decoded->operands, decoded->instruction.operand_count_visible,
            &request)))
        return false;
    if (decoded->operands[relative].type == ZYDIS_OPERAND_TYPE_MEMORY) {
        request.operands[relative].mem.displacement = (int64_t)target;
    } else {
        request.operands[relative].imm.u = target;
        request.branch_type = ZYDIS_BRANCH_TYPE_NONE;
        request.branch_width = ZYDIS_BRANCH_WIDTH_NONE;
    }
    if (!ZYAN_SUCCESS(
            ZydisEncoderEncodeInstructionAbsolute(&request, to->at, &length, address_of(to->at))))
        return false;
    to->at += length;
    return true;
}

/* A call must push the address that the tables know, not one in the stub. */
static void put_call(struct writer *to, const struct decoded *decoded, uint64_t address)
{
    uint64_t target = 0;
    ZydisCalcAbsoluteAddress(&decoded->instruction, &decoded->operands[0], address, &target);
    uint64_t returns_to = put_data(to, address + decoded->instruction.length);
    put_relative(to, "\xff\x35", returns_to); /* push [rip + x] */
    begin_part(to, address - to->stub->function, sizeof(returns_to));
    put_relative(to, "\xe9", target); /* jmp */
}

/* Moves the instructions under the jump; *TAKEN gets how many bytes they are. */
static const char *relocate(struct writer *to, const struct detour *detour, uint64_t *taken)
{
    uint64_t done = 0;
    while (done < JUMP_SIZE) {
        struct decoded decoded;
        uint64_t address = detour->address + done;
        if (!decode(address, detour->size - done, &decoded))
            return "its first instructions could not be decoded";
        int relative = relative_operand(&decoded);
        begin_part(to, done, 0);
        done += decoded.instruction.length;
        if (relative < 0) {
            put(to, (const void *)address, decoded.instruction.length);
        } else if (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_CALL &&
                   decoded.operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
            put_call(to, &decoded, address);
        } else if (!reencode(to, &decoded, relative, address)) {
            return "its first instructions could not be moved";
        }
    }
    *taken = done;
    return NULL;
}

/* Does the function jump back to the bytes behind its first instruction that are replaced? */
static bool jumps_into(const struct detour *detour, uint64_t taken)
{
    struct decoded decoded;
    for (uint64_t done = 0; done < detour->size; done += decoded.instruction.length) {
        uint64_t target, address = detour->address + done;
        if (!decode(address, detour->size - done, &decoded))
            return false; /* data behind the code */
        int relative = relative_operand(&decoded);
        if (relative >= 0 && decoded.operands[relative].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
            ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&decoded.instruction, &decoded.operands[relative],
                                                  address, &target)) &&
            target > detour->address && target < detour->address + taken)
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
    void (*after)(void) = detour->twice ? entry_twice : entry_around;
    put_context(to, detour);
    if (detour->around) {
        put_relative(to, "\xff\x25", put_data(to, address_of(after))); /* jmp [rip + x] */
    } else {
        put_relative(to, "\xff\x15", put_data(to, address_of(entry_before))); /* call [rip + x] */
        put(to, "\x48\x8d\x64\x24\x08", 5); /* lea rsp, [rsp + 8] */
    }
}

static const char *write_jump(const struct detour *detour, uint64_t stub)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t first = detour->address & ~(page - 1);
    uint64_t size = detour->address + JUMP_SIZE - first;
    if (mprotect((void *)first, size, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        return "its page could not be made writable";
    struct writer to = {.at = (uint8_t *)detour->address};
    put_relative(&to, "\xe9", stub);
    mprotect((void *)first, size, PROT_READ | PROT_EXEC);
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
    return NULL;
}

const char *detour_install(const struct detour *detour)
{
    if (detour->size < JUMP_SIZE)
        return "it is shorter than a jump";
    struct region *region = find_region(detour->address);
    if (!region)
        return "there is no free memory near it";
    struct stub *stub = &stubs[region - regions][region->used];
    uint8_t *start = (uint8_t *)region->start + (size_t)region->used * STUB_MAX;
    struct writer to = {start, start + STUB_MAX, address_of(start), stub};
    *stub = (struct stub){.function = detour->address};
    uint64_t original;
    const char *why = write_stub(&to, detour, &original);
    if (why)
        return why;
    *detour->original = original;
    why = write_jump(detour, address_of(start));
    if (why)
        return why;
    __atomic_store_n(&stub->start, address_of(start), __ATOMIC_RELEASE);
    region->used++;
    region->active++;
    return NULL;
}

void detour_finish(void)
{
    for (unsigned i = 0; i < region_count; i++) {
        if (!regions[i].finished)
            mprotect((void *)regions[i].start, REGION_SIZE, PROT_READ | PROT_EXEC);
        regions[i].finished = true;
    }
}
