/*
 * shadow_stack.h - is a file built for user shadow stacks (SHSTK)? The kernel then keeps return
 * addresses a second time, where that is switched on, and what returns elsewhere ends the program:
 * the recorder's stubs do.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_API_SHADOW_STACK_H
#define ANALYZER_API_SHADOW_STACK_H

#include <libelf.h>
#include <stdbool.h>

/* By what ELF says in its .note.gnu.property. */
bool has_shadow_stack(Elf *elf);

#endif
