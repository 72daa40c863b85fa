/* jail.c - takes the place of chroot(2) for the program: what is mapped is looked at before, as
 * there may be no /proc afterwards. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/next_function.h"
#include "preload/util/kept_mappings.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef int jailer(const char *path);

/* Looked up before main: in a handler the loader's lock may be held. */
static jailer *real_chroot;

__attribute__((constructor)) static void find_real(void)
{
    real_chroot = (jailer *)next_function("chroot");
}

__attribute__((visibility("default"))) int chroot(const char *path)
{
    kept_mappings_renew();
    return real_chroot ? real_chroot(path) : (int)syscall(SYS_chroot, path);
}
