#!/usr/bin/env bash
# The recorder touches no vector register, mask or x87 register: so none has to be saved for a hook.
# Where it calls what may, they are kept (preload/util/vectors.h). What it calls at all is listed here.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/e2e/lib.sh"
work

# "FILE:FUNCTION" of each that names such a register, in the objects below $1.
touching()
{
    find "$1" -name '*.o' | sort | while read -r object; do
        [ ! -d preload ] || [ -e "${object#"$1"/}" ] || [ -e "${object:${#1}+1:-2}" ] || continue
        objdump -d --no-show-raw-insn "$object" | awk -v file="${object##*/}" '
            /^[0-9a-f]+ <.*>:$/ { within = file ":" substr($2, 2, length($2) - 3) }
            /%[xyz]?mm[0-9]|%k[0-7]|%st|v?zeroupper/ { print within }' | sort -u
    done
}

# Reads names of functions: those that are not known to leave the registers alone.
unknown()
{
    # System calls, and what is little more than one.
    local plain='clock_gettime close fchmod fstat fstatfs ioctl ftruncate geteuid getpid getppid getrlimit
        getdents64 madvise mmap mprotect mremap munmap open openat pread pwrite read readlinkat setfsuid sigaltstack syscall
        unlinkat sbrk prctl posix_fallocate process_vm_readv'
    # A few instructions about a word, of a key that nothing is allocated for.
    plain+=' __errno_location pthread_self pthread_setspecific'
    # Before main, when a thread begins or ends, or by the loader: no compiler has seen both ends.
    plain+=' dl_iterate_phdr dlopen dlsym dlvsym getauxval getenv mkdir on_exit __register_atfork
        access isatty lstat poll sigaddset sigemptyset sigismember sigpending sigprocmask sigtimedwait
        gnu_get_libc_version snprintf strcat uname write pthread_key_create pthread_key_delete readlink getcwd setrlimit sysconf __cxa_finalize'
    tr -s ' \n' '\n\n' <<<"$plain" | sort -u >"$WORK/plain"
    sort -u | comm -23 - "$WORK/plain" | tr '\n' ' '
}

# Functions that the library takes from others, the optional ones of the compiler left out.
imported()
{
    readelf -W --dyn-syms "$1" | awk '$7 == "UND" && $4 != "OBJECT" && $5 != "WEAK" && $8 {
        sub(/@.*/, "", $8); print $8 }'
}

objects=$BUILD/obj/pic
[ -e "$objects/preload/hooks/hooks.c.o" ] || skip_all "there are no objects of the recorder"
cd "$SOURCE" || exit 1
is "no function of the recorder names a vector register" "$(touching "$objects")" ""
is "... nor calls one that may change one" "$(imported "$BUILD/liblifeguard.so" | unknown)" ""

# Something is planted.
mkdir -p "$WORK/obj"
cd "$WORK" || exit 1
cat >far.c <<'C'
#include <string.h>
double of(int);
int far(int a) { return (int)(of(a) * 1.5); }
int near(int a, const char *b) { return a + (int)strlen(b); }
C
"${CC:-cc}" -O2 -fPIC -c far.c -o obj/far.c.o && "${CC:-cc}" -shared obj/far.c.o -o far.so || exit 1
is "a vector register is seen" "$(touching obj)" "far.c.o:far"
is "... and calls that leave the recorder" "$(imported far.so | unknown)" "of strlen "
done_testing
