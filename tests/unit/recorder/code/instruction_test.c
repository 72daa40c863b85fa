/*
 * instruction_test.c - the recorder's decoder against Zydis: the code that is on this machine, at
 * every byte of it, and random bytes.
 *
 * What both decode must be the same. Of what compilers made, ours refuses nothing, and decodes
 * nothing that Zydis does not. Among random bytes are instructions that are refused, and
 * combinations that no processor runs and that are decoded: these are few.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/code/instruction.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <Zydis/Zydis.h>

struct expected {
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

/* How often the two agreed, ours refused what Zydis decodes, decoded what it does not, of all that
 * it does not, and how often they decoded something else. */
struct tally {
    uint64_t same, refused, invented, undefined, different;
};

static bool expect(const uint8_t *code, size_t size, struct expected *expected)
{
    static ZydisDecoder decoder;
    static bool ready;
    if (!ready)
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ready = true;
    return ZYAN_SUCCESS(
        ZydisDecoderDecodeFull(&decoder, code, size, &expected->instruction, expected->operands));
}

static enum instruction_kind expected_kind(const struct expected *expected)
{
    const ZydisDecodedInstruction *instruction = &expected->instruction;
    switch (instruction->meta.category) {
    case ZYDIS_CATEGORY_CALL:
        return INSTRUCTION_CALL;
    case ZYDIS_CATEGORY_UNCOND_BR:
        return instruction->mnemonic == ZYDIS_MNEMONIC_JMP ? INSTRUCTION_JUMP : INSTRUCTION_OTHER;
    case ZYDIS_CATEGORY_COND_BR:
        return instruction->mnemonic == ZYDIS_MNEMONIC_XEND ||
                       instruction->mnemonic == ZYDIS_MNEMONIC_XABORT
                   ? INSTRUCTION_OTHER
                   : INSTRUCTION_BRANCH;
    default:
        break;
    }
    if (instruction->mnemonic == ZYDIS_MNEMONIC_RET &&
        instruction->meta.branch_type == ZYDIS_BRANCH_TYPE_NEAR)
        return INSTRUCTION_RETURN;
    if (instruction->mnemonic == ZYDIS_MNEMONIC_NOP)
        return INSTRUCTION_NOTHING;
    return instruction->mnemonic == ZYDIS_MNEMONIC_ENDBR64 ? INSTRUCTION_ENDBR64
                                                           : INSTRUCTION_OTHER;
}

/* Reserved nops are for future instructions: ours does not call them nothing. */
static bool is_same_kind(const struct instruction *ours, const struct expected *expected)
{
    const enum instruction_kind kind = expected_kind(expected);
    return ours->kind == kind ||
           (kind == INSTRUCTION_NOTHING && ours->kind == INSTRUCTION_OTHER &&
            expected->instruction.opcode != 0x90 && expected->instruction.opcode != 0x1f);
}

static const ZydisDecodedOperand *relative_operand(const struct expected *expected)
{
    for (int i = 0; i < expected->instruction.operand_count_visible; i++) {
        const ZydisDecodedOperand *operand = &expected->operands[i];
        if ((operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && operand->imm.is_relative) ||
            (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && operand->mem.base == ZYDIS_REGISTER_RIP))
            return operand;
    }
    return NULL;
}

static bool is_same_access(const struct instruction *ours, const struct expected *expected,
                           const ZydisDecodedOperand *operand)
{
    if (ours->access == ACCESS_UNKNOWN)
        return expected->instruction.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX;
    if (ours->kind == INSTRUCTION_NOTHING || expected_kind(expected) == INSTRUCTION_NOTHING)
        return true; /* it accesses nothing */
    const bool is_accessed = operand && operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
                             operand->mem.type == ZYDIS_MEMOP_TYPE_MEM;
    return (ours->access == ACCESS_8_BYTES) == (is_accessed && operand->size == 64);
}

static bool is_same(const struct instruction *ours, const struct expected *expected)
{
    const ZydisDecodedOperand *operand = relative_operand(expected);
    const ZydisDecodedInstruction *theirs = &expected->instruction;
    const bool branches = operand && operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
    ZyanU64 target = 0;
    if (operand)
        ZydisCalcAbsoluteAddress(theirs, operand, 0, &target);
    return ours->length == theirs->length && is_same_kind(ours, expected) &&
           ours->branch_size == (branches ? theirs->raw.imm[0].size / 8 : 0) &&
           ours->rip_at == (operand && !branches ? theirs->raw.disp.offset : 0) &&
           (!operand || (ZyanU64)((int64_t)ours->length + ours->relative) == target) &&
           is_same_access(ours, expected, operand);
}

