/*
 * stale_pages.h - pages of which it can be seen whether they are used, while they can be used as
 * any other: by the program, and by the kernel in its name.
 *
 * They are shared memory of this process alone. What is hidden stays in memory, but the process has
 * no entry for it in its page tables, until whoever touches it makes the kernel find it again:
 * whether there is an entry can be asked for. No access fails, and no handler is needed. A forked
 * child gets copies as private memory, that go on being used and are not looked at.
 *
 * For stale.c, under its lock. Async-signal-safe but for the setup; errno stays.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_STALE_PAGES_H
#define PRELOAD_GUARD_STALE_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#define STALE_PAGE  4096u
#define STALE_SLOTS 512u /* pages, of a process and those that it comes from */

/* Can it be asked whether a page was used? Once, before main. */
bool stale_pages_setup(void);

/* Page NUMBER, below STALE_SLOTS, is there. False: there is no memory. */
bool stale_pages_reach(uint32_t number);

/* Where page NUMBER is, that was reached. */
uint64_t stale_page(uint32_t number);

/* Does page NUMBER lie behind the one before, with nothing between them? */
bool stale_pages_follows(uint32_t number);

/* From here on it is seen whether pages are used: COUNT, each of which follows the one before, from
 * NUMBER on. False: it cannot be. */
bool stale_pages_hide(uint32_t number, uint32_t count);

/* Which of the first COUNT of NUMBERS were used since: USED of each. False: it cannot be told. */
bool stale_pages_look(const uint32_t *numbers, uint32_t count, bool *used);

/*
 * Before a fork: the SIZE bytes at START in page NUMBER are copied for the child; after it, in the
 * parent, the copies go. The child takes over all pages below USED; what was not copied is as it is
 * now. Its own pages begin at the number that is returned.
 */
void stale_pages_copy(uint32_t number, uint64_t start, uint32_t size);
void stale_pages_drop_copies(void);
uint32_t stale_pages_take_over(uint32_t used);

#endif
