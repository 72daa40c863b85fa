/* roles.h - the table of documented roles, for people and for programs. */
#ifndef ANALYZER_RENDER_ROLES_H
#define ANALYZER_RENDER_ROLES_H

#include "analyzer/profile/role_table.h"
#include "analyzer/symbols/logical_stack.h"

#include <stdio.h>

void render_roles_text(FILE *out, const struct role_table *table, const struct name_source *names);

/* As lifeguard-json(5) has it. */
void render_roles_json(FILE *out, const struct role_table *table, const struct name_source *names);

#endif
