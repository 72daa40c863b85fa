/* roles.h - the table of documented roles, for people and for programs. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RENDER_ROLES_H
#define ANALYZER_RENDER_ROLES_H

#include <stdio.h>

struct name_source;
struct role_table;

void render_roles_text(FILE *out, const struct role_table *table, const struct name_source *names);

/* As lifeguard-json(5) has it. */
void render_roles_json(FILE *out, const struct role_table *table, const struct name_source *names);

#endif
