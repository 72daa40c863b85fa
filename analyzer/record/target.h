/*
 * target.h - what can be known of a program before it runs: whether it can be recorded.
 */
#ifndef ANALYZER_RECORD_TARGET_H
#define ANALYZER_RECORD_TARGET_H

/* Why the loader will not preload the recorder into PROGRAM (as execvp() finds it), in words; NULL
 * when nothing speaks against it. Static. */
const char *record_target_obstacle(const char *program);

#endif
