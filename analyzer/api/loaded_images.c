/*
 * loaded_images.c - the files that a process has mapped as code, and the names that they define;
 * see loaded_images.h.
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

struct loaded_images *loaded_images_open(pid_t pid, struct error *error)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo};
    struct loaded_images *images = xcalloc(1, sizeof(*images));
    images->dwfl = dwfl_begin(&callbacks);
    if (images->dwfl && dwfl_linux_proc_report(images->dwfl, pid) == 0 &&
        dwfl_report_end(images->dwfl, NULL, NULL) == 0 &&
        dwfl_getmodules(images->dwfl, add_image, images, 0) == 0 && images->count > 0)
        return images;
    error_set(error, "what it has loaded cannot be read: %s", dwfl_errmsg(-1));
    loaded_images_close(images);
    return NULL;
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

/* The address of NAME by one table of symbols; 0: it has none. */
static uint64_t find_symbol(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct slice name)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Sym symbol;
    for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
        unsigned type = GELF_ST_TYPE(symbol.st_info);
        const char *text = symbol.st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_OBJECT)
                               ? NULL
                               : elf_strptr(elf, header->sh_link, symbol.st_name);
        if (text && slice_equals(name, text))
            return symbol.st_value;
    }
    return 0;
}

uint64_t loaded_image_symbol(const struct loaded_image *image, enum image_names names,
                             struct slice name)
{
    const GElf_Word type = names == NAMES_EXPORTED ? SHT_DYNSYM : SHT_SYMTAB;
    uint64_t found = 0;
    for (Elf_Scn *section = NULL; !found && (section = elf_nextscn(image->elf, section));) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == type)
            found = find_symbol(image->elf, section, &header, name);
    }
    return found;
}
