/* loaded_table_test.c - the table of loaded objects says what the loader says, whatever comes and
 * goes. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/loaded_objects.h"
#include "preload/code/loaded_table.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <pthread.h>

static uint64_t address(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static bool same(const struct loaded_object *one, const struct loaded_object *other)
{
    return one->start == other->start && one->end == other->end && one->map == other->map &&
           one->eh_frame_hdr == other->eh_frame_hdr;
}

/* Compares both at ADDRESS; the loader is asked by loaded_find(), where it can be. */
static void agree(uint64_t at)
{
    struct loaded_object by_table, by_loader;
    const bool found = loaded_table_find(at, &by_table);
    cr_assert_eq(found, loaded_find(at, &by_loader), "%#lx", (unsigned long)at);
    cr_assert(!found || same(&by_table, &by_loader), "%#lx: %s", (unsigned long)at,
              by_loader.map->l_name);
}

static int agree_about(struct dl_phdr_info *info, size_t size, void *count)
{
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        const uint64_t begin = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD)
            continue;
        agree(begin);
        agree(begin + segment->p_memsz / 2);
        agree(begin + segment->p_memsz - 1);
    }
    ++*(unsigned *)count;
    return 0;
}

static void setup(void)
{
    loaded_setup();
    loaded_table_setup();
}

TestSuite(loaded_table, .init = setup);

Test(loaded_table, says_what_the_loader_says)
{
    unsigned count = 0;
    int here = 0;
    dl_iterate_phdr(agree_about, &count);
    cr_expect_gt(count, 3);
    agree(address(&here));
    agree(0);
    agree(UINT64_MAX);
}

Test(loaded_table, follows_what_comes_and_goes)
{
    unsigned count = 0;
    void *handle = dlopen("libanl.so.1", RTLD_NOW);
    cr_assert(handle, "%s", dlerror());
    struct link_map *map;
    cr_assert_eq(dlinfo(handle, RTLD_DI_LINKMAP, &map), 0);
    struct loaded_object object;
    const uint64_t at = address(map->l_ld);
    cr_expect_not(loaded_table_find(at, &object), "not yet");
    loaded_table_fill();
    cr_assert(loaded_table_find(at, &object));
    cr_expect_eq(object.map, map);
    dl_iterate_phdr(agree_about, &count);
    dlclose(handle);
    loaded_table_fill();
    cr_expect_not(loaded_table_find(at, &object), "no more");
}

Test(loaded_table, knows_nothing_once_cleared)
{
    struct loaded_object object;
    cr_assert(loaded_table_find(address((const void *)setup), &object));
    loaded_table_clear();
    cr_expect_not(loaded_table_find(address((const void *)setup), &object));
}

#define LOOKUPS 200000

static bool ended;

static void *look_up(void *bad)
{
    struct loaded_object first, object;
    loaded_find(address((const void *)setup), &first);
    for (unsigned i = 0; i < LOOKUPS; i++) {
        const bool found = loaded_table_find(address((const void *)setup), &object);
        *(unsigned *)bad += !found || !same(&first, &object);
    }
    __atomic_store_n(&ended, true, __ATOMIC_RELEASE);
    return NULL;
}

Test(loaded_table, is_whole_while_it_is_filled)
{
    unsigned bad = 0;
    pthread_t reader;
    cr_assert_eq(pthread_create(&reader, NULL, look_up, &bad), 0);
    while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE))
        loaded_table_fill();
    pthread_join(reader, NULL);
    cr_expect_eq(bad, 0);
}
