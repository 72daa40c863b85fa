/*
 * detour.h - patching the entry of a function in memory.
 *
 * The first five bytes become a jump to a stub on a page nearby. The stub calls the recorder, then
 * runs the instructions that the jump took the place of, re-encoded for where they now are, and
 * goes on behind them. For functions that no thread can be in: before main, while there is one, or
 * while the loader has just mapped them. By one thread at a time; others may look stubs up.
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

/* To be called when all are installed: they cannot run before. No page stays writable. */
void detour_finish(void);

/* The function at ADDRESS is gone, with the code of its image: its stub's place is free. */
void detour_forget(uint64_t address);

/* Is ADDRESS in one of the stubs? */
bool detour_contains(uint64_t address);

/*
 * For unwinding from a stub that a signal interrupted: the address in the patched function where
 * the stack is as at ADDRESS, but for *PUSHED bytes more on it. False: ADDRESS is in no stub.
 */
bool detour_locate(uint64_t address, uint64_t *original, unsigned *pushed);

#endif
