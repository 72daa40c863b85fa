#!/usr/bin/env bash
# PostgreSQL of other releases, recorded in trees of their own under psql and pgbench: 17 of Debian 13,
# 18 of sid and, where UBUNTU_MIRROR and UBUNTU_KEYRING are set, 16 of Ubuntu, whose link-time
# optimisation puts functions into others: then there is no verdict. Built here from the same source, as
# compilers do by themselves, 16 is recorded whole. What SOAK=1 fetches, of 400 MB each, and builds is
# recorded without it, too.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../release.sh"
. "$SOURCE/samples/postgresql/harness.sh"
. "$SOURCE/tests/e2e/postgresql.sh"

# Takes the place of the harness's.
postgresql_as_user()
{
    HOME=$POSTGRESQL_DIR TZ=UTC INSIDE_AS=nobody:nogroup "$WORK/inside" "$@"
}

expect_recorded()
{
    "$LIFEGUARD" report --sysroot="$root" --format=json "$POSTGRESQL_DIR/recording" >"$WORK/report.json" 2>"$WORK/err"
    "$LIFEGUARD" info "$POSTGRESQL_DIR/recording" >"$WORK/info"
    is "... the description of PostgreSQL is used, and nothing is lost" \
        "$(json '.recording | [.api, .lost_events]')" '["postgresql",0]'
    is "... no event is odd" "$(grep '^odd' "$WORK/info")" ''
    ok "... backends are sessions, of many queries" \
        jq -e '[.processes[] | select(.kind == "session")] | length > 10' "$WORK/report.json"
}

expect_clean()
{
    covered allocations 50000
    is "... clean work has no error" \
        "$(json '[.findings[] | select(.severity == "error") | [.rule, .pool.path, .where]]')" '[]'
}

# The contexts of the backend that waits.
read_tree()
{
    "$LIFEGUARD" tree "$POSTGRESQL_DIR/recording" --pid="$sleeping" --at="$moment" --format=json \
        >"$WORK/tree.json" 2>"$WORK/err"
    ok "... the contexts of a backend are more than 100" test "$(contexts_recorded | wc -l)" -gt 100
    ok "... that of what is sorted among them, since 17 a BumpContext" \
        grep -q '> Caller tuples$' <(contexts_recorded)
}

expect_tree()
{
    is "... and those that pg_log_backend_memory_contexts() tells" \
        "$(diff <(contexts_recorded) <(contexts_logged))" ''
    is "... and pg_backend_memory_contexts" "$(diff <(contexts_recorded) <(contexts_viewed))" ''
}

expect_gap()
{
    is "... it has as many contexts as it tells itself" "$(contexts_recorded | wc -l)" "$(contexts_logged | wc -l)"
    ok "... what the compiler hides is told" jq -e '.recording.coverage.mismatches > 100' "$WORK/report.json"
    status "... and is no verdict" 3 "$LIFEGUARD" check --sysroot="$root" --policy="$WORK/none" "$POSTGRESQL_DIR/recording"
}

# Of the server's processes, unrecorded: "status of the scan, what hinders it, findings", each kind once.
scanned()
{
    local pid
    for pid in "$POSTGRESQL_PID" $(<"/proc/$POSTGRESQL_PID/task/$POSTGRESQL_PID/children"); do
        "$WORK/inside" "$LIFEGUARD" scan --format=json "$pid" >"$WORK/scan.json" 2>"$WORK/err"
        jq -c --arg status $? '.systems[] | [$status, .api, .obstacle, .findings]' "$WORK/scan.json"
    done | sort -u
}

# The server, which runs, is attached to from outside, with what it forks, and let go of.
work_attached()
{
    local attacher status
    rm -rf "$WORK/attached"
    "$LIFEGUARD" attach --children -o "$WORK/attached" "$POSTGRESQL_PID" 2>"$WORK/err" &
    attacher=$!
    wait_until grep -q 'lifeguard top' "$WORK/err" && postgresql_work
    kill -INT "$attacher"
    wait "$attacher"
    status=$?
    "$LIFEGUARD" info "$WORK/attached" >"$WORK/info"
    return "$status"
}

# NAME EXPECTATION...: the server in $POSTGRESQL_BIN below $root.
served()
{
    local plain expectation
    rm -rf "$WORK/pg"
    postgresql_prepare "$WORK/pg"
    status "$1 starts" 0 postgresql_start
    plain=$(postgresql_work)
    is "... a scan finds nothing unreachable in its processes" "$(scanned)" '["0","postgresql",null,[]]'
    is "... attached to, it is no different for clients" "$(work_attached)" "$plain"
    is "... with nothing odd or lost" "$(grep '^odd\|^lost' "$WORK/info")" 'lost         0 events'
    ok "... and contexts that were there" grep -Eq '^attached .* [1-9][0-9]* pools w' "$WORK/info"
    status "... and ends" 0 postgresql_stop
    status "... and is recorded" 0 postgresql_start "$LIFEGUARD" record -o "$POSTGRESQL_DIR/recording" --
    is "... clients see no difference" "$(postgresql_work)" "$plain"
    ok "... with a query in which workers help" grep -q '^ *Workers Launched: 2$' <<<"$plain"
    status "... a backend tells its contexts" 0 postgresql_contexts
    status "... and the server ends as it would" 0 postgresql_stop
    expect_recorded
    read_tree
    for expectation in "${@:2}"; do
        "$expectation"
    done
}

# RELEASE VERSION EXPECTATION...
recorded()
{
    if ! ((${SOAK:-0})) && [ ! -d "$BUILD/$1.postgresql" ]; then
        skip "PostgreSQL $2 of $1" "SOAK=1 fetches it"
    elif release_fetch "$1" postgresql dash "postgresql-$2" "postgresql-client-$2"; then
        POSTGRESQL_BIN=/usr/lib/postgresql/$2/bin
        served "PostgreSQL $2 of $1" "${@:3}"
    else
        skip "PostgreSQL $2 of $1" "$why"
    fi
}

# RELEASE VERSION: makes $made of that release's source, but for its directories, which are /usr's; fails, and
# leaves why in $why.
build()
{
    local source=$made.source directories=debian/patches/50-per-version-dirs.patch
    [ ! -x "$made/bin/postgres" ] || return 0
    why="SOAK=1 builds it"
    ((${SOAK:-0})) || return
    why=$(timeout 600 "$SOURCE/tests/e2e/programs/fetch_release" --source "$1" "$source" "postgresql-$2" 2>&1) || return
    why="see $made.log"
    (cd "$source" && { [ ! -e $directories ] || patch -R -f -p1 <$directories; } &&
        ./configure --prefix="$made" --without-readline --without-icu --without-zlib &&
        make -j"$(nproc)" && make install) >"$made.log" 2>&1
}

# RELEASE VERSION EXPECTATION...
built()
{
    local made=$BUILD/postgresql/built/$2
    mkdir -p "${made%/*}"
    if build "$1" "$2"; then
        printf '#!/bin/bash\nexec ${INSIDE_AS:+%s} "$@"\n' "${postgresql_user[*]}" >"$WORK/inside"
        chmod +x "$WORK/inside"
        root=/ POSTGRESQL_BIN=$made/bin
        served "PostgreSQL $2 as built from the source of $1" "${@:3}"
    else
        skip "PostgreSQL $2 as built from the source of $1" "$why"
    fi
}

work
at_exit postgresql_kill
printf '[gate]\nfail-on = never\n' >"$WORK/none"
recorded trixie 17 expect_clean expect_tree
recorded sid 18 expect_clean expect_tree
recorded noble 16 expect_gap
built noble 16 expect_clean expect_tree
done_testing
