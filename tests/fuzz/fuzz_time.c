/* fuzz_time.c - an input that takes too long is a crash. */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

static void on_second(int signal)
{
    (void)signal;
    abort(); /* told by libFuzzer, with a backtrace */
}

void fuzz_watch_time(void)
{
    static bool watched;
    const struct itimerval second = {.it_value.tv_sec = 1};
    if (!watched)
        signal(SIGPROF, on_second);
    watched = true;
    setitimer(ITIMER_PROF, &second, NULL);
}
