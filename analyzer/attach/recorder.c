/* recorder.c - the recorder in another process; see recorder.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/recorder.h"

#include <stddef.h>
#include <string.h>

static bool reread(struct recorder *recorder, const struct target_memory *memory)
{
    struct control *control = &recorder->control;
    const bool ok = target_read(memory, recorder->at, control, sizeof(*control)) &&
                    memcmp(control->magic, CONTROL_MAGIC, sizeof(control->magic)) == 0 &&
                    control->size == sizeof(*control) && control->patch_count <= CONTROL_PATCHES;
    control->why[sizeof(control->why) - 1] = '\0';
    return ok;
}

bool recorder_find(struct recorder *recorder, const struct target_images *images,
                   struct error *error)
{
    struct target_image image;
    recorder->at = target_find(images, CONTROL_SYMBOL, &image);
    if (!recorder->at || reread(recorder, images->memory))
        return true;
    error_set(error, "the recorder that is loaded into it is of another version");
    return false;
}

bool recorder_records(const struct recorder *recorder, const struct target_memory *memory)
{
    return recorder->at && recorder->control.state != CONTROL_PREPARED &&
           target_word(memory, recorder->control.trace) != 0;
}

bool recorder_serves(const struct recorder *recorder, const struct target_memory *memory)
{
    return recorder->at && (uint32_t)target_word(memory, recorder->control.serves) != 0;
}

bool recorder_call_stopped(struct recorder *recorder, struct caller *caller, uint64_t function,
                           struct error *error)
{
    const uint32_t none[2] = {0, 0};
    target_write(caller->thread.images->memory, recorder->at + offsetof(struct control, held), none,
                 sizeof(none));
    caller->held = recorder->at + offsetof(struct control, held);
    caller->released = recorder->at + offsetof(struct control, released);
    const bool ok = recorder_call(recorder, caller, function, error);
    caller->held = caller->released = 0;
    return ok;
}

bool recorder_call(struct recorder *recorder, struct caller *caller, uint64_t function,
                   struct error *error)
{
    const struct target_memory *memory = caller->thread.images->memory;
    const char none[sizeof(recorder->control.why)] = "";
    if (!target_write(memory, recorder->at + offsetof(struct control, why), none, sizeof(none)) ||
        !caller_call(caller, function, 0, 0, 0, error))
        return false;
    if (!reread(recorder, memory))
        error_set(error, "the process has ended meanwhile");
    else if (*recorder->control.why)
        error_set(error, "%s", recorder->control.why);
    else
        return true;
    return false;
}

bool recorder_set_state(const struct recorder *recorder, const struct target_memory *memory,
                        enum control_state state)
{
    const uint32_t word = state;
    return target_write(memory, recorder->at + offsetof(struct control, state), &word,
                        sizeof(word));
}
