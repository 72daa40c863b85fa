# For test scripts to source, after lib.sh: the sets of system calls that systemd has.
#
#   names SET|CALL...   the names of these calls, a line each, of sets in sets as well
#   numbers             reads names; prints their numbers here, those that there are, with commas
# SPDX-License-Identifier: MIT

names()
{
    local name
    for name; do
        case $name in
        @*)
            # shellcheck disable=SC2046
            names $(systemd-analyze syscall-filter "$name" | sed -n 's/^    \([@a-z0-9_-]*\)$/\1/p')
            ;;
        *) echo "$name" ;;
        esac
    done
}

numbers()
{
    sort -u | sed 's/.*/SYS_&/' | { echo '#include <sys/syscall.h>'; cat; } |
        "${CC:-cc}" -E -P -x c - | grep -x '[0-9]*' | paste -sd ,
}
