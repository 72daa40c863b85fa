/*
 * event.h - what happens to the daemon, and who wants to hear of it.
 *
 * Events: "core.startup" (start-up is done), "core.restart" (the configuration is to be read
 * again), "core.connect" (in the new session's process), "core.shutdown".
 */
#ifndef POOLD_EVENT_H
#define POOLD_EVENT_H

/* Called once, after init_pools(). */
void events_init(void);

/* CALL hears of each EVENT from now on, before those registered earlier. EVENT is borrowed. */
void pr_event_register(const char *event, void (*call)(const void *data));

void pr_event_generate(const char *event, const void *data);

#endif
/* SPDX-License-Identifier: MIT */
