/*
 * resident.h - how much memory the processes of a recording have, noted in their traces before they
 * are ended: of themselves they tell the most that they had, and no more.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_RESIDENT_H
#define ANALYZER_RECORD_RESIDENT_H

/* Of those that run and write a trace in DIR. */
void resident_note_all(const char *dir);

#endif
