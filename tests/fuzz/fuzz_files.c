/*
 * fuzz_files.c - files in memory: what the command calls to open, read and write a file comes here
 * (the linker's --wrap), and goes on to the C library for all that is not below FUZZ_DIR. By the
 * kernel a run would take ten times as long.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include "preload/trace/format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES     24
#define OPEN      64
#define LISTINGS  4
#define FIRST_FD  0x40000000
#define NAME_MOST 64
#define WRAPPED(type, name, ...)                                                                   \
    __attribute__((unused)) type __real_##name(__VA_ARGS__);                                       \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

struct file {
    char name[NAME_MOST]; /* empty: it has none, or none any more */
    const uint8_t *lent;  /* an input's bytes, until they are written to */
    uint8_t *bytes;
    size_t size, room;
    unsigned open;
};

/* A descriptor. */
struct opened {
    struct file *file; /* NULL: the directory, or none */
    bool used;
    off_t at;
};

/* What DIR points to. */
struct listing {
    bool used;
    size_t next;
    struct dirent entry;
};

static struct file files[FILES];
static struct opened opened[OPEN];
static struct listing listings[LISTINGS];

static bool is_used(const struct file *file)
{
    return file->open || *file->name;
}

static struct opened *opened_of(int fd)
{
    const unsigned i = (unsigned)fd - FIRST_FD;
    return i < OPEN && opened[i].used ? &opened[i] : NULL;
}

/* What is behind FUZZ_DIR in PATH; NULL: it is elsewhere. The directory itself: "". */
static const char *name_in(int dir, const char *path)
{
    if (dir != AT_FDCWD && opened_of(dir))
        return path;
    if (strncmp(path, FUZZ_DIR, sizeof(FUZZ_DIR) - 1) != 0)
        return NULL;
    path += sizeof(FUZZ_DIR) - 1;
    return *path == '/' ? path + 1 : *path ? NULL : path;
}

static struct file *find(const char *name)
{
    for (size_t i = 0; i < FILES; i++)
        if (*files[i].name && strcmp(files[i].name, name) == 0)
            return &files[i];
    errno = ENOENT;
    return NULL;
}

static void release(struct file *file)
{
    if (is_used(file))
        return;
    free(file->bytes);
    *file = (struct file){0};
}

static struct file *make(const char *name)
{
    for (size_t i = 0; i < FILES; i++) {
        if (is_used(&files[i]))
            continue;
        if (snprintf(files[i].name, NAME_MOST, "%s", name) >= NAME_MOST)
            abort();
        return &files[i];
    }
    abort(); /* somebody leaves files behind */
}

/* FILE's own bytes, SIZE of them. */
static void resize(struct file *file, size_t size)
{
    if (size > file->room || file->lent) {
        const size_t room = size > file->size ? size + size / 2 + TRACE_PAGE : file->size;
        uint8_t *bytes = realloc(file->bytes, room);
        if (!bytes)
            abort();
        if (file->lent)
            memcpy(bytes, file->lent, file->size);
        file->bytes = bytes;
        file->room = room;
        file->lent = NULL;
    }
    if (size > file->size)
        memset(file->bytes + file->size, 0, size - file->size);
    file->size = size;
}

void fuzz_file(const char *name, const uint8_t *bytes, size_t size)
{
    struct file *file = find(name);
    file = file ? file : make(name);
    file->lent = bytes;
    file->size = size;
}

static int open_file(struct file *file, off_t at)
{
    for (int i = 0; i < OPEN; i++) {
        if (opened[i].used)
            continue;
        opened[i] = (struct opened){file, true, at};
        if (file)
            file->open++;
        return FIRST_FD + i;
    }
    abort(); /* somebody leaves descriptors behind */
}

static int open_name(const char *name, int flags)
{
    const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
    if (!*name && !unnamed)
        return open_file(NULL, 0);
    struct file *file = unnamed ? make("") : find(name);
    if (file && (flags & O_EXCL)) {
        errno = EEXIST;
        return -1;
    }
    file = !file && (flags & O_CREAT) ? make(name) : file;
    if (!file)
        return -1;
    if (flags & O_TRUNC)
        resize(file, 0);
    return open_file(file, 0);
}

