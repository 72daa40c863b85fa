/* processes.h - the list of processes, for people and for programs. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RENDER_PROCESSES_H
#define ANALYZER_RENDER_PROCESSES_H

#include <stdio.h>

struct process_list;
struct recording;

void render_processes_text(FILE *out, const struct process_list *list,
                           const struct recording *recording);

/* As lifeguard-json(5) has it. */
void render_processes_json(FILE *out, const struct process_list *list,
                           const struct recording *recording);

#endif
