/* target.c - what can be known of a program before it runs; see target.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/target.h"

#include "analyzer/util/memory.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Opens what execvp() would run; -1 when there is no such file. */
static int open_program(const char *program)
{
    const char *path = getenv("PATH");
    if (strchr(program, '/'))
        return open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    for (path = path ? path : "/bin:/usr/bin"; path; path = strchr(path, ':')) {
        path += *path == ':';
        char file[PATH_MAX];
        int length = (int)strcspn(path, ":");
        int written = snprintf(file, sizeof(file), "%.*s/%s", length, length ? path : ".", program);
        if (written >= (int)sizeof(file) || access(file, X_OK) != 0)
            continue;
        int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd >= 0)
            return fd;
    }
    return -1;
}

static bool has_interpreter(Elf *elf)
{
    size_t count = 0;
    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_INTERP)
            return true;
    }
    return false;
}

static const char *elf_obstacle(int fd)
{
    if (elf_version(EV_CURRENT) == EV_NONE)
        return NULL;
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    const char *why = NULL;
    GElf_Ehdr header;
    if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header)) {
        if (header.e_machine != EM_X86_64 || header.e_ident[EI_CLASS] != ELFCLASS64)
            why = "it is built for another architecture (the recorder is for 64-bit x86)";
        else if (!has_interpreter(elf))
            why = "it is statically linked, and nothing can be preloaded into it";
    }
    elf_end(elf);
    return why;
}

static const char *privilege_obstacle(int fd, const struct stat *st)
{
    if (getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0)
        return "its file has capabilities, and the loader preloads nothing into it";
    if ((st->st_mode & S_ISUID) && st->st_uid != getuid())
        return "it is set-user-id, and the loader preloads nothing into it";
    if ((st->st_mode & S_ISGID) && st->st_gid != getgid())
        return "it is set-group-id, and the loader preloads nothing into it";
    return NULL;
}

/* The first library that ELF's dynamic section SECTION names which begins with NAME, or NULL. */
static char *find_needed(Elf *elf, Elf_Scn *section, const char *name)
{
    GElf_Shdr header;
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Dyn entry;
    if (!data || !gelf_getshdr(section, &header))
        return NULL;
    for (int i = 0; gelf_getdyn(data, i, &entry); i++) {
        const char *needed =
            entry.d_tag == DT_NEEDED ? elf_strptr(elf, header.sh_link, entry.d_un.d_val) : NULL;
        if (needed && strncmp(needed, name, strlen(name)) == 0)
            return xstrdup(needed);
    }
    return NULL;
}

char *record_target_first_library(const char *program)
{
    char *found = NULL;
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    const int fd = open_program(program);
    Elf *elf =
        fd >= 0 && elf_version(EV_CURRENT) != EV_NONE ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
    while (elf && !found && (section = elf_nextscn(elf, section))) {
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNAMIC)
            found = find_needed(elf, section, "libasan.so");
    }
    elf_end(elf);
    if (fd >= 0)
        close(fd);
    return found;
}

const char *record_target_obstacle(const char *program)
{
    struct stat st;
    const char *why = NULL;
    int fd = open_program(program);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        why = privilege_obstacle(fd, &st);
        if (!why)
            why = elf_obstacle(fd);
    }
    if (fd >= 0)
        close(fd);
    return why;
}
