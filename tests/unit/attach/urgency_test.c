/* urgency_test.c - this process runs before others for a moment, as far as it may. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "analyzer/attach/urgency.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct urgency now(void)
{
    struct urgency now = {0};
    cr_assert_eq(syscall(SYS_sched_getattr, 0, &now, sizeof(now), 0), 0);
    return now;
}

/* Asked of the kernel in another way. */
static bool may_be_first(void)
{
    const int nice = getpriority(PRIO_PROCESS, 0);
    const bool may = setpriority(PRIO_PROCESS, 0, -20) == 0;
    cr_assert_eq(setpriority(PRIO_PROCESS, 0, nice), 0);
    return may;
}

/* From a process that is so NICE. */
static void begins_and_ends(int nice)
{
    struct urgency before;
    cr_assert_eq(setpriority(PRIO_PROCESS, 0, nice), 0);
    const bool first = may_be_first();
    const struct urgency calm = now();
    urgency_begin(&before);
    const struct urgency urgent = now();
    cr_expect(first == (urgent.policy == SCHED_FIFO || urgent.nice == -20), "%u, %d", urgent.policy,
              urgent.nice);
    urgency_end(&before);
    const struct urgency after = now();
    cr_expect_eq(memcmp(&after, &calm, sizeof(calm)), 0, "%u, %d", after.policy, after.nice);
}

Test(urgency, ends_as_it_was)
{
    begins_and_ends(0);
}

Test(urgency, ends_as_nice_as_it_was)
{
    begins_and_ends(7);
}

Test(urgency, who_asked_for_a_policy_keeps_it)
{
    struct urgency before;
    const struct sched_param none = {0};
    cr_assert_eq(sched_setscheduler(0, SCHED_BATCH, &none), 0);
    urgency_begin(&before);
    cr_expect_eq(now().policy, (unsigned)SCHED_BATCH);
    urgency_end(&before);
    cr_expect_eq(now().policy, (unsigned)SCHED_BATCH);
}
