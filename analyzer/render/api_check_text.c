/* api_check_text.c - what lifeguard api check found, for people. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/api_check.h"

#include "analyzer/render/style.h"

#include <inttypes.h>
#include <string.h>

struct view {
    FILE *out;
    struct style style;
    const struct api_check *check;
};

static void put_head(const struct view *view, const char *head)
{
    style_head(view->out, &view->style, head);
}

static void put_text(const struct view *view, const char *text)
{
    style_put(view->out, &view->style, text, strlen(text));
}

static void put_slice(const struct view *view, struct slice slice)
{
    style_put(view->out, &view->style, slice.text, slice.length);
}

static void put_place(const struct view *view, const struct api_place *place)
{
    put_text(view, loaded_image_name(place->image));
    fprintf(view->out, "+0x%" PRIx64, place->offset);
}

static void put_subject(const struct view *view, const struct api_check_subject *subject)
{
    const struct api_check *check = view->check;
    put_head(view, "description");
    put_slice(view, check->api->name);
    fputs(", ", view->out);
    put_text(view, subject->file ? subject->file : "built in");
    putc('\n', view->out);
    put_head(view, "program");
    put_text(view, *subject->program ? subject->program : "not known");
    putc('\n', view->out);
    if (!check->image)
        return;
    put_head(view, "found in");
    put_text(view, loaded_image_path(check->image));
    fputs(check->names == NAMES_EXPORTED ? ", by what it exports\n" : ", by its symbol table\n",
          view->out);
    if (!check->copy)
        return;
    put_head(view, "not hooked");
    put_text(view, loaded_image_path(check->copy));
    fputs(", which has it, too\n", view->out);
}

static void put_hook(const struct view *view, const struct api_check_hook *entry)
{
    put_text(view, entry->hook->function);
    fprintf(view->out, " (%s)", api_role_name(entry->hook->role));
    if (entry->place.image) {
        fputs(" at ", view->out);
        put_place(view, &entry->place);
    }
    fputs(": ", view->out);
    put_text(view, entry->hook->how);
    putc('\n', view->out);
}

/* Functions alone: marks have lines of their own. */
static void put_hooks(const struct view *view, bool skipped, const char *head, size_t count)
{
    const struct api_check *check = view->check;
    if (count == 0)
        return;
    put_head(view, head);
    fprintf(view->out, "%zu function%s\n", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < check->hook_count; i++) {
        const struct hook_definition *hook = check->hooks[i].hook;
        if (!api_check_is_function(&check->hooks[i]) || hook->skipped != skipped)
            continue;
        put_head(view, "");
        put_hook(view, &check->hooks[i]);
    }
}

static void put_marks(const struct view *view)
{
    const struct api *api = view->check->api;
    for (unsigned i = 0; i < api->mark_count; i++) {
        const struct api_mark *mark = &api->marks[i];
        const struct api_check_hook *entry = api_check_mark(view->check, i);
        put_head(view, i == 0 ? "marks" : "");
        fputs(api_mark_name(mark->kind), view->out);
        if (mark->kind < API_MARK_STARTUP && *api->words[mark->kind].one)
            fprintf(view->out, " (%s)", api->words[mark->kind].one);
        fputs(": ", view->out);
        put_slice(view, mark->symbol);
        if (mark->text.text) {
            fprintf(view->out, " a%u=\"", mark->argument);
            put_slice(view, mark->text);
            putc('"', view->out);
        }
        if (entry && entry->place.image) {
            fputs(" at ", view->out);
            put_place(view, &entry->place);
        } else {
            fputs(mark->kind == API_MARK_LABEL ? ": none: " : ": MISSING: ", view->out);
            put_text(view, entry ? entry->hook->how : "it was not looked for");
        }
        putc('\n', view->out);
    }
    if (api->mark_count == 0) {
        put_head(view, "marks");
        fputs("none are described: forks alone begin a unit of work\n", view->out);
    }
}

