#!/usr/bin/env bash
# Each documented pool by its role, in Debian's stripped ProFTPD, counted against what the clients
# did, what its configuration has and what lies in its memory; and all lived as documented.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
rounds=12
restarts=4

# Transfers in one session, in active mode; curl shows each command that it sends.
transfer()
{
    local round
    for ((round = 0; round < rounds; round++)); do
        ftp_transfer '' 'quote RNFR file1' 'quote RNTO moved' 'quote RNFR moved' 'quote RNTO file1' \
            'quote PWD'
        ftp_transfer download
    done >"$WORK/rounds"
    ftp_curl --verbose --output /dev/null @/ --ftp-port 127.0.0.1 --config "$WORK/rounds" \
        2>"$WORK/commands"
}

# Clients that leave in the middle: a passive connection never used, a rename never finished.
leave()
{
    local i
    for i in 1 2 3; do
        open_session || return
        printf 'PASV\r\nNOOP\r\nPASV\r\nRNFR file1\r\nNOOP\r\nRNFR file1\r\nNOOP\r\nNOOP\r\n' >&"$control"
        while read -r -t 60 line <&"$control" && [[ $line != *"200 NOOP"* ]]; do :; done
        close_session
    done
}

restart_often()
{
    local i
    for ((i = 0; i < restarts; i++)); do
        proftpd_restart || return
    done
}

record()
{
    record_proftpd && restart_often || return
    [ "$(id -u)" -ne 0 ] || daemon_pools >"$WORK/memory"
    transfer && proftpd_stop && "$LIFEGUARD" roles --format=json "$WORK/recording" >"$WORK/roles.json"
}

# lived ROLE KIND FILTER
lived()
{
    jq -c "first(.roles[] | select(.role == \"$1\") | .lived[] | select(.kind == \"$2\")) | $3" \
        "$WORK/roles.json"
}

# Pools of ROLE made in sessions under a function of that name.
made_under()
{
    lived "$1" session "[.created[] | select(.stack | any(.function == \"$2\")) | .count] | add"
}

departures='[.roles[].lived[].departures | length] | add'
contract='[.findings[] | select(.rule == "lifetime-contract")]'

need_proftpd
work
ok "ProFTPD, $restarts restarts and a session of $rounds rounds, recorded" record
# The QUIT is sent when nobody listens to what curl shows.
commands=$(($(grep -c '^> ' "$WORK/commands") + 1))
transfers=$((2 * rounds + 1))
directives=$(cat "$WORK"/proftpd/{proftpd,modules}.conf 2>/dev/null | grep -cE '^ *[A-Za-z]')
is "permanent_pool: one, in the master" "$(lived permanent_pool master '[.pools, .ended.at_exit]')" '[1,1]'
is "server_rec->pool: one more at each restart, the last alive" \
    "$(lived 'server_rec->pool' master '[.pools, .ended.destroyed, .ended.at_exit, .life.longest]')" \
    "[$((restarts + 1)),$restarts,1,1]"
is "session.pool: one in the session, for as long" \
    "$(lived session.pool session '[.pools, .ended.at_exit, .life.shortest]')" \
    "[1,1,$commands]"
is "session.xfer.p: one a transfer, and one a rename" \
    "$(lived session.xfer.p session '[.pools, .ended.destroyed]')" \
    "[$((transfers + 2 * rounds)),$((transfers + 2 * rounds))]"
is "conn_t->pool: the control connection and two of each transfer, all closed" \
    "$(lived 'conn_t->pool' session '[.pools, .ended.destroyed]')" \
    "[$((2 * transfers + 1)),$((2 * transfers + 1))]"
is "cmd_rec->pool: one a command that curl sent" "$(made_under 'cmd_rec->pool' pr_cmd_read)" "$commands"
is "... none lives on into the next" "$(lived 'cmd_rec->pool' session .life.longest)" 0
is "... and in the master one a line of the configuration, each time it is read" \
    "$(lived 'cmd_rec->pool' master '[.created[] | select(.stack[0].function | startswith("pr_parser"))
        | .count] | add')" $((directives * (restarts + 1)))
ok "cmd_rec->tmp_pool: more than one a command" test \
    "$(made_under 'cmd_rec->tmp_pool' pr_cmd_dispatch_phase)" -gt "$commands"
is "... none outlives its command" "$(lived 'cmd_rec->tmp_pool' session .life.longest)" 0
if [ "$(id -u)" -eq 0 ]; then
    is "config_rec->pool: as many as lie in memory, each time the configuration is read" \
        "$(lived 'config_rec->pool' master .pools)" \
        $(($(grep -c 'config_rec pool$' "$WORK/memory") * (restarts + 1)))
