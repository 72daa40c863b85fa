/* core_signal.c - the signal that a core file is of; see core_signal.h. The file is hostile. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/scan/core_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <signal.h>
#include <string.h>
#include <sys/procfs.h>
#include <unistd.h>

static void take_signal(struct core_signal *to, const char *data, size_t size)
{
    siginfo_t info;
    if (size < sizeof(info))
        return;
    memcpy(&info, data, sizeof(info));
    to->signal = info.si_signo;
    to->has_address = info.si_code > 0 && info.si_code != SI_KERNEL &&
                      (info.si_signo == SIGSEGV || info.si_signo == SIGBUS ||
                       info.si_signo == SIGILL || info.si_signo == SIGFPE);
    to->address = to->has_address ? (uint64_t)(uintptr_t)info.si_addr : 0;
}

/* The first thread's note is of the one that got the signal; the process's has its pid. */
static void take_process(struct core_signal *to, const char *data, size_t size)
{
    struct elf_prpsinfo process;
    if (size < sizeof(process))
        return;
    memcpy(&process, data, sizeof(process));
    to->pid = process.pr_pid;
}

static void read_notes(Elf *elf, const GElf_Phdr *header, struct core_signal *to)
{
    Elf_Data *data =
        elf_getdata_rawchunk(elf, (int64_t)header->p_offset, header->p_filesz, ELF_T_NHDR);
    GElf_Nhdr note;
    size_t name, contents;
    for (size_t at = 0, next; data && (next = gelf_getnote(data, at, &note, &name, &contents)) > 0;
         at = next) {
        const char *bytes = (const char *)data->d_buf + contents;
        if (note.n_type == NT_SIGINFO && to->signal == 0)
            take_signal(to, bytes, note.n_descsz);
        else if (note.n_type == NT_PRPSINFO)
            take_process(to, bytes, note.n_descsz);
    }
}

/* False: it is no core file. */
static bool read_all(Elf *elf, struct core_signal *to)
{
    GElf_Ehdr header;
    GElf_Phdr notes;
    size_t count = 0;
    if (!elf || !gelf_getehdr(elf, &header) || header.e_type != ET_CORE ||
        gelf_getclass(elf) != ELFCLASS64 || elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count && gelf_getphdr(elf, (int)i, &notes); i++) {
        if (notes.p_type == PT_NOTE)
            read_notes(elf, &notes, to);
    }
    return true;
}

bool core_signal_read(const char *file, struct core_signal *to, struct error *error)
{
    *to = (struct core_signal){0};
    const int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        error_set(error, "%s: %s", file, strerror(errno));
        return false;
    }
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    const bool is_core = read_all(elf, to);
    elf_end(elf);
    close(fd);
    if (is_core && to->signal && to->pid > 0)
        return true;
    error_set(error,
              is_core ? "%s: tells no signal, or not of which process" : "%s: is no core file",
              file);
    return false;
}
