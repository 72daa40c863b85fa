/* process_shares_test.c - which process has most of a finding. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/process_shares.h"

#include <criterion/criterion.h>

static struct process_shares shares;

static void end(void)
{
    process_shares_free(&shares);
}

TestSuite(process_shares, .fini = end);

static void add(int32_t pid, uint64_t count, uint64_t bytes, uint64_t held)
{
    process_shares_add(&shares, (struct process_share){pid, count, bytes, held});
}

Test(process_shares, the_worst_is_the_one_that_holds_most)
{
    add(9, 50, 100, 200);
    add(7, 1, 10, 900);
    add(8, 99, 100, 300);
    const struct process_share worst = process_shares_worst(&shares);
    cr_expect(worst.pid == 7 && worst.count == 1 && worst.bytes == 10 && worst.held == 900);
}

Test(process_shares, those_of_one_process_add_up)
{
    add(7, 1, 10, 500);
    add(8, 2, 10, 400);
    add(9, 1, 10, 100);
    add(8, 3, 20, 200);
    const struct process_share worst = process_shares_worst(&shares);
    cr_expect(worst.pid == 8 && worst.count == 5 && worst.bytes == 30 && worst.held == 600);
}

Test(process_shares, of_those_that_are_alike_it_is_the_first)
{
    add(9, 1, 10, 500);
    add(7, 1, 10, 500);
    cr_expect_eq(process_shares_worst(&shares).pid, 7);
}

Test(process_shares, without_any_there_is_none)
{
    cr_expect_eq(process_shares_worst(&shares).pid, 0);
}
