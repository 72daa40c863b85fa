/* systems.c - the pool systems that the process has; see systems.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/systems.h"

#include "preload/api/builtin.h"
#include "preload/code/detour.h"
#include "preload/code/image.h"
#include "preload/guard/guard.h"
#include "preload/guard/stale.h"
#include "preload/hooks/adopt.h"
#include "preload/hooks/call_stack.h"
#include "preload/hooks/generation.h"
#include "preload/hooks/growth.h"
#include "preload/hooks/held_walk.h"
#include "preload/hooks/install.h"
#include "preload/hooks/loader.h"
#include "preload/hooks/naming.h"
#include "preload/hooks/poison.h"
#include "preload/hooks/process.h"
#include "preload/hooks/reach.h"
#include "preload/hooks/roots.h"
#include "preload/hooks/survey.h"
#include "preload/hooks/watched_calls.h"
#include "preload/trace/definitions.h"
#include "preload/trace/events.h"
#include "preload/unwind/unwind.h"
#include "preload/util/options.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Each in a mapping of its own: what is not there takes no memory. */
static struct pool_system *systems[TRACE_SYSTEMS_MAX];
static unsigned system_count;
static struct pool_system *spare; /* for the next one */
static unsigned kept;             /* of `systems`, from system_count on: to be used again */

/* A description that is looked for, also in what is loaded later. */
struct candidate {
    struct slice text;
    struct slice detect[API_DETECT_MAX];
    unsigned detects;
    struct pool_system *system; /* NULL: it was not found yet */
    bool copy_reported;         /* that another image has it, of those loaded later */
};

static struct candidate candidates[TRACE_SYSTEMS_MAX];
static unsigned candidate_count;

static char api_file[API_TEXT_MAX];

struct search {
    struct pool_system *system;
    struct stream *stream;
    bool in_symtab; /* look into the executable's symbol table, on disk */
    bool found;
};

/* Takes its number, and tells of its description. */
static void add_system(struct stream *stream, struct pool_system *system)
{
    struct trace_api fixed = {.number = system_count};
    const struct definition_part parts[] = {{&fixed, sizeof(fixed)},
                                            {system->api.text.text, system->api.text.length}};
    const struct pool_system *last = system_count ? systems[system_count - 1] : NULL;
    system->number = system_count;
    system->root_count = system->api.root_count;
    system->align = system->api.align;
    system->first_root = last ? last->first_root + last->api.root_count : 0;
    system->first_mark = last ? last->first_mark + last->api.mark_count : 0;
    systems[system_count] = system;
    kept = kept > system_count ? kept : system_count + 1;
    __atomic_store_n(&system_count, system_count + 1, __ATOMIC_RELEASE);
    if (fixed.number == 0)
        definition_write(stream, TRACE_RECORD_API, &parts[1], 1);
    else
        definition_write(stream, TRACE_RECORD_ANOTHER_API, parts, 2);
}

/* For images_visit(): hooks the first image that defines what the API asks for. */
static bool hook_if_found(struct image *image, void *data)
{
    struct search *search = data;
    const struct api *api = &search->system->api;
    bool executable = !*image->path; /* it comes first */
    if (executable)
        image->path = options_program();
    if (search->in_symtab && !(executable && image_open_file(image, "/proc/self/exe", true)))
        return true;
    const bool defines = image_defines(image, api->detect, api->detects);
    if (defines && search->found) {
        hooks_report_copy(search->system, image, search->stream);
    } else if (defines) {
        search->found = true;
        if (executable && !search->in_symtab)
            image_open_file(image, "/proc/self/exe", false);
        add_system(search->stream, search->system);
        hooks_install(search->system, image, search->stream);
        if (!process_is_idle()) /* a constructor may have made some */
            roots_note(search->stream, search->system, 0, false);
    }
    image_close_file(image);
    return search->in_symtab;
}

/* Hooks SYSTEM where it is found; false: nowhere. */
static bool hook_system(struct stream *stream, struct pool_system *system)
{
    struct search search = {.system = system, .stream = stream};
    images_visit(hook_if_found, &search);
    if (!search.found) {
        search.in_symtab = true;
        images_visit(hook_if_found, &search);
    }
    return search.found;
}

