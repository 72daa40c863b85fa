# For test scripts to source, after lib.sh: a client of the sample daemon.
#
#   client N         a session of N times LIST with the daemon on $port
#   sessions_ended   whether the daemon $daemon has no child
# SPDX-License-Identifier: MIT

client()
{
    local i control
    exec {control}<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'USER alice\r\n' >&"$control"
    for ((i = 0; i < $1; i++)); do printf 'LIST\r\n' >&"$control"; done
    printf 'QUIT\r\n' >&"$control"
    timeout 100 cat <&"$control" >/dev/null
    exec {control}>&-
}

sessions_ended()
{
    [ -z "$(<"/proc/$daemon/task/$daemon/children")" ]
}
