/*
 * eh_frame_test.c - unwind rules and function bounds, compared with what elfutils reads from the
 * files of every image that is loaded here, the C library among them: row by row, all of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/code/eh_frame.h"
#include "preload/code/image.h"

#include <criterion/criterion.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DWARF_RBP = 6, DWARF_RSP = 7, DWARF_RIP = 16 };

/* Rules that compilers rarely write; the code is never run. */
__asm__(".pushsection .text\n"
        /* DW_CFA_def_cfa_expression: DW_OP_breg7 8; then one with DW_OP_breg6 -16, DW_OP_deref;
         * then with a comparison of the address's low bits, as a procedure linkage table has it;
         * then with DW_OP_breg6 24, DW_OP_const1s -8, DW_OP_plus; then with nothing to add to */
        "rare_expression: .cfi_startproc\n nop\n"
        ".cfi_escape 0x0f, 2, 0x77, 8\n rare_expression_set: nop\n"
        ".cfi_escape 0x0f, 3, 0x76, 0x70, 6\n rare_expression_loads: nop\n"
        ".cfi_escape 0x0f, 11, 0x77, 8, 0x80, 0, 0x33, 0x1a, 0x32, 0x2a, 0x33, 0x24, 0x22\n"
        ".balign 4\n rare_expression_by_address: .skip 4, 0x90\n"
        ".cfi_escape 0x0f, 5, 0x76, 24, 9, 0xf8, 0x22\n rare_expression_signed: nop\n"
        ".cfi_escape 0x0f, 1, 0x22\n rare_expression_wrong: nop\n"
        ".cfi_def_cfa rsp, 16\n rare_expression_gone: nop\n .cfi_endproc\n"

        "rare_outermost: .cfi_startproc\n .cfi_undefined rip\n nop\n .cfi_endproc\n"

        "rare_register: .cfi_startproc\n nop\n .cfi_register rbp, r11\n"
        "rare_register_set: nop\n .cfi_endproc\n"

        "rare_other_base: .cfi_startproc\n nop\n .cfi_def_cfa r10, 8\n"
        "rare_other_base_set: nop\n .cfi_endproc\n"

        "rare_value: .cfi_startproc\n nop\n"
        /* DW_CFA_val_expression: DW_OP_breg7 0, of rbx, which does not matter; then of rbp */
        ".cfi_escape 0x16, 3, 2, 0x77, 0\n rare_value_other: nop\n"
        ".cfi_escape 0x16, 6, 2, 0x77, 0\n rare_value_set: nop\n .cfi_endproc\n"

        "rare_signal: .cfi_startproc\n .cfi_signal_frame\n nop\n .cfi_endproc\n"

        "rare_moved_return: .cfi_startproc\n nop\n .cfi_offset rip, -24\n"
        "rare_moved_return_set: nop\n .cfi_endproc\n"

        /* Far offsets, a row longer than 64 KiB, DW_CFA_def_cfa_sf and _offset_extended_sf. */
        "rare_far: .cfi_startproc\n .cfi_def_cfa_offset 1048584\n .skip 70000, 0x90\n"
        "rare_far_second: .cfi_offset rbp, -65536\n .skip 300, 0x90\n"
        ".cfi_escape 0x12, 6, 0x78\n .cfi_escape 0x11, 6, 2\n"
        "rare_far_third: nop\n .cfi_endproc\n"

        "rare_states: .cfi_startproc\n push %rbp\n .cfi_def_cfa_offset 16\n .cfi_offset rbp, -16\n"
        ".cfi_remember_state\n mov %rsp, %rbp\n .cfi_def_cfa_register rbp\n .cfi_remember_state\n"
        "leave\n .cfi_def_cfa rsp, 8\n .cfi_restore rbp\n rare_states_left: ret\n"
        ".cfi_restore_state\n rare_states_inner: nop\n .cfi_restore_state\n"
        "rare_states_outer: nop\n .cfi_endproc\n"

        /* Deeper than the reader remembers: told as too complex, until the states match again. */
        "rare_deep: .cfi_startproc\n"
        ".rept 9\n .cfi_remember_state\n nop\n .endr\n"
        ".rept 9\n .cfi_restore_state\n nop\n .endr\n .cfi_endproc\n rare_end:\n"
        ".popsection\n");