else
    skip "config_rec->pool against the daemon's memory" "only root may read it"
fi
is "nothing departs from what is documented" "$(jq "$departures" "$WORK/roles.json")" 0
report "$WORK/recording"
is "... and the report says so" "$(json "$contract")" '[]'
ok "the tree knows them" sh -c "'$LIFEGUARD' tree '$WORK/recording' | grep -q 'main_server pool (server_rec->pool)'"
ok "the table for people names them all" sh -c "'$LIFEGUARD' roles '$WORK/recording' >'$WORK/text' &&
    [ \$(grep -cE '^(permanent_pool|server_rec->pool|session.pool|session.xfer.p|conn_t->pool) ' '$WORK/text') -ge 5 ]"

record_leavers()
{
    rm -rf "$WORK/recording" "$WORK/proftpd"
    record_proftpd && leave && proftpd_stop && report "$WORK/recording" &&
        "$LIFEGUARD" roles --format=json "$WORK/recording" >"$WORK/roles.json"
}
ok "clients that leave in the middle, recorded" record_leavers
is "... depart from nothing" "$(jq "$departures" "$WORK/roles.json") $(json "$contract")" '0 []'
is "... though a rename was not finished" "$(lived session.xfer.p session .ended.at_exit)" 3

# The sample daemon: its pools as ProFTPD's, and where they are not.
record_poold()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" "${api[@]}" -- "$BUILD/samples/poold" "$@" &&
        report "$WORK/recording" &&
        "$LIFEGUARD" roles --format=json "$WORK/recording" >"$WORK/roles.json"
}
counts='[.roles[] | .role as $role | .lived[] | [$role, .kind, .pools, .ended.at_exit]]'
api=()
ok "the sample daemon is recorded" record_poold --drive 3x20,5
expected=$(jq -c "$counts" "$WORK/roles.json")
is "... with all eight roles" "$(jq -c '[.roles[] | select(.lived == []) | .role]' "$WORK/roles.json")" '[]'
is "... and its contract kept" "$(jq "$departures" "$WORK/roles.json") $(json "$contract")" '0 []'
ok "a connection that is forgotten" record_poold --drive 3x20,5 --fault=lifetime-contract
is "... is found once, as what nothing refers to" \
    "$(json '[.findings[] | [.rule, .severity, .departure, .pool.role, .count]]')" \
    '[["unreachable-subpool","error",null,"conn_t->pool",3]]'
is "... and in the table" "$(lived 'conn_t->pool' session .departures)" '{"at-exit":3}'

ok "a session whose pool is permanent_pool" record_poold --drive 3x20,5 --fault=session-alias \
    --fault=permanent-alloc
is "... has it as session.pool" "$(lived session.pool session '[.pools, .ended.at_exit]')" '[3,3]'
is "... what it takes is growth of that" \
    "$(json '[.findings[] | [.rule, .severity, .kind, .pool.role, .count]]')" \
    '[["growing-pool","error","session","session.pool",60]]'

# By who made them alone, where there are symbols.
sed -e 's/tag="main_server pool"/by=read_config/' -e 's/tag="Session Pool"/by=session_run/' \
    -e 's/tag="Data Transfer pool"/by=begin_transfer/' -e 's/tag="init_conn pool"/by=pr_inet_create_conn/' \
    -e 's/tag="config_rec pool"/by=nobody,pr_config_add_set/' \
    -e 's/tag="make_ftp_cmd pool"/by=make_ftp_cmd/' -e 's/tag="cmd_rec tmp pool"/by=pr_cmd_dispatch parent=cmd_rec->pool/' \
    -e '/= tag=/d' "$SOURCE/preload/api/proftpd.api" >"$WORK/by.api"
api=(--api "$WORK/by.api")
ok "no tag tells a role here" sh -c "! grep -q tag= '$WORK/by.api'"
ok "... the sample daemon is recorded again" record_poold --drive 3x20,5
is "... its makers tell the same" "$(jq -c "$counts" "$WORK/roles.json")" "$expected"
is "... no system is named where there is one" \
    "$("$LIFEGUARD" roles "$WORK/recording" | grep -c '^[a-z]*:')" 0

# A role that is known by tags: what made a pool of another tag may have been put into its maker.
sed -i 's/^\[layout\]$/conn_t->pool = tag="of another version"\n&/' "$WORK/by.api"
ok "a role that asks for a tag or a maker" record_poold --drive 3x20,5
is "... is no pool's that has another tag" \
    "$(jq -c '[.roles[] | select(.lived == []) | .role]' "$WORK/roles.json")" '["conn_t->pool"]'
done_testing
