#!/usr/bin/env bash
# What ProFTPD does without growing is not reported: each of the commands of FTP again and again in
# one session, and one connection after the other. The first LIST, the first MLSD and EPSV take
# much memory, but once, or give it back: they are no growth either.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
rounds=100
connections=50

# An asterisk: ProFTPD refuses the command, which must not end the session.
one_round()
{
    ftp_transfer '' 'quote NOOP' 'quote PWD' 'quote CWD sub' 'quote CDUP' 'quote TYPE A' \
        'quote TYPE I' 'quote SIZE download' 'quote MDTM download' 'quote STAT' \
        'quote STAT download' 'quote MLST download' 'quote MKD new' 'quote RMD new' \
        'quote RNFR file1' 'quote RNTO moved' 'quote RNFR moved' 'quote RNTO file1' \
        'quote SITE CHMOD 644 file1' 'quote HELP' 'quote FEAT' 'quote PORT 127,0,0,1,200,10' \
        'quote PASV' 'quote EPSV' 'quote *HOST 127.0.0.1' 'quote *LANG en' \
        'quote MFMT 20200101000000 file1' 'quote RANG 0 10' 'quote RANG 1 0'
    ftp_transfer '' 'request LIST -R'
    ftp_transfer '' 'request NLST'
    ftp_transfer '' 'request MLSD'
    ftp_transfer download
    ftp_transfer upload "upload-file $WORK/upload"
    ftp_transfer upload "upload-file $WORK/upload" append
    ftp_transfer '' 'quote DELE upload'
}

one_long_session()
{
    local round
    head -c 10000 /dev/zero >"$WORK/upload"
    for ((round = 0; round < rounds; round++)); do
        one_round
    done >"$WORK/rounds"
    ftp_curl --fail-early --output /dev/null @/ --config "$WORK/rounds"
}

# Ten at a time: ProFTPD's master pauses for 0.4 seconds whenever a session ends.
many_sessions()
{
    local connection clients=()
    for ((connection = 1; connection <= connections; connection++)); do
        ftp_curl --output /dev/null @/ &
        clients+=($!)
        ((connection % 10 != 0)) || { wait "${clients[@]}" && clients=(); } || return
    done
}

record()
{
    record_proftpd && one_long_session && many_sessions && proftpd_stop && report "$WORK/recording"
}

need_proftpd
work
ok "$rounds rounds of commands and $connections connections, recorded" record
is "... all rounds in one session" \
    "$(json '[.processes[] | select(.kind == "session")] | length')" $((connections + 1))
is "no pool leaks" "$(json '[.findings[] | select(.rule == "leaked-subpool")]')" '[]'
is "no pool grows" "$(json '[.findings[] | select(.rule == "growing-pool")]')" '[]'
is "permanent_pool grows by no command and no connection" \
    "$(json '[.findings[] | select(.rule == "permanent-pool-alloc" and .per_unit != null)]')" '[]'
is "every documented pool lives as documented" \
    "$(json '[.findings[] | select(.rule == "lifetime-contract")]')" '[]'
# It copies the name of the file that it stores, "/upload", into a pool of its own.
# In a chroot, a path is 8 bytes and a directory's check needs some; outside of it, longer and none.
needless='["note",8,"STOR"]'
[ "$(id -u)" -eq 0 ] || needless='["note",0,"PWD"]'
is "one pool is needless: STOR's for a path or, without a chroot, that of each check of a directory" \
    "$(json '[.findings[] | select(.rule == "needless-subpool")
        | [.severity, .bytes / .count, (.pool.path | split(" > ")[2])]]')" "[$needless]"
status "the gate is open" 0 "$LIFEGUARD" check "$WORK/recording"
done_testing
