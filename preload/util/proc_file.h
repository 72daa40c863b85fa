/* proc_file.h - how files of /proc are opened. After a chroot(2) anything may be there, put by whom
 * the daemon serves: a FIFO, say, which must keep nobody waiting. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_UTIL_PROC_FILE_H
#define PRELOAD_UTIL_PROC_FILE_H

#include <fcntl.h>

#define PROC_READ (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

#endif
