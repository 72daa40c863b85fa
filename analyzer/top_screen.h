/*
 * top_screen.h - top on a terminal, until it is quit.
 */
#ifndef LIFEGUARD_TOP_SCREEN_H
#define LIFEGUARD_TOP_SCREEN_H

#include "top_reader.h"
#include "top_table.h"

/* False with *ERROR set when the recording can no longer be read, or there is no terminal. */
bool top_screen_run(struct top_reader *reader, const struct top_choice *choice,
                    struct error *error);

#endif
