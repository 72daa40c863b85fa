/* label_growth_test.c - which units of work grew: those of one label, or any. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/label_growth.h"

#include <criterion/criterion.h>

static const char opts[] = "OPTS", list[] = "LIST", noop[] = "NOOP";

/* 300 units: of ten, one is OPTS, three are LIST, the others have no label. */
static struct unit_labels three_hundred(void)
{
    struct unit_labels labels = {.before = 7};
    for (uint32_t i = 0; i < 300; i++) {
        if (i % 10 == 0)
            unit_labels_note(&labels, 8 + i, opts, false);
        else if (i % 10 < 4)
            unit_labels_note(&labels, 8 + i, list, false);
    }
    return labels;
}

Test(label_growth, the_first_label_of_a_unit_counts)
{
    struct unit_labels labels = {0};
    unit_labels_note(&labels, 3, opts, false);
    unit_labels_note(&labels, 3, list, false);
    cr_expect_str_eq(unit_label_name(&labels, unit_label_number(&labels, 3)), "OPTS");
    cr_expect_eq(unit_label_number(&labels, 2), 0);
    cr_expect_eq(unit_label_number(&labels, 4), 0);
    cr_expect_eq(unit_label_number(&labels, 0), 0);
    unit_labels_free(&labels);
}

Test(label_growth, commands_and_labels_beyond_their_number_have_none)
{
    static char names[300][2];
    struct unit_labels labels = {.before = 5};
    for (uint32_t i = 0; i < 300; i++)
        unit_labels_note(&labels, 6 + i, names[i], false);
    cr_expect_eq(unit_label_number(&labels, 6 + 254), 255);
    cr_expect_eq(unit_label_number(&labels, 6 + 255), 0);
    unit_labels_note(&labels, 5, opts, false);
    unit_labels_note(&labels, UINT32_MAX, opts, false);
    cr_expect_eq(labels.count, 300);
    unit_labels_free(&labels);
}

static struct label_growth grew_in(const struct unit_labels *labels, unsigned each_opts,
                                   unsigned each_list)
{
    struct label_counts counts = {0};
    uint64_t grew = 0;
    for (uint32_t unit = 8; unit < 308; unit++) {
        const char *name = unit_label_name(labels, unit_label_number(labels, unit));
        const unsigned each = name == opts ? each_opts : name == list ? each_list : 0;
        if (each && unit % each == 0) {
            label_counts_add(&counts, unit_label_number(labels, unit));
            grew++;
        }
    }
    const struct label_growth growth = label_growth_of(&counts, labels, 8, 307, grew);
    label_counts_free(&counts);
    return growth;
}

Test(label_growth, units_of_one_label_grew)
{
    struct unit_labels labels = three_hundred();
    const struct label_growth growth = grew_in(&labels, 1, 0);
    cr_expect_eq(growth.label, opts);
    cr_expect_eq(growth.grew, 30);
    cr_expect_eq(growth.units, 30);
    cr_expect_eq(growth.others_grew, 0);
    cr_expect_eq(growth.others, 270);
    cr_expect(label_growth_decides(&growth));
    unit_labels_free(&labels);
}

Test(label_growth, units_of_several_labels_grew)
{
    struct unit_labels labels = three_hundred();
    const struct label_growth growth = grew_in(&labels, 1, 1);
    cr_expect_eq(growth.label, list, "most of them are");
    cr_expect_eq(growth.grew, 90);
    cr_expect_eq(growth.others_grew, 30);
    cr_expect_not(label_growth_decides(&growth));
    unit_labels_free(&labels);
}

Test(label_growth, units_of_all_labels_grew)
{
    struct unit_labels labels = {0};
    struct label_counts counts = {0};
    for (uint32_t i = 1; i <= 90; i++) {
        unit_labels_note(&labels, i, i % 3 == 0 ? opts : i % 3 == 1 ? list : noop, false);
        label_counts_add(&counts, unit_label_number(&labels, i));
    }
    const struct label_growth growth = label_growth_of(&counts, &labels, 1, 90, 90);
    cr_expect_null(growth.label, "a label says nothing then");
    cr_expect_eq(growth.others_grew, 90);
    label_counts_free(&counts);
    unit_labels_free(&labels);
}

Test(label_growth, two_of_one_label_are_one)
{
    struct label_growth into = {opts, 20, 30, 0, 270, 0};
    const struct label_growth from = {opts, 15, 30, 5, 270, 0}, other = {list, 8, 90, 0, 210, 0};
    label_growth_add(&into, &from);
    cr_expect_eq(into.grew, 30, "no more than there are");
    cr_expect_eq(into.others_grew, 5);
    label_growth_add(&into, &other);
    cr_expect_eq(into.label, opts);
    cr_expect_eq(into.others_grew, 13);
    const struct label_growth none = {NULL, 0, 0, 300, 300, 0};
    label_growth_add(&into, &none);
    cr_expect_null(into.label, "others grow as often");
}