extern const char rare_expression[], rare_expression_set[], rare_expression_loads[];
extern const char rare_expression_by_address[], rare_expression_signed[], rare_expression_wrong[];
extern const char rare_expression_gone[];
extern const char rare_outermost[], rare_register_set[], rare_other_base_set[];
extern const char rare_value_other[], rare_value_set[], rare_signal[], rare_moved_return_set[];
extern const char rare_far[], rare_far_second[], rare_far_third[];
extern const char rare_states_left[], rare_states_inner[], rare_states_outer[];
extern const char rare_deep[], rare_end[];

static uint64_t address_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* What elfutils knows about an image. */
struct reference {
    int fd;
    Elf *elf;
    Dwarf_CFI *cfi;
};

static bool reference_open(struct reference *reference, const char *path)
{
    elf_version(EV_CURRENT);
    reference->fd = open(*path ? path : "/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (reference->fd < 0)
        return false; /* the vdso */
    reference->elf = elf_begin(reference->fd, ELF_C_READ_MMAP, NULL);
    cr_assert_not_null(reference->elf);
    reference->cfi = dwarf_getcfi_elf(reference->elf);
    cr_assert_not_null(reference->cfi, "%s: %s", path, dwarf_errmsg(-1));
    return true;
}

static void reference_close(struct reference *reference)
{
    dwarf_cfi_end(reference->cfi);
    elf_end(reference->elf);
    close(reference->fd);
}

/* Is the register at a fixed offset from the CFA? *OFFSET gets it: bytes, 0 for unchanged. */
static bool is_simple(Dwarf_Frame *frame, int number, int64_t *offset)
{
    Dwarf_Op memory[3], *ops;
    size_t count;
    cr_assert_eq(dwarf_frame_register(frame, number, memory, &ops, &count), 0);
    *offset = 0;
    if (count == 0)
        return true;
    *offset = count == 2 ? (int64_t)ops[1].number : 0;
    return ops[0].atom == DW_OP_call_frame_cfa &&
           (count == 1 || (count == 2 && ops[1].atom == DW_OP_plus_uconst));
}

static bool is_undefined(Dwarf_Frame *frame, int number)
{
    Dwarf_Op memory[3], *ops;
    size_t count;
    cr_assert_eq(dwarf_frame_register(frame, number, memory, &ops, &count), 0);
    return count == 0 && ops == memory;
}

/* One operation of those that images here have; false: another one. */
static bool compute_op(const Dwarf_Op *op, const uint64_t registers[17], uint64_t **top)
{
    int64_t right = (int64_t)(*top)[-1];
    uint64_t *left = *top - 2;
    if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
        *(*top)++ = op->atom - DW_OP_lit0;
    else if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg16)
        *(*top)++ = registers[op->atom - DW_OP_breg0] + op->number;
    else if (op->atom == DW_OP_bregx && op->number <= DWARF_RIP)
        *(*top)++ = registers[op->number] + op->number2;
    else if (op->atom == DW_OP_const1s)
        *(*top)++ = op->number;
    else if (op->atom == DW_OP_plus_uconst)
        (*top)[-1] += op->number;
    else if (op->atom == DW_OP_plus)
        *left += (uint64_t)right, --*top;
    else if (op->atom == DW_OP_and)
        *left &= (uint64_t)right, --*top;
    else if (op->atom == DW_OP_shl)
        *left <<= right, --*top;
    else if (op->atom == DW_OP_ge)
        *left = (int64_t)*left >= right, --*top;
    else
        return false;
    return true;
}

/* What OPS say that the CFA is, at PC with RSP and RBP; 0: it cannot be told from these. */
static uint64_t compute_cfa(const Dwarf_Op *ops, size_t count, uint64_t pc, uint64_t rsp,
                            uint64_t rbp)
{
    const uint64_t registers[17] = {[DWARF_RSP] = rsp, [DWARF_RBP] = rbp, [DWARF_RIP] = pc};
    uint64_t stack[16] = {0}, *top = stack + 2; /* two for operations that have too few */
    for (size_t i = 0; i < count; i++) {
        bool known = ops[i].atom < DW_OP_breg0 || ops[i].atom > DW_OP_breg31 ||
                     registers[ops[i].atom - DW_OP_breg0] != 0;
        known &= ops[i].atom != DW_OP_bregx || registers[ops[i].number] != 0;
        if (!known || top == stack + 16 || !compute_op(&ops[i], registers, &top))
            return 0;
    }
    return top[-1];
}

