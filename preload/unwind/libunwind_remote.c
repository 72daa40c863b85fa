/* libunwind_remote.c - libunwind, used as for another process; see libunwind_remote.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/unwind/libunwind_remote.h"

#include "preload/code/detour.h"
#include "preload/unwind/rules.h"
#include "preload/unwind/scratch.h"
#include "preload/util/forked.h"
#include "preload/util/old_library.h"
#include "preload/util/signals.h"
#include "preload/util/system_calls.h"

#include <errno.h>
#include <libunwind-x86_64.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#define STRINGIFY2(x) #x
#define STRINGIFY(x)  STRINGIFY2(x)

/* .eh_frame_hdr: four bytes of encodings, pointer to .eh_frame, number of entries, entries. */
#define HEADER_COUNT_AT 8
#define HEADER_TABLE_AT 12
#define TABLE_ENTRY     8

#define COPY_WORDS 64 /* a power of two: a copy never crosses into a page that is not there */

typedef int (*search_table_fn)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *,
                               int, void *);

static struct {
    int (*init)(unw_cursor_t *, unw_addr_space_t, void *);
    int (*step)(unw_cursor_t *);
    int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
    search_table_fn search_table;
    unw_addr_space_t space;
} library;

FORKED static unsigned users; /* calls under way, of all threads */

/* What one backtrace works on. */
struct request {
    const struct unwind_start *start;
    struct backtrace *backtrace;
    struct loaded_object image; /* the one looked at last, readable without care */
    unw_word_t copied;          /* where the copy of a piece of memory begins, 0: there is none */
    unw_word_t copy[COPY_WORDS];
    bool no_table; /* it was asked for code that has none, and will guess */
    bool is_end;   /* ... where a stack was made to end */
};

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info, int need,
                          void *arg)
{
    struct request *request = arg;
    request->no_table = true;
    if (!loaded_find(ip, &request->image) || !request->image.eh_frame_hdr)
        return -UNW_ENOINFO;
    const char *header = request->image.eh_frame_hdr;
    unw_dyn_info_t table = {.start_ip = request->image.start,
                            .end_ip = request->image.end,
                            .format = UNW_INFO_FORMAT_REMOTE_TABLE};
    uint32_t count = *(const uint32_t *)(const void *)(header + HEADER_COUNT_AT);
    table.u.rti.segbase = (unw_word_t)header;
    table.u.rti.table_data = (unw_word_t)header + HEADER_TABLE_AT;
    table.u.rti.table_len = count * (TABLE_ENTRY / sizeof(unw_word_t));
    const int result = library.search_table(space, ip, &table, info, need, arg);
    request->no_table = result < 0;
    /* Asked for is what lies before a return address. One that is where a function begins was put
     * there as the end of a stack: a coroutine's. */
    if (result < 0 && library.search_table(space, ip + 1, &table, info, 0, arg) == 0)
        request->is_end = info->start_ip == ip + 1;
    return result;
}

/* libunwind keeps what it found in memory pools of its own, and takes it back from there. */
static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *arg)
{
    (void)space, (void)info, (void)arg;
}

static int get_dyn_info_list(unw_addr_space_t space, unw_word_t *list, void *arg)
{
    (void)space, (void)list, (void)arg;
    return -UNW_ENOINFO;
}

/* Reads a word without fault, with what is around it: most of the next ones are there. */
static bool read_carefully(struct request *request, unw_word_t address, unw_word_t *value)
{
    const size_t size = sizeof(request->copy);
    unw_word_t start = address & ~(unw_word_t)(size - 1);
    if (address - start > size - sizeof(*value)) { /* across the end */
        struct iovec to = {value, sizeof(*value)}, from = {(void *)address, sizeof(*value)};
        return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)sizeof(*value);
    }
    if (request->copied != start) {
        struct iovec to = {request->copy, size}, from = {(void *)start, size};
        bool read = process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size;
        request->copied = read ? start : 0;
    }
    if (request->copied == 0)
        return false;
    memcpy(value, (const char *)request->copy + (address - start), sizeof(*value));
    return true;
}

static int access_mem(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
                      void *arg)
{
    (void)space;
    struct request *request = arg;
    if (write)
        return -UNW_EINVAL;
    const unw_word_t end = request->image.end;
    if (address >= request->image.start && address < end && end - address >= sizeof(*value)) {
        memcpy(value, (const void *)address, sizeof(*value));
        return 0;
    }
    return read_carefully(request, address, value) ? 0 : -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write,
                      void *arg)
{
    (void)space;
    const struct unwind_start *start = ((struct request *)arg)->start;
    if (write)
        return -UNW_EINVAL;
    switch (number) {
    case UNW_X86_64_RIP:
        /* libunwind takes the first address as it is; the call is what lies before it. */
        *value = start->ip - 1;
        return 0;
    case UNW_X86_64_RSP:
        *value = start->sp;
        return 0;
    case UNW_X86_64_RBP:
        *value = start->rbp;
        return 0;
    case UNW_X86_64_RBX:
        *value = start->rbx;
        return 0;
    case UNW_X86_64_R12:
        *value = start->r12;
        return 0;
    case UNW_X86_64_R13:
        *value = start->r13;
        return 0;
    case UNW_X86_64_R14:
        *value = start->r14;
        return 0;
    case UNW_X86_64_R15:
        *value = start->r15;
        return 0;
    default:
        return -UNW_EBADREG;
    }
}

