/*
 * symbols_elf.h - an ELF file opened for its names: safely, whatever its path leads to.
 */
#ifndef LIFEGUARD_SYMBOLS_ELF_H
#define LIFEGUARD_SYMBOLS_ELF_H

#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
    Elf *elf; /* NULL: not open */
    int fd;   /* -1: not open; the contents that were read stay usable without it */
};

/*
 * Opens PATH. Only a regular file that is an ELF executable or shared object is opened, and never
 * mapped: a file that shrinks meanwhile must not be a SIGBUS. Returns NULL, or what is wrong, as
 * the end of the sentence "PATH: ..." (static, or strerror()'s); then *FILE is not open.
 */
const char *elf_file_open(struct elf_file *file, const char *path);

/* The system's separate debug file for a build id, if there is one and its build id is that one. */
void elf_file_open_debug(struct elf_file *file, const uint8_t *build_id, size_t length);

/* Gives the descriptor back once everything that is wanted has been read. */
void elf_file_loaded(struct elf_file *file);
void elf_file_close(struct elf_file *file);

/* Build id in *ID (lives as long as the file is open); returns its length, 0 where there is none.
 */
size_t elf_file_build_id(const struct elf_file *file, const uint8_t **id);

#endif