/* The rule at PC, of which the file says FRAME. */
static struct unwind_rule reference_rule(Dwarf_Frame *frame, uint64_t pc, bool signal_frame)
{
    const uint64_t rsp = 1ull << 40, rbp = 1ull << 44, other = 1ull << 46;
    int64_t saved_rbp, rip;
    Dwarf_Op *ops;
    size_t count;
    cr_assert_eq(dwarf_frame_cfa(frame, &ops, &count), 0);
    if (signal_frame)
        return (struct unwind_rule){.kind = UNWIND_SIGNAL};
    if (is_undefined(frame, DWARF_RIP))
        return (struct unwind_rule){.kind = UNWIND_END};
    uint64_t cfa = compute_cfa(ops, count, pc, rsp, rbp);
    bool from_rsp = compute_cfa(ops, count, pc, other, rbp) == cfa - rsp + other,
         from_rbp = compute_cfa(ops, count, pc, rsp, other) == cfa - rbp + other;
    if (!is_simple(frame, DWARF_RBP, &saved_rbp) || !is_simple(frame, DWARF_RIP, &rip) ||
        rip != -8 || cfa == 0 || from_rsp == from_rbp)
        return (struct unwind_rule){.kind = UNWIND_COMPLEX};
    return (struct unwind_rule){.kind = UNWIND_NORMAL,
                                .cfa_offset = (int32_t)(cfa - (from_rbp ? rbp : rsp)),
                                .rbp_offset = (int16_t)(saved_rbp / 8),
                                .from_rbp = from_rbp};
}

/* Is the CFA another one at each instruction of the row? */
static bool is_by_expression(Dwarf_Frame *frame)
{
    Dwarf_Op *ops;
    size_t count;
    cr_assert_eq(dwarf_frame_cfa(frame, &ops, &count), 0);
    return count > 1;
}

struct tally {
    unsigned rows, normal, expressions, different, needlessly_complex;
};

static bool same_rule(struct unwind_rule a, struct unwind_rule b)
{
    return a.kind == b.kind && a.cfa_offset == b.cfa_offset && a.rbp_offset == b.rbp_offset &&
           a.from_rbp == b.from_rbp;
}

static void compare_at(const struct image *image, uint64_t address, struct unwind_rule expected,
                       struct tally *tally)
{
    struct unwind_rule rule = eh_frame_rule(image->eh_frame_hdr, address);
    if (same_rule(rule, expected))
        return;
    if (rule.kind == UNWIND_COMPLEX) {
        tally->needlessly_complex++;
        return;
    }
    tally->different++;
    cr_expect(tally->different > 10,
              "%s+%#lx: kind %u, cfa %s%+d, rbp %+d; expected kind %u, cfa %s%+d, rbp %+d",
              image->path, (unsigned long)(address - image->bias), rule.kind,
              rule.from_rbp ? "rbp" : "rsp", rule.cfa_offset, rule.rbp_offset, expected.kind,
              expected.from_rbp ? "rbp" : "rsp", expected.cfa_offset, expected.rbp_offset);
}

/* Compares the row that covers ADDRESS at its first and last byte, or at each of them where they
 * may differ; returns where it ends. */
static uint64_t compare_row(const struct image *image, Dwarf_CFI *cfi, uint64_t address,
                            struct tally *tally)
{
    Dwarf_Frame *frame;
    Dwarf_Addr start = 0, end = 0;
    bool signal_frame;
    if (dwarf_cfi_addrframe(cfi, address - image->bias, &frame) != 0) {
        compare_at(image, address, (struct unwind_rule){.kind = UNWIND_UNKNOWN}, tally);
        return address + 1;
    }
    dwarf_frame_info(frame, &start, &end, &signal_frame);
    bool by_expression = is_by_expression(frame);
    uint64_t last = end - 1 + image->bias,
             step = by_expression || last == address ? 1 : last - address;
    struct unwind_rule expected;
    for (uint64_t at = address; at <= last; at += step) {
        expected = reference_rule(frame, at, signal_frame);
        compare_at(image, at, expected, tally);
    }
    free(frame);
    tally->rows++;
    tally->normal += expected.kind == UNWIND_NORMAL;
    tally->expressions += by_expression && expected.kind == UNWIND_NORMAL;
    return last + 1;
}

