# Ports on loopback, for harnesses to source.
#
#   free_port              prints a port that nobody has
#   is_listened_to PORT    whether somebody waits for connections there

# One below those that the kernel gives out by itself.
free_port()
{
    local port
    while port=$((10000 + RANDOM % 20000)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

is_listened_to()
{
    grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") [^ ]* 0A " /proc/net/tcp
}
# SPDX-License-Identifier: MIT