static void put_roots(const struct view *view)
{
    const struct api *api = view->check->api;
    for (unsigned i = 0; i < api->root_count; i++) {
        const struct api_check_root *root = &view->check->roots[i];
        put_head(view, i == 0 ? "roots" : "");
        put_slice(view, root->name);
        if (root->first)
            fputs(": the first pool that is made", view->out);
        else if (root->place.image) {
            fputs(": variable at ", view->out);
            put_place(view, &root->place);
        } else if (!root->definition) {
            fputs(": MISSING: the program does not define it", view->out);
        }
        if (root->definition) {
            fputs(root->place.image ? ", " : ": MISSING: ", view->out);
            put_text(view, root->definition->how);
        }
        putc('\n', view->out);
    }
}

static void put_coverage(const struct view *view)
{
    const struct api_check *check = view->check;
    put_head(view, "coverage");
    if (check->missing) {
        fputs("what is missing is not seen, where nothing is hooked instead\n", view->out);
        put_head(view, "");
    }
    fputs(check->api->layout.given
              ? "what is recorded will be compared with what the pools' memory holds\n"
              : "not known: no [layout] says how to see what pools hold\n",
          view->out);
}

static void put_candidate(const struct view *view, const struct api_check_candidate *candidate)
{
    const struct api *api = view->check->api;
    put_head(view, "");
    put_text(view, loaded_image_path(candidate->image));
    fprintf(view->out, " has %u of %u, not", candidate->count, api->detects);
    for (unsigned i = 0; i < api->detects; i++) {
        if (candidate->defines[i])
            continue;
        putc(' ', view->out);
        put_slice(view, api->detect[i]);
    }
    putc('\n', view->out);
}

static void put_not_found(const struct view *view)
{
    const struct api_check *check = view->check;
    const struct api *api = check->api;
    fprintf(view->out, "%sNOT FOUND%s    ", view->style.error, view->style.off);
    if (api->detects == 0) {
        fputs("the description does not say what to detect the system by\n", view->out);
        return;
    }
    fputs("no image that is loaded at the program's start exports all of\n", view->out);
    put_head(view, "");
    for (unsigned i = 0; i < api->detects; i++) {
        fputs(i == 0 ? "" : " ", view->out);
        put_slice(view, api->detect[i]);
    }
    putc('\n', view->out);
    for (size_t i = 0; i < check->candidate_count; i++)
        put_candidate(view, &check->candidates[i]);
}

/* Preloaded, the recorder itself keeps them off: the loader wants all that it loads to be built so.
 */
static void put_shadow_stack(const struct view *view)
{
    if (!view->check->shadow_stack)
        return;
    put_head(view, "shadow stack");
    fputs("the program is built for one (SHSTK): where it has one, the recorder's stubs would end "
          "it.\n",
          view->out);
    put_head(view, "");
    fputs("Where the recorder is preloaded the loader leaves it off; attach cannot be used.\n",
          view->out);
}

static void put_verdict(const struct view *view)
{
    static const char *const verdicts[] = {
        [API_WHOLE] = "All that the description names is there.",
        [API_PARTLY] = "Not all that the description names is there.",
        [API_NOTHING] = "NOTHING WOULD BE HOOKED.",
    };
    fprintf(view->out, "\n%s\n", verdicts[api_check_verdict(view->check)]);
}

void render_api_check_text(FILE *out, const struct api_check *check,
                           const struct api_check_subject *subject)
{
    const struct view view = {out, style_for(out), check};
    put_subject(&view, subject);
    put_hooks(&view, false, "hooked", check->hooked);
    put_hooks(&view, true, "missing", check->missing);
    if (check->image) {
        put_marks(&view);
        put_roots(&view);
        put_coverage(&view);
    } else {
        put_not_found(&view);
    }
    put_shadow_stack(&view);
    put_verdict(&view);
}
