/*
 * string.c - what the recorder, or the compiler for it, calls of <string.h>.
 *
 * The C library's use whatever vector registers the processor has. A program's compiler may have
 * seen that a pool function leaves these alone, and keep values in them across a call of it: so
 * does the recorder, which is compiled without. Hidden in the library, these serve it alone.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *in, int byte, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t most);
char *strchr(const char *in, int byte);
char *strcpy(char *restrict to, const char *restrict from);

#define WORDWISE 64u /* bytes: for more, to begin with a string instruction is worth it */

/* A word of any type, anywhere. */
typedef uint64_t word __attribute__((may_alias, aligned(1)));

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    char *at = to;
    const char *read = from;
    if (size > WORDWISE) {
        __asm__ volatile("rep movsb" : "+D"(at), "+S"(read), "+c"(size) : : "memory");
        return to;
    }
    for (; size >= sizeof(word); size -= sizeof(word), at += sizeof(word), read += sizeof(word))
        *(word *)(void *)at = *(const word *)(const void *)read;
    while (size-- > 0)
        *at++ = *read++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    char *at = to;
    const char *read = from;
    if ((uintptr_t)at - (uintptr_t)read >=
        size) /* forward, nothing is overwritten before it moves */
        return memcpy(to, from, size);
    while (size >= sizeof(word)) {
        size -= sizeof(word);
        *(word *)(void *)(at + size) = *(const word *)(const void *)(read + size);
    }
    while (size-- > 0)
        at[size] = read[size];
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;
    for (; size > 0; size--, left++, right++) {
        if (*left != *right)
            return *left - *right;
    }
    return 0;
}

void *memchr(const void *in, int byte, size_t size)
{
    const uint64_t ones = UINT64_MAX / 255, wanted = ones * (unsigned char)byte;
    const unsigned char *at = in;
    for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
        const uint64_t differs = *(const word *)at ^ wanted;
        if ((differs - ones) & ~differs & ones << 7) /* a byte of it is 0 */
            break;
    }
    for (; size > 0; size--, at++) {
        if (*at == (unsigned char)byte)
            return (void *)(uintptr_t)at;
    }
    return NULL;
}

size_t strnlen(const char *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length])
        length++;
    return length;
}

size_t strlen(const char *text)
{
    return strnlen(text, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t most)
{
    for (; most > 0; most--, a++, b++) {
        if (*a != *b || !*a)
            return (unsigned char)*a - (unsigned char)*b;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *in, int byte)
{
    for (; *in != (char)byte; in++) {
        if (!*in)
            return NULL;
    }
    return (char *)(uintptr_t)in;
}

char *strcpy(char *restrict to, const char *restrict from)
{
    return memcpy(to, from, strlen(from) + 1);
}