void fuzz_files_remove(void)
{
    for (size_t i = 0; i < OPEN; i++)
        if (opened[i].used)
            abort(); /* somebody leaves descriptors behind */
    for (size_t i = 0; i < FILES; i++) {
        *files[i].name = '\0';
        release(&files[i]);
    }
}

/* --- what the C library has */

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

WRAPPED(int, open, const char *path, int flags, ...)
{
    const char *name = name_in(AT_FDCWD, path);
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return name ? open_name(name, flags) : __real_open(path, flags, mode);
}

WRAPPED(int, openat, int dir, const char *path, int flags, ...)
{
    const char *name = name_in(dir, path);
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return name ? open_name(name, flags) : __real_openat(dir, path, flags, mode);
}

WRAPPED(int, close, int fd)
{
    struct opened *open = opened_of(fd);
    if (!open)
        return __real_close(fd);
    struct file *file = open->file;
    open->used = false;
    if (file && --file->open == 0)
        release(file);
    return 0;
}

static ssize_t read_at(const struct file *file, void *to, size_t size, off_t at)
{
    const size_t from = (size_t)at, left = from < file->size ? file->size - from : 0;
    const size_t got = size < left ? size : left;
    if (got)
        memcpy(to, (file->lent ? file->lent : file->bytes) + from, got);
    return (ssize_t)got;
}

static ssize_t write_at(struct file *file, const void *from, size_t size, off_t at)
{
    const size_t end = (size_t)at + size;
    resize(file, end > file->size ? end : file->size);
    memcpy(file->bytes + at, from, size);
    return (ssize_t)size;
}

WRAPPED(ssize_t, pread, int fd, void *to, size_t size, off_t at)
{
    const struct opened *open = opened_of(fd);
    return open ? read_at(open->file, to, size, at) : __real_pread(fd, to, size, at);
}

WRAPPED(ssize_t, read, int fd, void *to, size_t size)
{
    struct opened *open = opened_of(fd);
    if (!open)
        return __real_read(fd, to, size);
    const ssize_t got = read_at(open->file, to, size, open->at);
    open->at += got;
    return got;
}

WRAPPED(ssize_t, pwrite, int fd, const void *from, size_t size, off_t at)
{
    const struct opened *open = opened_of(fd);
    return open ? write_at(open->file, from, size, at) : __real_pwrite(fd, from, size, at);
}

WRAPPED(ssize_t, write, int fd, const void *from, size_t size)
{
    struct opened *open = opened_of(fd);
    if (!open)
        return __real_write(fd, from, size);
    open->at += write_at(open->file, from, size, open->at);
    return (ssize_t)size;
}

WRAPPED(off_t, lseek, int fd, off_t to, int how)
{
    struct opened *open = opened_of(fd);
    if (!open)
        return __real_lseek(fd, to, how);
    if (how == SEEK_DATA && to >= (off_t)open->file->size) {
        errno = ENXIO;
        return -1;
    }
    open->at = how == SEEK_END   ? (off_t)open->file->size + to
               : how == SEEK_CUR ? open->at + to
                                 : to;
    return open->at;
}

WRAPPED(int, ftruncate, int fd, off_t size)
{
    const struct opened *open = opened_of(fd);
    if (!open)
        return __real_ftruncate(fd, size);
    resize(open->file, (size_t)size);
    return 0;
}

/* Only to make holes: see analyzer/keep/take_out.c. */
WRAPPED(int, fallocate, int fd, int how, off_t at, off_t size)
{
    const struct opened *open = opened_of(fd);
    if (!open)
        return __real_fallocate(fd, how, at, size);
    struct file *file = open->file;
    resize(file, file->size);
    for (size_t i = (size_t)at; i < (size_t)(at + size) && i < file->size; i++)
        file->bytes[i] = 0;
    return 0;
}

static int tell(const struct file *file, struct stat *st)
{
    *st = (struct stat){.st_dev = FIRST_FD,
                        .st_ino = file ? (ino_t)(file - files) + 2 : 1,
                        .st_mode = file ? S_IFREG | 0600 : S_IFDIR | 0700,
                        .st_nlink = 1,
                        .st_uid = geteuid(),
                        .st_size = file ? (off_t)file->size : 0};
    return 0;
}

WRAPPED(int, fstat, int fd, struct stat *st)
{
    const struct opened *open = opened_of(fd);
    return open ? tell(open->file, st) : __real_fstat(fd, st);
}

