/*
 * unloading.h - code that is gone: what was learnt from it is void, as other code may come to lie
 * at its addresses.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_UNLOADING_H
#define PRELOAD_HOOKS_UNLOADING_H

/* To be called after code may have been unloaded; best before any other can be loaded. */
void unloading_notice(void);

#endif
