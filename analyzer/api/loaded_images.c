/*
 * loaded_images.c - the files that a process has mapped as code, and the names that they define;
 * see loaded_images.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/api/loaded_images.h"

#include "analyzer/util/memory.h"

#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

struct loaded_image {
    const char *path; /* the Dwfl's */
    Elf *elf;         /* the Dwfl's */
    uint64_t start, end, bias;
};

struct loaded_images {
    Dwfl *dwfl;
    struct loaded_image *items;
    size_t count;
};

static int add_image(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base,
                     void *data)
{
    struct loaded_images *images = data;
    struct loaded_image image = {.path = name, .start = base};
    (void)user;
    dwfl_module_info(module, NULL, NULL, &image.end, NULL, NULL, NULL, NULL);
    image.elf = dwfl_module_getelf(module, &image.bias);
    if (*name != '/' || !image.elf)
        return DWARF_CB_OK;
    images->items = xreallocarray(images->items, images->count + 1, sizeof(image));
    images->items[images->count++] = image;
    return DWARF_CB_OK;
}

static struct loaded_images *begin(void)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo};
    struct loaded_images *images = xcalloc(1, sizeof(*images));
    images->dwfl = dwfl_begin(&callbacks);
    return images;
}

/* IMAGES, in which all of the process is REPORTED. */
static struct loaded_images *end(struct loaded_images *images, bool reported, struct error *error)
{
    if (reported && dwfl_report_end(images->dwfl, NULL, NULL) == 0 &&
        dwfl_getmodules(images->dwfl, add_image, images, 0) == 0 && images->count > 0)
        return images;
    const char *why = dwfl_errmsg(0); /* NULL: libdw has no complaint */
    if (why)
        error_set(error, "what it has loaded cannot be read: %s", why);
    else
        error_set(error, "no program or library of what it has loaded is there");
    loaded_images_close(images);
    return NULL;
}

struct loaded_images *loaded_images_open(pid_t pid, struct error *error)
{
    struct loaded_images *images = begin();
    return end(images, images->dwfl && dwfl_linux_proc_report(images->dwfl, pid) == 0, error);
}

struct loaded_images *loaded_images_of_files(const struct loaded_file *files, size_t count,
                                             struct error *error)
{
    struct loaded_images *images = begin();
    for (size_t i = 0; images->dwfl && i < count; i++)
        dwfl_report_elf(images->dwfl, files[i].path, files[i].path, -1, files[i].base, false);
    return end(images, images->dwfl != NULL, error);
}

void loaded_images_close(struct loaded_images *images)
{
    if (!images)
        return;
    if (images->dwfl)
        dwfl_end(images->dwfl);
    free(images->items);
    free(images);
}

const struct loaded_image *loaded_image(const struct loaded_images *images, size_t index)
{
    return index < images->count ? &images->items[index] : NULL;
}

const struct loaded_image *loaded_image_at(const struct loaded_images *images, uint64_t address,
                                           uint64_t *offset)
{
    for (size_t i = 0; i < images->count; i++) {
        const struct loaded_image *image = &images->items[i];
        if (address < image->start || address >= image->end)
            continue;
        *offset = address - image->bias;
        return image;
    }
    return NULL;
}

const char *loaded_image_path(const struct loaded_image *image)
{
    return image->path;
}

const char *loaded_image_name(const struct loaded_image *image)
{
    return strrchr(image->path, '/') + 1;
}

Elf *loaded_image_elf(const struct loaded_image *image)
{
    return image->elf;
}

uint64_t loaded_image_bias(const struct loaded_image *image)
{
    return image->bias;
}

uint64_t loaded_image_end(const struct loaded_image *image)
{
    return image->end;
}

/* What is looked for in a table of symbols: a name or, where that is empty, what has an address. */
struct wanted {
    struct slice name;
    uint64_t address;
};

static bool is_wanted(const struct wanted *wanted, const GElf_Sym *symbol, const char *text)
{
    if (wanted->name.text)
        return slice_equals(wanted->name, text);
    return GELF_ST_TYPE(symbol->st_info) == STT_OBJECT &&
           wanted->address - symbol->st_value < symbol->st_size;
}

/* By one table of symbols; false: it is not there. */
static bool find_symbol(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
                        const struct wanted *wanted, struct loaded_symbol *found)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Sym symbol;
    for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
        unsigned type = GELF_ST_TYPE(symbol.st_info);
        const char *text = symbol.st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_OBJECT)
                               ? NULL
                               : elf_strptr(elf, header->sh_link, symbol.st_name);
        if (!text || !is_wanted(wanted, &symbol, text))
            continue;
        *found = (struct loaded_symbol){text, symbol.st_value, symbol.st_size};
        return true;
    }
    return false;
}

static bool find_by(const struct loaded_image *image, enum image_names names,
                    const struct wanted *wanted, struct loaded_symbol *found)
{
    const GElf_Word type = names == NAMES_EXPORTED ? SHT_DYNSYM : SHT_SYMTAB;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(image->elf, section));) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == type &&
            find_symbol(image->elf, section, &header, wanted, found))
            return true;
    }
    return false;
}

uint64_t loaded_image_symbol(const struct loaded_image *image, enum image_names names,
                             struct slice name)
{
    struct loaded_symbol found;
    const struct wanted wanted = {.name = name};
    return find_by(image, names, &wanted, &found) ? found.address : 0;
}

bool loaded_image_find(const struct loaded_image *image, struct slice name,
                       struct loaded_symbol *symbol)
{
    const struct wanted wanted = {.name = name};
    return find_by(image, NAMES_EXPORTED, &wanted, symbol) ||
           find_by(image, NAMES_OF_SYMTAB, &wanted, symbol);
}

bool loaded_image_variable_at(const struct loaded_image *image, uint64_t address,
                              struct loaded_symbol *symbol)
{
    const struct wanted wanted = {.address = address};
    return find_by(image, NAMES_OF_SYMTAB, &wanted, symbol) ||
           find_by(image, NAMES_EXPORTED, &wanted, symbol);
}
