/*
 * detour.h - patching the entry of a function in memory.
 *
 * The first five bytes become a jump to a stub on a page nearby. The stub calls the recorder, then
 * runs the instructions that the jump took the place of, re-encoded for where they now are, and
 * goes on behind them. For functions that no thread can be in: before main, while there is one, or
 * while the loader has just mapped them. By one thread at a time; others may look stubs up.
 *
 * In a program that runs, the jumps are put off, and who stops all threads writes them: see
 * detours_put_off().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_DETOUR_H
#define PRELOAD_CODE_DETOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct detour {
    uint64_t address; /* of the patched function */
    uint64_t size;    /* its bytes; at least 5 */
    /* What the stub leads to: called before the function runs or, with `around`, jumped to in its
     * place. CONTEXT is on the stack then, above the return address. */
    void (*enter)(void);
    bool around;
    void *context;
    uint64_t *original; /* where to put the address of code that does what the function did */
};

/* NULL on success, else why not, in words. Nothing is changed then. */
const char *detour_install(const struct detour *detour);

/* To be called when all are installed: they cannot run before. No page stays writable. False: they
 * cannot be made code, and no jump must lead to them. */
bool detour_finish(void);

/* The function at ADDRESS is gone, with the code of its image: its stub's place is free. */
void detour_forget(uint64_t address);

/* Is ADDRESS in one of the stubs? */
bool detour_contains(uint64_t address);

/*
 * For unwinding from a stub that a signal interrupted: the address in the patched function where
 * the stack is as at ADDRESS, but for *PUSHED bytes more on it. False: ADDRESS is in no stub.
 */
bool detour_locate(uint64_t address, uint64_t *original, unsigned *pushed);

#define DETOUR_JUMP 5 /* bytes */

/* A jump as it is, or is to be. */
struct detour_patch {
    uint64_t address;
    uint8_t original[DETOUR_JUMP], jump[DETOUR_JUMP];
    /* Where the stub does what the function did from each of these bytes on; 0: no instruction
     * begins there, or the stub does it from its beginning. */
    uint64_t moved[DETOUR_JUMP];
};

/* Whether detour_install() leaves the writing of jumps to others, as threads may be anywhere. */
void detours_put_off(bool put_off);

/* The jumps that are installed, MAX at most, whoever writes them. Returns how many. */
unsigned detours_list(struct detour_patch *patches, unsigned max);

/* The original bytes are back, or will be. Stubs stay, as threads may be in them, and serve the
 * same hook again. */
void detours_undone(void);

/* Where region number INDEX of stubs begins, of REGION_SIZE bytes; 0: there are not so many. */
uint64_t detour_region(unsigned index, uint64_t *size);

#endif
