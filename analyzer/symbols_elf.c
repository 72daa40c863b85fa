/* symbols_elf.c - see symbols_elf.h. */
#define _GNU_SOURCE
#include "symbols_elf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEBUG_ROOT       "/usr/lib/debug/.build-id/"
#define LONGEST_BUILD_ID 64

/*
 * O_PATH first: merely opening a device can have an effect (a tape rewinds), and the path is the
 * trace's. What O_PATH holds cannot be exchanged for something else afterwards.
 */
static int open_regular(const char *path, const char **wrong)
{
    char proc[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
    struct stat status;
    int fd = -1;
    int handle = open(path, O_PATH | O_CLOEXEC);

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

const char *elf_file_open(struct elf_file *file, const char *path)
{
    const char *wrong = NULL;

    *file = (struct elf_file){NULL, open_regular(path, &wrong)};
    if (file->fd < 0)
        return wrong;
    elf_version(EV_CURRENT);
    file->elf = elf_begin(file->fd, ELF_C_READ, NULL);
    if (file->elf != NULL && is_loadable(file->elf))
        return NULL;
    elf_file_close(file);
    return "is not an ELF executable or shared object";
}

void elf_file_open_debug(struct elf_file *file, const uint8_t *build_id, size_t length)
{
    char path[sizeof(DEBUG_ROOT) + 2 * LONGEST_BUILD_ID + sizeof("/.debug")] = DEBUG_ROOT;
    size_t end = strlen(path);
    const uint8_t *found;

    *file = (struct elf_file){NULL, -1};
    if (length < 2 || length > LONGEST_BUILD_ID)
        return;
    for (size_t i = 0; i < length; i++)
        end += (size_t)sprintf(path + end, i == 1 ? "/%02x" : "%02x", build_id[i]);
    strcpy(path + end, ".debug");
    if (elf_file_open(file, path) != NULL)
        return;
    if (elf_file_build_id(file, &found) != length || memcmp(found, build_id, length) != 0)
        elf_file_close(file);
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
