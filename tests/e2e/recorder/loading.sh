#!/bin/bash
# The recorder can be loaded wherever there is a C library: what it needs beside, the loader would
# look for before the program starts, and end the program where it finds none.
. "$(dirname "$0")/../lib.sh"
work

needed()
{
    readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

is 'the recorder needs no library but the C library' \
    "$(needed "$BUILD/liblifeguard.so" | grep -v -x -e 'libc\.so\.6' -e 'ld-linux-x86-64\.so\.2')" ''
ok '... and that one it needs' grep -q -x 'libc\.so\.6' <(needed "$BUILD/liblifeguard.so")

done_testing