/* The spare system becomes that of TEXT, without a number yet. NULL, or why not. */
static const char *read_system(struct slice text)
{
    struct api_error error;
    if (system_count == TRACE_SYSTEMS_MAX)
        return "there are more pool systems than can be recorded";
    if (!spare && system_count < kept)
        spare = memset(systems[system_count], 0, sizeof(*spare));
    if (!spare)
        spare =
            mmap(NULL, sizeof(*spare), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (spare == MAP_FAILED) {
        spare = NULL;
        return "there is no memory for it";
    }
    return api_parse(text.text, text.length, &spare->api, &error) ? NULL : error.message;
}

static void drop_spare(void)
{
    const bool again = system_count < kept && spare == systems[system_count];
    if (spare && !again)
        munmap(spare, sizeof(*spare));
    spare = NULL;
}

static struct candidate *add_candidate(const struct api *api)
{
    struct candidate *candidate = &candidates[candidate_count++];
    candidate->text = api->text;
    candidate->detects = api->detects;
    memcpy(candidate->detect, api->detect, sizeof(candidate->detect));
    return candidate;
}

/* NULL: there is a system of that description, and it is hooked now; else why not. */
static const char *find_system(struct stream *stream, struct slice text)
{
    const char *why = read_system(text);
    if (why)
        return why;
    if (candidate_count == TRACE_SYSTEMS_MAX)
        return "there are more descriptions than can be looked for";
    struct candidate *candidate = add_candidate(&spare->api);
    if (!hook_system(stream, spare))
        return "no image loaded at the start defines all the symbols it detects its system by";
    candidate->system = spare;
    spare = NULL;
    return NULL;
}

static size_t read_api_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    size_t length = 0;
    ssize_t got = fd < 0 ? 0 : 1;
    while (got > 0 && length < sizeof(api_file)) {
        got = read(fd, api_file + length, sizeof(api_file) - length);
        length += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0)
        close(fd);
    return length;
}

/* Puts into the trace why nothing is hooked, for `lifeguard info` to say. */
static void write_bad_description(struct stream *stream, const char *path, const char *why)
{
    const struct trace_hook fixed = {.module_length = (uint16_t)strlen(path),
                                     .how_length = (uint16_t)strlen(why)};
    const struct definition_part parts[] = {
        {&fixed, sizeof(fixed)}, {path, fixed.module_length}, {why, fixed.how_length}};
    definition_write(stream, TRACE_RECORD_SKIPPED, parts, 3);
}

static void find_given_file(struct stream *stream, const char *path)
{
    const char *why = find_system(stream, (struct slice){api_file, read_api_file(path)});
    if (why)
        write_bad_description(stream, path, why);
}

static void find_builtin(struct stream *stream, const char *wanted)
{
    const struct builtin_api *builtin;
    bool known = !wanted;
    for (size_t i = 0; (builtin = builtin_api(i)); i++) {
        if (wanted && strcmp(builtin->name, wanted) != 0)
            continue;
        known = true;
        find_system(stream, (struct slice){builtin->text, (size_t)(builtin->end - builtin->text)});
    }
    if (!known)
        write_bad_description(stream, wanted, "there is no built-in description of this name");
}

/* The system of CANDIDATE, which IMAGE has. */
static void hook_loaded(struct stream *stream, const struct image *image,
                        struct candidate *candidate)
{
    if (!candidate->system) {
        if (read_system(candidate->text))
            return;
        candidate->system = spare;
        spare = NULL;
        add_system(stream, candidate->system);
    }
    candidate->system->late = true;
    candidate->system->map = image->map;
    candidate->system->first_pool = 0;
    hooks_install(candidate->system, image, stream);
}

/* IMAGE was loaded: hooks CANDIDATE's system where it has that, and it is the only one. */
static void look_into(struct stream *stream, const struct image *image, struct candidate *candidate)
{
    const struct pool_system *system = candidate->system;
    if (!image_defines(image, candidate->detect, candidate->detects))
        return;
    if (!system || (system->late && !system->map)) {
        hook_loaded(stream, image, candidate);
    } else if (!candidate->copy_reported) {
        hooks_report_copy(system, image, stream);
        candidate->copy_reported = true;
    }
}

