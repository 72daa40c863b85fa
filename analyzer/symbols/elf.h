/*
 * elf.h - an ELF file opened for its names: safely, whatever its path leads to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_ELF_H
#define ANALYZER_SYMBOLS_ELF_H

#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
    Elf *elf; /* NULL: not open */
    int fd;   /* -1: not open; the contents that were read stay usable without it */
};

/*
 * Opens PATH, below the directory ROOT as after chroot(2), or with ROOT NULL as it is. Only a
 * regular file that is an ELF executable or shared object is opened, and never mapped: a file that
 * shrinks meanwhile must not be a SIGBUS. Returns NULL, or what is wrong, as the end of the
 * sentence "PATH: ..." (static, or strerror()'s); then *FILE is not open.
 */
const char *elf_file_open(struct elf_file *file, const char *root, const char *path);

/* The same for a regular file that is open already: FD belongs to *FILE, or is closed. */
const char *elf_file_open_fd(struct elf_file *file, int fd);

/* Gives the descriptor back once everything that is wanted has been read. */
void elf_file_loaded(struct elf_file *file);
void elf_file_close(struct elf_file *file);

/* Build id in *ID (lives as long as the file is open); returns its length, 0 where there is none.
 */
size_t elf_file_build_id(const struct elf_file *file, const uint8_t **id);

/* The end of the image in memory, as an address of the file; 0 where there is none. */
uint64_t elf_file_image_end(const struct elf_file *file);

/* The checksum by which a .gnu_debuglink section tells a debug file. Before elf_file_loaded(). */
uint32_t elf_file_crc(const struct elf_file *file);

#endif
