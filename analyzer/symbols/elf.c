/* elf.c - see elf.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "analyzer/symbols/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

/* No link of the other system, absolute or with "..", may lead out of it into this one. */
static int open_path_below(const char *root, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    int directory = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -1;
    int handle = (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
    int saved = errno;
    close(directory);
    errno = saved;
    return handle;
}

/*
 * O_PATH first: merely opening a device can have an effect (a tape rewinds), and the path is the
 * trace's. What O_PATH holds cannot be exchanged for something else afterwards.
 */
static int open_regular(const char *root, const char *path, const char **wrong)
{
    char proc[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
    struct stat status;
    int fd = -1;
    int handle = root ? open_path_below(root, path) : open(path, O_PATH | O_CLOEXEC);

    if (handle < 0 || fstat(handle, &status) != 0) {
        *wrong = strerror(errno);
    } else if (!S_ISREG(status.st_mode)) {
        *wrong = "is not a regular file";
    } else {
        snprintf(proc, sizeof(proc), "/proc/self/fd/%d", handle);
        fd = open(proc, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
            *wrong = strerror(errno);
    }
    if (handle >= 0)
        close(handle);
    return fd;
}

static bool is_loadable(Elf *elf)
{
    GElf_Ehdr header;

    return elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) != NULL &&
           (header.e_type == ET_EXEC || header.e_type == ET_DYN);
}

const char *elf_file_open_fd(struct elf_file *file, int fd)
{
    *file = (struct elf_file){NULL, fd};
    elf_version(EV_CURRENT);
    file->elf = elf_begin(file->fd, ELF_C_READ, NULL);
    if (file->elf != NULL && is_loadable(file->elf))
        return NULL;
    elf_file_close(file);
    return "is not an ELF executable or shared object";
}

const char *elf_file_open(struct elf_file *file, const char *root, const char *path)
{
    const char *wrong = NULL;
    int fd = open_regular(root, path, &wrong);

    *file = (struct elf_file){NULL, -1};
    return fd < 0 ? wrong : elf_file_open_fd(file, fd);
}

void elf_file_loaded(struct elf_file *file)
{
    if (file->elf != NULL)
        elf_cntl(file->elf, ELF_C_FDDONE);
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

void elf_file_close(struct elf_file *file)
{
    elf_end(file->elf);
    if (file->fd >= 0)
        close(file->fd);
    *file = (struct elf_file){NULL, -1};
}

size_t elf_file_build_id(const struct elf_file *file, const uint8_t **id)
{
    const void *bytes;
    ssize_t length = dwelf_elf_gnu_build_id(file->elf, &bytes);

    *id = bytes;
    return length > 0 ? (size_t)length : 0;
}

uint64_t elf_file_image_end(const struct elf_file *file)
{
    GElf_Phdr segment;
    size_t count;
    uint64_t end = 0;

    if (elf_getphdrnum(file->elf, &count) != 0)
        return 0;
    for (size_t i = 0; i < count && gelf_getphdr(file->elf, (int)i, &segment) != NULL; i++)
        if (segment.p_type == PT_LOAD && segment.p_vaddr + segment.p_memsz > end)
            end = segment.p_vaddr + segment.p_memsz;
    return end;
}

uint32_t elf_file_crc(const struct elf_file *file)
{
    uLong crc = crc32(0, NULL, 0);
    unsigned char buffer[65536];
    ssize_t got;

    for (off_t at = 0; (got = pread(file->fd, buffer, sizeof(buffer), at)) > 0; at += got)
        crc = crc32(crc, buffer, (uInt)got);
    return (uint32_t)crc;
}
