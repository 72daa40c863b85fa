/* kernel_held.c - what /proc/self/fdinfo says of epoll's descriptors (kernel_held.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/kernel_held.h"

#include "preload/util/proc_file.h"
#include "preload/util/system_calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 4096u
#define LINES_MAX       65536u

/* The word after "data:" in the lines that begin with "tfd:", byte by byte. */
struct reader {
    struct kernel_held_room *room;
    kernel_held_word *held;
    void *data;
    unsigned lines;
    size_t column;   /* in the line */
    unsigned key;    /* bytes of "data:" that came */
    bool is_kept;    /* the line tells of something that is waited for */
    bool has_digits; /* of the word */
    uint64_t word;
};

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static void end_word(struct reader *reader)
{
    if (reader->has_digits)
        reader->held(reader->data, reader->word);
    reader->has_digits = false;
    reader->key = 0;
    reader->word = 0;
}

static void read_byte(struct reader *reader, char byte)
{
    static const char line[] = "tfd:", key[] = "data:";
    const size_t at = reader->column++;
    if (at < sizeof(line) - 1)
        reader->is_kept = (at == 0 || reader->is_kept) && byte == line[at];
    if (byte == '\n') {
        end_word(reader);
        reader->column = 0;
        reader->lines++;
    } else if (reader->key == sizeof(key) - 1) {
        const int digit = digit_of(byte);
        if (digit >= 0)
            reader->word = reader->word << 4 | (unsigned)digit;
        reader->has_digits |= digit >= 0;
        if (digit < 0 && reader->has_digits)
            end_word(reader);
    } else if (reader->is_kept) {
        reader->key = byte == key[reader->key] ? reader->key + 1 : byte == key[0];
    }
}

static void read_file(int directory, const char *name, struct reader *reader)
{
    char *piece = reader->room->piece;
    const int file = openat(directory, name, PROC_READ);
    ssize_t length;
    if (file < 0)
        return;
    reader->column = 0;
    while (reader->lines < LINES_MAX &&
           (length = read(file, piece, sizeof(reader->room->piece))) > 0) {
        for (ssize_t i = 0; i < length; i++)
            read_byte(reader, piece[i]);
    }
    close(file);
    end_word(reader);
}

static bool is_waiting(int descriptors, const char *name)
{
    static const char wanted[] = "anon_inode:[eventpoll]";
    char what[sizeof(wanted)];
    return readlinkat(descriptors, name, what, sizeof(what)) == (ssize_t)sizeof(wanted) - 1 &&
           memcmp(what, wanted, sizeof(wanted) - 1) == 0;
}

static void read_all(int descriptors, int told, struct reader *reader)
{
    char *entries = reader->room->entries;
    unsigned seen = 0;
    ssize_t length;
    while (seen < DESCRIPTORS_MAX &&
           (length = syscall(SYS_getdents64, told, entries, sizeof(reader->room->entries))) > 0) {
        const struct dirent64 *entry;
        for (ssize_t at = 0; at < length; at += entry->d_reclen) {
            entry = (const void *)(entries + at);
            seen++;
            if (is_waiting(descriptors, entry->d_name))
                read_file(told, entry->d_name, reader);
        }
    }
}

void kernel_held_each(struct kernel_held_room *room, kernel_held_word *held, void *data)
{
    const int error = errno, how = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY;
    struct reader reader = {.room = room, .held = held, .data = data};
    if (system_calls_filtered())
        return;
    const int descriptors = open("/proc/self/fd", how);
    const int told = descriptors < 0 ? -1 : open("/proc/self/fdinfo", how);
    if (told >= 0) {
        read_all(descriptors, told, &reader);
        close(told);
    }
    if (descriptors >= 0)
        close(descriptors);
    errno = error;
}
