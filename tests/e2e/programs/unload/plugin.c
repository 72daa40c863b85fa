/*
 * plugin.c - calls back from two frames, of which the inner one has FRAME bytes. With FILLER bytes
 * of data, plugins of different frames come to lie at the same addresses, or at others that
 * overlap.
 */
char filler[FILLER];

__attribute__((noinline)) static void inner(void (*callback)(void))
{
    volatile char frame[FRAME];
    frame[0] = 1;
    callback();
    frame[1] = frame[0];
}

__attribute__((noinline)) void plugin_run(void (*callback)(void))
{
    volatile char frame[400];
    frame[0] = filler[7];
    inner(callback);
    frame[1] = frame[0];
}
/* SPDX-License-Identifier: MIT */