/* Images were loaded, from FIRST on, and nothing in them has run. */
static void look_into_loaded(const struct link_map *first)
{
    struct stream *stream = process_check_fork() ? stream_enter() : NULL;
    if (!stream)
        return;
    for (const struct link_map *map = first; map; map = map->l_next) {
        struct image image;
        if (!image_of_map(map, &image))
            continue;
        image.along = first;
        for (unsigned i = 0; i < candidate_count; i++)
            look_into(stream, &image, &candidates[i]);
    }
    drop_spare();
    detour_finish();
    stream_leave();
}

/* So are their systems, which may come again, and their hooks. */
static void forget_unloaded(void)
{
    hooks_forget_unloaded();
    for (unsigned i = 0; i < system_count; i++) {
        if (systems[i]->map && !image_is_listed(systems[i]->map))
            systems[i]->map = NULL;
    }
}

void systems_leave(struct stream *stream, const char *why)
{
    write_bad_description(stream, options_program(), why);
}

void systems_find(struct stream *stream, const char *wanted)
{
    static const struct loader_watch watch = {look_into_loaded, forget_unloaded};
    if (wanted && strchr(wanted, '/'))
        find_given_file(stream, wanted);
    else
        find_builtin(stream, wanted);
    drop_spare();
    const char *why = loader_watch(&watch);
    if (why)
        write_bad_description(stream, "what is loaded later", why);
    why = unwind_shortcoming();
    if (why)
        write_bad_description(stream, "backtraces", why);
    generation_setup(stream, systems, system_count);
    if (guard_is_on() || stale_is_on())
        watched_calls_begin(guard_is_on(), stale_is_on());
    detour_finish();
}

bool systems_found(void)
{
    return system_count > 0;
}

/* What functions took that ended the process, and do not return. */
static void tell_unfinished(struct stream *stream, struct pool_system *system)
{
    struct growth_untold found;
    while (system->makes_unseen && growth_unfinished(stream, system, &found)) {
        const struct generation_call taken = {.role = API_ALLOC,
                                              .stack = call_stack_of(stream, found.within),
                                              .pool = found.pool,
                                              .size = found.bytes,
                                              .system = system};
        if (!generation_pools || generation_meet(stream, &taken))
            event_alloc(stream, taken.pool, taken.stack, taken.size);
    }
}

void systems_at_end(struct stream *stream, const struct registers *registers)
{
    const unsigned count = __atomic_load_n(&system_count, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < count; i++)
        tell_unfinished(stream, systems[i]);
    generation_ends(stream);
    poison_look(poison_tell, stream);
    stale_look(stream);
    for (unsigned i = 0; i < count; i++) {
        if (!systems[i]->late)
            roots_note(stream, systems[i], 0, false);
        systems[i]->only = count == 1;
        if (!reach_at_exit(stream, systems[i], registers))
            survey_take(stream, systems[i]);
    }
}

void systems_at_fork(struct stream *stream, const struct registers *registers)
{
    const unsigned count = __atomic_load_n(&system_count, __ATOMIC_ACQUIRE);
    naming_tell_last(stream);
    generation_forks(stream);
    for (unsigned i = 0; i < count; i++)
        reach_at_fork(stream, systems[i], registers);
}

/* Their places stay: a thread may come back into a hook of theirs. */
void systems_forget(void)
{
    hooks_forget();
    __atomic_store_n(&system_count, 0, __ATOMIC_RELEASE);
    memset(candidates, 0, sizeof(candidates));
    candidate_count = 0;
}

bool systems_search(void)
{
    bool search = false;
    for (unsigned i = 0; i < system_count; i++)
        search |= held_walk_searches(systems[i]);
    return search;
}

void systems_adopt(struct stream *stream, const struct control_mapping *mappings, size_t count)
{
    for (unsigned i = 0; i < system_count; i++) {
        adopt_pools(stream, systems[i], mappings, count);
        roots_note(stream, systems[i], 0, false);
    }
}
