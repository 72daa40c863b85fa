/* mini_debug.c - unpacks .gnu_debugdata; see mini_debug.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/mini_debug.h"

#include "analyzer/symbols/inflated.h"
#include "analyzer/util/memory.h"

#include <gelf.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#define SECTION ".gnu_debugdata"
#define FIRST   65536u /* bytes that room is made for at first */
#define DECODER_MOST                                                                               \
    (UINT64_C(96) << 20) /* bytes that unpacking takes beside: enough for xz -9                    \
                          */

static const Elf_Data *find_packed(Elf *program)
{
    size_t names;
    GElf_Shdr header;
    Elf_Scn *section = NULL;
    if (elf_getshdrstrndx(program, &names) != 0)
        return NULL;
    while ((section = elf_nextscn(program, section))) {
        const char *name = gelf_getshdr(section, &header) && header.sh_type == SHT_PROGBITS
                               ? elf_strptr(program, names, header.sh_name)
                               : NULL;
        if (name && strcmp(name, SECTION) == 0)
            return elf_rawdata(section, NULL);
    }
    return NULL;
}

/* Unpacks what STREAM has to the end, into *BYTES, which may grow to LIMIT. Returns how many there
 * are; 0: that is not possible. */
static size_t unpack_stream(lzma_stream *stream, unsigned char **bytes, size_t limit)
{
    lzma_ret result = LZMA_OK;
    for (size_t size = FIRST; result == LZMA_OK && size / 2 < limit; size *= 2) {
        *bytes = xrealloc(*bytes, size);
        stream->next_out = *bytes + stream->total_out;
        stream->avail_out = size - (size_t)stream->total_out;
        result = lzma_code(stream, LZMA_FINISH);
    }
    return result == LZMA_STREAM_END && stream->total_out <= limit ? (size_t)stream->total_out : 0;
}

static size_t unpack(const Elf_Data *packed, unsigned char **bytes, size_t limit)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    size_t size = 0;
    stream.next_in = packed->d_buf;
    stream.avail_in = packed->d_size;
    if (lzma_stream_decoder(&stream, DECODER_MOST, 0) == LZMA_OK)
        size = unpack_stream(&stream, bytes, limit);
    lzma_end(&stream);
    return size;
}

bool mini_debug_open(struct mini_debug *mini, Elf *program, uint64_t *inflated)
{
    *mini = (struct mini_debug){NULL, NULL};
    const Elf_Data *packed = find_packed(program);
    if (!packed || !packed->d_buf || *inflated > INFLATED_MAX)
        return false;
    const uint64_t left = INFLATED_MAX - *inflated;
    const size_t size =
        unpack(packed, &mini->bytes, (size_t)(left < MINI_DEBUG_MAX ? left : MINI_DEBUG_MAX));
    uint64_t sum = *inflated + size;
    mini->elf = size ? elf_memory((char *)mini->bytes, size) : NULL;
    if (mini->elf && elf_kind(mini->elf) == ELF_K_ELF && inflated_allows(mini->elf, &sum)) {
        *inflated = sum;
        return true;
    }
    mini_debug_close(mini);
    return false;
}

void mini_debug_close(struct mini_debug *mini)
{
    elf_end(mini->elf);
    free(mini->bytes);
    *mini = (struct mini_debug){NULL, NULL};
}