/* All code of the image, but not from SKIP to SKIP_END. */
static struct tally compare_image(const struct image *image, uint64_t skip, uint64_t skip_end)
{
    struct tally tally = {0};
    struct reference reference;
    if (!image->eh_frame_hdr || !reference_open(&reference, image->path))
        return tally;
    for (unsigned i = 0; i < image->header_count; i++) {
        const Elf64_Phdr *header = &image->headers[i];
        uint64_t at = image->bias + header->p_vaddr, end = at + header->p_memsz;
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
            continue;
        while (at < end)
            at = at >= skip && at < skip_end ? skip_end
                                             : compare_row(image, reference.cfi, at, &tally);
    }
    reference_close(&reference);
    return tally;
}

static bool compare_one(struct image *image, void *data)
{
    struct tally *total = data;
    struct tally tally = compare_image(image, address_of(rare_deep), address_of(rare_end));
    cr_expect_eq(tally.different, 0, "%s: %u of %u rows", image->path, tally.different, tally.rows);
    cr_expect_eq(tally.needlessly_complex, 0, "%s: %u of %u rows", image->path,
                 tally.needlessly_complex, tally.rows);
    total->rows += tally.rows;
    total->normal += tally.normal;
    total->expressions += tally.expressions;
    return false;
}

Test(eh_frame, every_row_of_every_loaded_image)
{
    struct tally total = {0};

    images_visit(compare_one, &total);
    cr_expect_gt(total.rows, 20000, "%u rows", total.rows);
    cr_expect_gt(total.normal, total.rows / 100 * 98, "%u normal rows of %u", total.normal,
                 total.rows);
    cr_expect_gt(total.expressions, 5, "%u procedure linkage tables", total.expressions);
}

/* The bounds in an FDE whose pointers are encoded as every linker for x86-64 does by default. */
static bool decode_bounds(const Dwarf_FDE *fde, const Elf_Data *data, uint64_t section,
                          struct function_bounds *bounds)
{
    int32_t distance, length;
    memcpy(&distance, fde->start, sizeof(distance));
    memcpy(&length, fde->start + sizeof(distance), sizeof(length));
    bounds->start = section + (uint64_t)(fde->start - (const uint8_t *)data->d_buf);
    bounds->start += (uint64_t)(int64_t)distance;
    bounds->end = bounds->start + (uint32_t)length;
    return length > 0;
}

static void expect_bounds(const struct image *image, struct function_bounds expected)
{
    struct function_bounds bounds = {0, 0};
    const uint64_t start = expected.start + image->bias, end = expected.end + image->bias;
    const uint64_t inside[] = {start, start + (end - start) / 2, end - 1};
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(eh_frame_function(image->eh_frame_hdr, inside[i], &bounds), "%s+%#lx",
                  image->path, (unsigned long)(inside[i] - image->bias));
        cr_assert(bounds.start == start && bounds.end == end, "%s+%#lx", image->path,
                  (unsigned long)(inside[i] - image->bias));
    }
    if (eh_frame_function(image->eh_frame_hdr, end, &bounds))
        cr_assert_eq(bounds.start, end, "%s: a function reaches over the start of the next",
                     image->path);
}

static unsigned compare_section(const struct image *image, Elf *elf, Elf_Data *data,
                                uint64_t section)
{
    const unsigned char *ident = (const unsigned char *)elf_getident(elf, NULL);
    struct function_bounds bounds;
    Dwarf_CFI_Entry entry;
    Dwarf_Off next = 0;
    unsigned count = 0;
    while (dwarf_next_cfi(ident, data, true, next, &next, &entry) == 0) {
        if (dwarf_cfi_cie_p(&entry) || !decode_bounds(&entry.fde, data, section, &bounds))
            continue;
        expect_bounds(image, bounds);
        count++;
    }
    return count;
}

static bool compare_bounds(struct image *image, void *data)
{
    struct reference reference;
    if (!image->eh_frame_hdr || !reference_open(&reference, image->path))
        return false;
    size_t names;
    elf_getshdrstrndx(reference.elf, &names);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(reference.elf, section));) {
        GElf_Shdr header;
        gelf_getshdr(section, &header);
        if (strcmp(elf_strptr(reference.elf, names, header.sh_name), ".eh_frame") == 0)
            *(unsigned *)data +=
                compare_section(image, reference.elf, elf_rawdata(section, NULL), header.sh_addr);
    }
    reference_close(&reference);
    return false;
}