static void tell_difference(const uint8_t *code, const struct instruction *ours,
                            const struct expected *expected, struct tally *tally)
{
    char bytes[3 * INSTRUCTION_MAX + 1] = "";
    if (++tally->different > 20)
        return;
    for (unsigned i = 0; i < INSTRUCTION_MAX; i++)
        snprintf(bytes + (size_t)3 * i, 4, "%02x ", code[i]);
    cr_log_warn("%s: %s, length %d and %d, kind %d and %d, access %d", bytes,
                ZydisMnemonicGetString(expected->instruction.mnemonic), ours->length,
                expected->instruction.length, ours->kind, expected_kind(expected), ours->access);
}

/* Decodes at CODE, of which SIZE bytes are there, by both; returns the length by Zydis, 0: none. */
static size_t compare(const uint8_t *code, size_t size, struct tally *tally)
{
    struct instruction ours;
    struct expected expected;
    const bool decoded = instruction_decode(code, size, &ours);
    if (!expect(code, size, &expected)) {
        tally->invented += decoded;
        tally->undefined++;
        return 0;
    }
    if (!decoded) {
        tally->refused++;
        return expected.instruction.length;
    }
    if (is_same(&ours, &expected))
        tally->same++;
    else
        tell_difference(code, &ours, &expected, tally);
    return expected.instruction.length;
}

/* An ELF file's code. */
struct text {
    uint8_t *file;
    size_t size;
};

static struct text map_file(const char *path)
{
    struct text text = {NULL, 0};
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0) {
        text.size = (size_t)st.st_size;
        text.file = mmap(NULL, text.size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    if (fd >= 0)
        close(fd);
    return text.file == MAP_FAILED ? (struct text){NULL, 0} : text;
}

/* Calls COMPARED with the executable segment of the file at PATH, if there is such a file. */
static bool with_code(const char *path, void (*compared)(const uint8_t *, size_t, struct tally *),
                      struct tally *tally)
{
    const struct text text = map_file(path);
    if (!text.file)
        return false;
    const Elf64_Ehdr *header = (const void *)text.file;
    const Elf64_Phdr *segments = (const void *)(text.file + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD && segments[i].p_flags & PF_X)
            compared(text.file + segments[i].p_offset, segments[i].p_filesz, tally);
    }
    munmap(text.file, text.size);
    return true;
}

/* As the code runs; behind what is no code, from the next byte on. */
static void compare_in_order(const uint8_t *code, size_t size, struct tally *tally)
{
    for (size_t at = 0; at < size;) {
        const size_t length = compare(code + at, size - at, tally);
        at += length ? length : 1;
    }
}

/* From each byte on: most of what is decoded so is in the midst of an instruction. */
static void compare_everywhere(const uint8_t *code, size_t size, struct tally *tally)
{
    for (size_t at = 0; at < size; at++)
        compare(code + at, size - at, tally);
}
/* Code of the C library, the loader and others has no data in its midst; that of ciphers has, which
 * libcrypto and GnuTLS share. */
static bool has_data_within(const char *path)
{
    return strstr(path, "libcrypto") || strstr(path, "libgnutls");
}

static void expect_same(const char *path, bool has_data)
{
    struct tally code = {0}, bytes = {0};
    if (!with_code(path, compare_in_order, &code) || !with_code(path, compare_everywhere, &bytes))
        return;
    cr_log_info("%s: %lu instructions, at all bytes %lu", path, code.same, bytes.same);
    cr_expect_eq(code.different, 0, "%s: %lu", path, code.different);
    cr_expect_eq(bytes.different, 0, "%s: %lu", path, bytes.different);
    cr_expect(code.refused <= (has_data ? code.same / 1000 : 0), "%s: %lu", path, code.refused);
    cr_expect(code.invented <= (has_data ? code.same / 1000 : 0), "%s: %lu", path, code.invented);
    cr_expect_lt(bytes.refused, bytes.same / 1000, "%s: %lu", path, bytes.refused);
    cr_expect_lt(bytes.invented, bytes.undefined / 8, "%s: %lu of %lu", path, bytes.invented,
                 bytes.undefined);
}

static int expect_same_of_loaded(struct dl_phdr_info *info, size_t size, void *count)
{
    (void)size;
    if (*info->dlpi_name == '/') {
        expect_same(info->dlpi_name, has_data_within(info->dlpi_name));
        ++*(unsigned *)count;
    }
    return 0;
}

Test(instruction, the_libraries_that_are_here)
{
    unsigned count = 0;
    dlopen("libcrypto.so.3", RTLD_LAZY);
    dlopen("libstdc++.so.6", RTLD_LAZY);
    dl_iterate_phdr(expect_same_of_loaded, &count);
    cr_expect_geq(count, 2, "the C library and the loader are two");
}

