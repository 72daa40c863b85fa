/* Pages that were never written are none that there is something in. */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/touched.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE  4096u
#define PAGES 300u

static uint64_t runs[16][2];
static unsigned count;

static void note(void *data, uint64_t begin, uint64_t end)
{
    cr_assert_lt(count, 16);
    runs[count][0] = (begin - *(const uint64_t *)data) / PAGE;
    runs[count++][1] = (end - *(const uint64_t *)data) / PAGE;
}

static uint64_t map_pages(void)
{
    char *pages = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(pages, MAP_FAILED);
    madvise(pages, (size_t)PAGES * PAGE, MADV_NOHUGEPAGE);
    count = 0;
    return (uint64_t)(uintptr_t)pages;
}

static void touch(uint64_t begin, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++)
        *(volatile char *)(uintptr_t)(begin + (uint64_t)i * PAGE) = 1;
}

Test(touched, runs_of_pages_that_were_written)
{
    uint64_t begin = map_pages();
    const int pagemap = open("/proc/self/pagemap", O_RDONLY);
    cr_assert_geq(pagemap, 0);
    touch(begin, 0, 2);
    touch(begin, 60, 70); /* beyond what is asked for at once */
    touch(begin, PAGES - 1, PAGES);
    walk_touched(pagemap, begin, begin + (uint64_t)PAGES * PAGE, note, &begin);
    close(pagemap);

    cr_assert_eq(count, 3);
    cr_expect(runs[0][0] == 0 && runs[0][1] == 2);
    cr_expect(runs[1][0] == 60 && runs[1][1] == 70);
    cr_expect(runs[2][0] == PAGES - 1 && runs[2][1] == PAGES);
}

Test(touched, all_of_them_where_that_cannot_be_told)
{
    uint64_t begin = map_pages();
    walk_touched(-1, begin, begin + (uint64_t)PAGES * PAGE, note, &begin);
    cr_assert_eq(count, 1);
    cr_expect(runs[0][0] == 0 && runs[0][1] == PAGES);
}