static int tell_name(const char *name, struct stat *st)
{
    const struct file *file = *name ? find(name) : NULL;
    return *name && !file ? -1 : tell(file, st);
}

WRAPPED(int, stat, const char *path, struct stat *st)
{
    const char *name = name_in(AT_FDCWD, path);
    return name ? tell_name(name, st) : __real_stat(path, st);
}

WRAPPED(int, fstatat, int dir, const char *path, struct stat *st, int flags)
{
    const char *name = name_in(dir, path);
    return name ? tell_name(name, st) : __real_fstatat(dir, path, st, flags);
}

WRAPPED(int, access, const char *path, int how)
{
    const char *name = name_in(AT_FDCWD, path);
    return !name ? __real_access(path, how) : find(name) ? 0 : -1;
}

WRAPPED(int, unlink, const char *path)
{
    const char *name = name_in(AT_FDCWD, path);
    struct file *file = name ? find(name) : NULL;
    if (!name)
        return __real_unlink(path);
    if (!file)
        return -1;
    *file->name = '\0';
    release(file);
    return 0;
}

/* A lease, which says that nobody has it open. */
WRAPPED(int, fcntl, int fd, int what, ...)
{
    va_list arguments;
    va_start(arguments, what);
    const long argument = va_arg(arguments, long);
    va_end(arguments);
    return opened_of(fd) ? 0 : __real_fcntl(fd, what, argument);
}

WRAPPED(int, fsync, int fd)
{
    return opened_of(fd) ? 0 : __real_fsync(fd);
}

WRAPPED(int, fdatasync, int fd)
{
    return opened_of(fd) ? 0 : __real_fdatasync(fd);
}

WRAPPED(int, rename, const char *from, const char *to)
{
    const char *old = name_in(AT_FDCWD, from), *new = name_in(AT_FDCWD, to);
    if (!old || !new)
        return __real_rename(from, to);
    struct file *file = find(old), *replaced = find(new);
    if (!file)
        return -1;
    if (replaced && replaced != file) {
        *replaced->name = '\0';
        release(replaced);
    }
    snprintf(file->name, sizeof(file->name), "%s", new);
    return 0;
}

static ssize_t cookie_read(void *fd, char *to, size_t size)
{
    return __wrap_read((int)(intptr_t)fd, to, size);
}

static ssize_t cookie_write(void *fd, const char *from, size_t size)
{
    return __wrap_write((int)(intptr_t)fd, from, size);
}

static int cookie_close(void *fd)
{
    return __wrap_close((int)(intptr_t)fd);
}

WRAPPED(FILE *, fdopen, int fd, const char *how)
{
    static const cookie_io_functions_t calls = {
        .read = cookie_read, .write = cookie_write, .close = cookie_close};
    return opened_of(fd) ? fopencookie((void *)(intptr_t)fd, how, calls) : __real_fdopen(fd, how);
}

/* Nobody writes to a file so. */
WRAPPED(FILE *, fopen, const char *path, const char *how)
{
    if (!name_in(AT_FDCWD, path))
        return __real_fopen(path, how);
    const int fd = __wrap_open(path, O_RDONLY);
    return fd < 0 ? NULL : __wrap_fdopen(fd, how);
}

static struct listing *listing_of(DIR *dir)
{
    struct listing *listing = (struct listing *)dir;
    return listing >= listings && listing < listings + LISTINGS ? listing : NULL;
}

WRAPPED(DIR *, opendir, const char *path)
{
    if (!name_in(AT_FDCWD, path))
        return __real_opendir(path);
    for (size_t i = 0; i < LISTINGS; i++) {
        if (listings[i].used)
            continue;
        listings[i] = (struct listing){.used = true};
        return (DIR *)&listings[i];
    }
    abort(); /* somebody leaves directories open */
}

WRAPPED(struct dirent *, readdir, DIR *dir)
{
    struct listing *listing = listing_of(dir);
    if (!listing)
        return __real_readdir(dir);
    while (listing->next < FILES) {
        const char *name = files[listing->next++].name;
        if (!*name)
            continue;
        snprintf(listing->entry.d_name, sizeof(listing->entry.d_name), "%s", name);
        return &listing->entry;
    }
    return NULL;
}

WRAPPED(int, closedir, DIR *dir)
{
    struct listing *listing = listing_of(dir);
    if (!listing)
        return __real_closedir(dir);
    listing->used = false;
    return 0;
}