static int access_fpreg(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write,
                        void *arg)
{
    (void)space, (void)number, (void)value, (void)write, (void)arg;
    return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *arg)
{
    (void)space, (void)cursor, (void)arg;
    return -UNW_EINVAL;
}

static int get_proc_name(unw_addr_space_t space, unw_word_t ip, char *name, size_t size,
                         unw_word_t *offset, void *arg)
{
    (void)space, (void)ip, (void)name, (void)size, (void)offset, (void)arg;
    return -UNW_ENOINFO;
}

/*
 * What libunwind prepares for unwinding its own process is never used, and would leave the two
 * ends of a pipe open in the program.
 */
static bool forbid_descriptors(struct rlimit *before)
{
    if (getrlimit(RLIMIT_NOFILE, before) != 0)
        return false;
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before->rlim_max};
    return setrlimit(RLIMIT_NOFILE, &none) == 0;
}

bool libunwind_setup(void)
{
    /* Later versions look for more functions behind those. */
    static struct {
        unw_accessors_t known;
        void *later[16];
    } accessors = {.known = {
                       .find_proc_info = find_proc_info,
                       .put_unwind_info = put_unwind_info,
                       .get_dyn_info_list_addr = get_dyn_info_list,
                       .access_mem = access_mem,
                       .access_reg = access_reg,
                       .access_fpreg = access_fpreg,
                       .resume = resume,
                       .get_proc_name = get_proc_name,
                   }};
    void *handle = dlopen("libunwind-x86_64.so.8", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return false;
    unw_addr_space_t (*create)(unw_accessors_t *, int) =
        dlsym(handle, STRINGIFY(unw_create_addr_space));
    int (*set_policy)(unw_addr_space_t, unw_caching_policy_t) =
        dlsym(handle, STRINGIFY(unw_set_caching_policy));
    library.init = dlsym(handle, STRINGIFY(unw_init_remote));
    library.step = dlsym(handle, STRINGIFY(unw_step));
    library.get_reg = dlsym(handle, STRINGIFY(unw_get_reg));
    library.search_table = dlsym(handle, "_Ux86_64_dwarf_search_unwind_table");
    if (!create || !set_policy || !library.init || !library.step || !library.get_reg ||
        !library.search_table)
        return false;
    struct rlimit before;
    bool limited = forbid_descriptors(&before);
    library.space = create(&accessors.known, 0);
    /* Its cache would not notice dlclose(), and takes a lock with the signals blocked. */
    bool ok = library.space && set_policy(library.space, UNW_CACHE_NONE) == 0;
    if (limited)
        setrlimit(RLIMIT_NOFILE, &before);
    return ok;
}

void libunwind_forked(void)
{
    if (__atomic_exchange_n(&users, 0, __ATOMIC_RELAXED) > 0)
        library.space = NULL;
}

/* One step, and its frame. False: it was the last. A step without a table is a guess. */
static bool take_frame(unw_cursor_t *cursor, const struct request *request)
{
    struct backtrace *backtrace = request->backtrace;
    unw_word_t ip = 0;
    const int stepped = library.step(cursor);
    backtrace->incomplete = (stepped < 0 || request->no_table) && !request->is_end &&
                            !rule_is_entry(backtrace->frames[backtrace->depth - 1]);
    if (stepped <= 0 || request->no_table || library.get_reg(cursor, UNW_X86_64_RIP, &ip) != 0 ||
        ip == 0)
        return false;
    backtrace->cut = backtrace->depth == TRACE_DEPTH_MAX;
    if (backtrace->cut)
        return false;
    backtrace->frames[backtrace->depth++] = ip;
    return !(detour_contains(ip) &&
             library.get_reg(cursor, UNW_X86_64_RSP, &backtrace->stub_sp) == 0 &&
             library.get_reg(cursor, UNW_X86_64_RBP, &backtrace->stub_rbp) == 0);
}

/* On a stack of its own. */
static void take_frames(void *data)
{
    struct request *request = data;
    unw_cursor_t cursor;
    if (library.init(&cursor, library.space, request) != 0)
        return;
    while (take_frame(&cursor, request))
        continue;
}

bool libunwind_take(struct scratch *scratch, const struct unwind_start *start,
                    struct backtrace *backtrace)
{
    struct request request;
    request.start = start;
    request.backtrace = backtrace;
    request.image = (struct loaded_object){0};
    request.copied = 0;
    request.no_table = request.is_end = false;
    if (!library.space || !system_calls_may(CALL_MASK) || !system_calls_may(CALL_READ_OWN) ||
        !system_calls_may(CALL_PROCESS))
        return false;
    backtrace->cut = backtrace->incomplete = false;
    backtrace->signals = true;
    backtrace->stub_sp = 0;
    backtrace->frames[backtrace->depth++] = start->ip;
    int error = errno;
    __atomic_fetch_add(&users, 1, __ATOMIC_RELAXED);
    const uint64_t before = signals_block();
    scratch_call(scratch, take_frames, &request);
    signals_restore(before);
    __atomic_fetch_sub(&users, 1, __ATOMIC_RELAXED);
    errno = error;
    return true;
}
