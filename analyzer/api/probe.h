/*
 * probe.h - starts a program with the recorder, and stops it before any code of its own runs:
 * what the recorder has hooked by then, and what is loaded.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_API_PROBE_H
#define ANALYZER_API_PROBE_H

#include "analyzer/api/description.h"
#include "analyzer/api/loaded_images.h"
#include "analyzer/trace/trace.h"
#include "analyzer/util/error.h"

#include <stdbool.h>

struct api_probe {
    struct trace *trace;          /* what the recorder wrote; NULL: it was not loaded */
    struct loaded_images *images; /* NULL without a trace */
};

/*
 * Starts ARGV with DESCRIPTION, opened by NAME, and kills it when it is known what would be hooked.
 * Leaves nothing behind. False with *ERROR set when it could not be started or ended by itself;
 * else *PROBE is ended with api_probe_close().
 */
bool api_probe_run(struct api_probe *probe, char **argv, const struct api_description *description,
                   const char *name, struct error *error);
void api_probe_close(struct api_probe *probe);

#endif