Test(instruction, programs)
{
    expect_same("/proc/self/exe", false);
    expect_same("/usr/bin/git", false);
    expect_same("/usr/sbin/proftpd", false);
}

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    const uint64_t mixed = (*state ^ *state >> 30) * 0xbf58476d1ce4e5b9u;
    return mixed ^ mixed >> 31;
}

Test(instruction, random_bytes)
{
    struct tally tally = {0};
    uint64_t state = 1, words[2];
    for (unsigned i = 0; i < 2000000; i++) {
        words[0] = next_random(&state);
        words[1] = next_random(&state);
        compare((const uint8_t *)words, sizeof(words), &tally);
    }
    cr_expect_eq(tally.different, 0, "%lu", tally.different);
    cr_expect_lt(tally.refused, tally.same / 1000, "%lu", tally.refused);
    cr_expect_lt(tally.invented, tally.undefined / 8, "%lu", tally.invented);
}

/* Every prefix that an opcode may have, each opcode and each ModRM byte. */
Test(instruction, every_opcode)
{
    static const uint8_t starts[][5] = {{0},
                                        {1, 0x66},
                                        {1, 0xf2},
                                        {1, 0xf3},
                                        {1, 0x48},
                                        {1, 0x41},
                                        {1, 0x67},
                                        {2, 0x66, 0x48},
                                        {2, 0xf3, 0x48},
                                        {2, 0xf2, 0x48},
                                        {1, 0x2e},
                                        {2, 0x66, 0xf2},
                                        {2, 0xc5, 0xf8},
                                        {2, 0xc5, 0xfd},
                                        {2, 0xc5, 0xfa},
                                        {2, 0xc5, 0xfb}};
    static const uint8_t escapes[][3] = {{0}, {1, 0x0f}, {2, 0x0f, 0x38}, {2, 0x0f, 0x3a}};
    struct tally tally = {0};
    for (unsigned i = 0; i < sizeof(starts) / sizeof(starts[0]) * 4 * 65536; i++) {
        const uint8_t *start = starts[i >> 18], *escape = escapes[i >> 16 & 3];
        uint8_t code[INSTRUCTION_MAX] = {0};
        memcpy(code, start + 1, start[0]);
        memcpy(code + start[0], escape + 1, escape[0]);
        code[start[0] + escape[0]] = (uint8_t)(i >> 8);
        code[start[0] + escape[0] + 1] = (uint8_t)i;
        compare(code, sizeof(code), &tally);
    }
    cr_expect_eq(tally.different, 0, "%lu", tally.different);
}

Test(instruction, what_is_cut_off_is_no_instruction)
{
    static const uint8_t code[] = {0x66, 0x48, 0x0f, 0x3a, 0x16, 0x05, 1, 2, 3, 4, 7};
    struct instruction decoded;
    for (size_t size = 0; size < sizeof(code); size++)
        cr_expect(!instruction_decode(code, size, &decoded), "%zu bytes", size);
    cr_assert(instruction_decode(code, sizeof(code), &decoded));
    cr_expect_eq(decoded.length, sizeof(code));
    cr_expect_eq(decoded.rip_at, 6);
    cr_expect_eq(decoded.relative, 0x04030201);
    cr_expect_eq(decoded.access, ACCESS_8_BYTES);
}

/* Linkers relax the call for a thread-local variable in place, so that it has room for that. */
Test(instruction, a_call_that_is_padded_by_prefixes)
{
    static const uint8_t code[] = {0x66, 0x66, 0x48, 0xe8, 0xc8, 0x3b, 0xff, 0xff};
    struct instruction decoded;
    cr_assert(instruction_decode(code, sizeof(code), &decoded));
    cr_expect_eq(decoded.length, sizeof(code));
    cr_expect_eq(decoded.kind, INSTRUCTION_CALL);
    cr_expect_eq(decoded.relative, (int32_t)0xffff3bc8);
    cr_expect(!instruction_decode(code + 1, 2, &decoded));
    static const uint8_t short_one[] = {0x66, 0xe8, 0xc8, 0x3b, 0xff, 0xff};
    cr_expect(!instruction_decode(short_one, sizeof(short_one), &decoded));
}

Test(instruction, more_prefixes_than_an_instruction_may_have)
{
    uint8_t code[INSTRUCTION_MAX + 1];
    struct instruction decoded;
    memset(code, 0x66, sizeof(code));
    code[INSTRUCTION_MAX - 1] = 0x90;
    cr_expect(instruction_decode(code, sizeof(code), &decoded));
    code[INSTRUCTION_MAX - 1] = 0x66;
    code[INSTRUCTION_MAX] = 0x90;
    cr_expect(!instruction_decode(code, sizeof(code), &decoded));
}
