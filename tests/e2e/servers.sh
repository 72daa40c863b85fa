# For test scripts to source, after lib.sh and work: servers of distributions, each with a client that
# asks it the same again and again. KIND is proftpd (the master), session (one of its sessions, with
# its client), prefork, event (httpd, with 25 threads), nginx, postgresql (a backend, with its client),
# freeradius, or smbd (the process of a client).
#
#   server_have KIND               what it takes is at hand; else one test is skipped, and that fails
#   server_begin KIND COMMAND...   starts it under COMMAND, in a directory of its own; $served is the
#                                  process that works, $served_port where it listens
#   server_ask                     prints what the client is told, each time the same
#   server_end                     the client leaves, the server ends: its exit status
#   server_status KIND             ... which it has if all is well
# SPDX-License-Identifier: MIT

server_sample()
{
    case $1 in
    proftpd | session) echo proftpd ;;
    prefork | event) echo web httpd ;;
    nginx) echo web nginx ;;
    postgresql) echo postgresql server ;;
    freeradius) echo radius root ;;
    smbd) echo samba ;;
    esac
}

server_have()
{
    local why what sample
    read -r sample what <<<"$(server_sample "$1")"
    why=$("$SOURCE/samples/$sample/fetch" $what 2>&1) || {
        skip "$1" "$why"
        return 1
    }
    . "$SOURCE/samples/$sample/harness.sh"
    at_exit "${sample}_kill"
}

server_status()
{
    case $1 in
    smbd) echo 143 ;; # it ends its whole group by SIGTERM
    *) echo 0 ;;
    esac
}

# The worker, which does not change while one client is served.
begin_web()
{
    local kind=$1 dir=$2 lines=
    shift 2
    WEB_ALONE=
    [ "$kind" != event ] || lines='ThreadsPerChild 25\nMaxSpareThreads 25\nMaxRequestWorkers 25'
    web_prepare "$dir" "$kind" "$lines"
    web_start "$@" || return
    web_wait eval '[ "$(web_children | wc -w)" -ge 1 ]'
    web_get / / >/dev/null
    served=$(web_children | cut -d' ' -f1)
}

# A client that stays. Bash gives the ends of a coprocess to no subshell.
begin_postgresql()
{
    local dir=$1
    shift
    chmod 755 "$WORK"
    postgresql_prepare "$dir"
    postgresql_start "$@" || return
    coproc client { postgresql_run psql -At 2>&1; }
    exec {client_to}>&"${client[1]}" {client_from}<&"${client[0]}"
    eval "exec ${client[1]}>&- ${client[0]}<&-"
    echo 'select pg_backend_pid();' >&"$client_to"
    read -r -t 60 served <&"$client_from"
}

server_begin()
{
    local kind=$1 dir
    shift
    dir=$(mktemp -d "$WORK/$kind.XXXXXX") && chmod 755 "$dir"
    server_kind=$kind
    case $kind in
    proftpd | session)
        proftpd_prepare "$dir"
        proftpd_start "$@" || return
        served=$PROFTPD_PID
        [ "$kind" = proftpd ] || { open_session && served=$session; }
        ;;
    prefork | event | nginx) begin_web "$kind" "$dir" "$@" ;;
    postgresql) begin_postgresql "$dir" "$@" ;;
    freeradius)
        radius_prepare "$dir"
        radius_start "$@" && radius_ask 2 && served=$RADIUS_PID
        ;;
    smbd)
        samba_prepare "$dir"
        samba_start "$@" && samba_connect && served=$samba_session
        ;;
    esac
}

ask_session()
{
    local line command
    printf 'MKD d\r\nRMD d\r\nCWD /sub\r\nCWD /\r\nPWD\r\n' >&"$control"
    for command in MKD RMD CWD CWD PWD; do
        read -r -t 60 line <&"$control" || return
        echo "$command $line"
    done
}

ask_backend()
{
    local line
    echo 'select count(*) from generate_series(1, 1000); select 1/1;' >&"$client_to"
    for line in 1 2; do
        read -r -t 60 line <&"$client_from" || return
        echo "$line"
    done
}

# Without times.
ask_smbd()
{
    samba_ask 'mkdir d' 'ls *d*' 'rmdir d' 'get numbers /dev/null' 'allinfo numbers' nonesuch |
        sed -E '/blocks of size|_time:/d; s/(  |\().*//'
}

server_ask()
{
    case $server_kind in
    proftpd) ftp_curl --list-only @/ ;;
    session) ask_session ;;
    prefork | event | nginx) web_get / /zeros / /index.html ;;
    postgresql) ask_backend ;;
    # A few requests: it keeps each for a while, which is the more the faster they come.
    freeradius) radius_ask 1 && echo accepted ;;
    smbd) ask_smbd ;;
    esac
}

server_end()
{
    case $server_kind in
    session) close_session ;;
    postgresql) exec {client_to}>&- && wait "$client_PID" 2>/dev/null ;;
    smbd) samba_leave ;;
    esac
    case $server_kind in
    proftpd | session) proftpd_stop ;;
    prefork | event | nginx) web_stop TERM ;;
    postgresql) postgresql_stop ;;
    freeradius) radius_stop ;;
    smbd) samba_stop ;;
    esac
}
