/* preflight_test.c - why a process may not be traced, in words. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/preflight.h"

#include "tests/unit/support/temp_text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534

/* As who is not root, whoever runs the tests. */
static void be_nobody(void)
{
    if (geteuid() == 0)
        cr_assert_eq(seteuid(NOBODY), 0);
}

/* What is said where Yama's file has SETTING. */
static struct error explained(const char *setting, int why)
{
    struct error error = {.text = ""};
    char *yama = temp_text(setting);
    cr_assert_eq(chmod(yama, 0644), 0);
    if (strcmp(setting, "3\n") != 0)
        be_nobody();
    preflight_explain(getpid(), why, yama, &error);
    cr_expect(strstr(error.text, yama) || strcmp(setting, "0\n") == 0, "%s", error.text);
    cr_expect_eq(seteuid(getuid()), 0);
    unlink(yama);
    free(yama);
    return error;
}

Test(preflight, yama_lets_parents_trace)
{
    const struct error error = explained("1\n", EPERM);
    cr_expect(strstr(error.text, "is 1: only a parent may trace"), "%s", error.text);
    cr_expect(strstr(error.text, "CAP_SYS_PTRACE"), "%s", error.text);
}

Test(preflight, yama_lets_capable_ones_trace)
{
    const struct error error = explained("2\n", EPERM);
    cr_expect(strstr(error.text, "is 2: only who has the capability CAP_SYS_PTRACE"), "%s",
              error.text);
}

Test(preflight, yama_lets_nobody_trace)
{
    const struct error error = explained("3\n", EPERM);
    cr_expect(strstr(error.text, "is 3: nobody may trace"), "%s", error.text);
}

Test(preflight, where_yama_allows_it_something_else_is_the_reason)
{
    const struct error error = explained("0\n", EACCES);
    cr_expect_not(strstr(error.text, "/tmp/"), "%s", error.text);
    cr_expect(strstr(error.text, "CAP_SYS_PTRACE"), "%s", error.text);
}

Test(preflight, another_error_is_told_as_it_is)
{
    struct error error = {.text = ""};
    preflight_explain(getpid(), ESRCH, "/nonexistent", &error);
    cr_expect(strstr(error.text, strerror(ESRCH)), "%s", error.text);
}

Test(preflight, what_cannot_be_attached_to)
{
    struct error error = {.text = ""};
    cr_expect_not(preflight(getpid(), &error));
    cr_expect(strstr(error.text, "this command"), "%s", error.text);
    cr_expect_not(preflight(0x7fffffff, &error));
    cr_expect(strstr(error.text, "there is none"), "%s", error.text);
}
