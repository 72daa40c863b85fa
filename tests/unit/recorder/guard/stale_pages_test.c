/* stale_pages_test.c - pages of which it is seen whether they are used, by whomever. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/stale_pages.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void set_up(void)
{
    if (!stale_pages_setup())
        cr_skip_test("the kernel does not say which pages are used");
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert(stale_pages_reach(i));
        memset((void *)stale_page(i), 'a' + (int)i, STALE_PAGE);
    }
}

TestSuite(stale_pages, .init = set_up);

/* Which of the three are used, a bit each. */
static unsigned used(void)
{
    const uint32_t numbers[] = {0, 1, 2};
    bool used[3];
    cr_assert(stale_pages_look(numbers, 3, used));
    return (unsigned)used[0] | (unsigned)used[1] << 1 | (unsigned)used[2] << 2;
}

static void hide(void)
{
    for (uint32_t i = 0; i < 3; i++)
        cr_assert(stale_pages_hide(i, 1));
}

static volatile char *byte(uint32_t number)
{
    return (volatile char *)stale_page(number) + 100;
}

Test(stale_pages, what_is_hidden_is_seen_when_it_is_read_or_written_and_is_as_it_was)
{
    cr_expect_eq(used(), 7);
    hide();
    cr_expect_eq(used(), 0);
    cr_expect_eq(*byte(1), 'b');
    cr_expect_eq(used(), 2, "what is around is not read with it");
    *byte(2) = 'x';
    cr_expect_eq(used(), 6);
    cr_expect_eq(used(), 6, "looking is no use");
    hide();
    cr_expect_eq(used(), 0);
    cr_expect_eq(*byte(2), 'x');
    cr_expect_eq(byte(2)[1], 'c');
}

Test(stale_pages, the_kernel_reads_and_writes_it)
{
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    hide();
    cr_expect_eq(write(fds[1], (char *)byte(0), 10), 10);
    cr_expect_eq(used(), 1);
    cr_expect_eq(read(fds[0], (char *)byte(1), 10), 10);
    cr_expect_eq(used(), 3);
    cr_expect_eq(*byte(1), 'a');
    cr_expect_eq(*byte(2), 'c');
}

/* What a child sees: TOLD of the fork or not. */
static void fork_and_change(bool told)
{
    hide();
    if (told) {
        for (uint32_t i = 0; i < 3; i++)
            stale_pages_copy(i, stale_page(i) + 100, 50);
    }
    const pid_t child = fork();
    if (child == 0) {
        const uint32_t first = stale_pages_take_over(3);
        bool well = *byte(0) == 'a' && *byte(2) == 'c' && first >= 3;
        *byte(0) = 'C';
        usleep(20000);
        well &= *byte(0) == 'C' && *byte(1) == 'b';
        well &= stale_pages_reach(first) && *byte(first) == 0;
        *byte(first) = 'n';
        _exit(well ? 0 : 1);
    }
    stale_pages_drop_copies();
    int status;
    usleep(10000);
    *byte(1) = 'P';
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
    cr_expect_eq(*byte(0), 'a');
    cr_expect_eq(*byte(1), 'P');
}

Test(stale_pages, a_child_has_its_own)
{
    fork_and_change(true);
}

Test(stale_pages, also_one_that_comes_unannounced_once_it_takes_over)
{
    fork_and_change(false);
}