Test(eh_frame, every_function_of_every_loaded_image)
{
    unsigned functions = 0;

    images_visit(compare_bounds, &functions);
    cr_expect_gt(functions, 5000, "%u functions", functions);
}

static bool is_executable(struct image *image, void *data)
{
    *(struct image *)data = *image;
    return true; /* it comes first */
}

static struct unwind_rule rule_at(const void *code)
{
    static struct image executable;
    if (!executable.eh_frame_hdr)
        images_visit(is_executable, &executable);
    return eh_frame_rule(executable.eh_frame_hdr, address_of(code));
}

static struct unwind_rule normal(int cfa_offset, int rbp_offset, bool from_rbp)
{
    return (struct unwind_rule){.kind = UNWIND_NORMAL,
                                .cfa_offset = cfa_offset,
                                .rbp_offset = (int16_t)rbp_offset,
                                .from_rbp = from_rbp};
}

#define expect_kind(code, expected) cr_expect_eq(rule_at(code).kind, expected, #code)
#define expect_normal(code, cfa, rbp, from_rbp)                                                    \
    cr_expect(same_rule(rule_at(code), normal(cfa, rbp, from_rbp)), #code)

Test(eh_frame, expressions_that_can_be_told_beforehand)
{
    expect_normal(rare_expression, 8, 0, false);
    expect_normal(rare_expression_set, 8, 0, false);
    for (unsigned i = 0; i < 4; i++)
        expect_normal(rare_expression_by_address + i, i >= 2 ? 16 : 8, 0, false);
    expect_normal(rare_expression_signed, 16, 0, true);
    expect_normal(rare_expression_gone, 16, 0, false);
}

Test(eh_frame, rules_that_need_more)
{
    expect_kind(rare_expression_loads, UNWIND_COMPLEX);
    expect_kind(rare_expression_wrong, UNWIND_COMPLEX);
    expect_kind(rare_register_set, UNWIND_COMPLEX);
    expect_kind(rare_other_base_set, UNWIND_COMPLEX);
    expect_normal(rare_value_other, 8, 0, false);
    expect_kind(rare_value_set, UNWIND_COMPLEX);
    expect_kind(rare_moved_return_set, UNWIND_COMPLEX);
    expect_kind(rare_outermost, UNWIND_END);
    expect_kind(rare_signal, UNWIND_SIGNAL);
}

Test(eh_frame, far_offsets_and_long_rows)
{
    expect_normal(rare_far, 1048584, 0, false);
    expect_normal(rare_far + 69999, 1048584, 0, false);
    expect_normal(rare_far_second, 1048584, -8192, false);
    expect_normal(rare_far_third, 64, -2, true);
}

Test(eh_frame, states_within_states)
{
    expect_normal(rare_states_left, 8, 0, false);
    expect_normal(rare_states_inner, 16, -2, true);
    expect_normal(rare_states_outer, 16, -2, false);
}

/* The states beyond those that are remembered are never told wrongly. */
Test(eh_frame, states_deeper_than_remembered)
{
    for (const char *at = rare_deep; at < rare_end; at++) {
        struct unwind_rule rule = rule_at(at);
        cr_expect(rule.kind == UNWIND_COMPLEX || same_rule(rule, normal(8, 0, false)), "+%td",
                  at - rare_deep);
    }
    expect_normal(rare_deep + 7, 8, 0, false);
}

Test(eh_frame, a_table_of_another_form_is_not_read)
{
    const uint8_t forms[][20] = {{2, 0x1b, 3, 0x3b},
                                 {1, 0xff, 3, 0x3b},
                                 {1, 0x1b, 0xff, 0x3b},
                                 {1, 0x1b, 3, 0x1b},
                                 {1, 0x1b, 3, 0x3b}}; /* the last one has no entries */
    struct function_bounds bounds;

    cr_expect(!eh_frame_function(NULL, address_of(forms), &bounds));
    cr_expect_eq(eh_frame_rule(NULL, address_of(forms)).kind, UNWIND_UNKNOWN);
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        _Alignas(8) uint8_t header[sizeof(forms[0])];
        memcpy(header, forms[i], sizeof(header));
        cr_expect(!eh_frame_function(header, address_of(rare_far), &bounds), "form %u", i);
        cr_expect_eq(eh_frame_rule(header, address_of(rare_far)).kind, UNWIND_UNKNOWN, "form %u",
                     i);
    }
}
