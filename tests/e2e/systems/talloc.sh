#!/usr/bin/env bash
# talloc's objects: FreeRADIUS reading its configuration, counted once more by gdb, and answering
# requests; Samba's testparm; and a program with its mistakes, whose objects talloc counts itself.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# Offsets in libtalloc, by the disassembler: of what FUNCTION's first INSTRUCTION (call, jmp) leads
# to, and of FUNCTION itself.
target()
{
    local start
    start=$(offset "$1")
    objdump -d --no-show-raw-insn --start-address="0x$start" --stop-address=$((0x$start + 400)) \
        "$talloc" | awk -v branch="$2" '$2 == branch && $3 ~ /^[0-9a-f]+$/ { print $3; exit }'
}

offset()
{
    nm -D "$talloc" | awk -v name="$1" '{ sub(/@.*/, "", $3) } $3 == name { print $1 }'
}

# What gdb counts when "$@" runs without the recorder: objects made, freed.
counted()
{
    local place commands=()
    for place in "$(target _talloc call)" "$(target _talloc_free jmp)"; do
        commands+=(-ex "break *((char *)_talloc - 0x$(offset _talloc) + 0x$place)"
            -ex "ignore \$bpnum 10000000")
    done
    gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'break main' -ex run "${commands[@]}" \
        -ex continue -ex 'info breakpoints' --args "$@" </dev/null 2>/dev/null |
        awk '/^[23] +breakpoint/ { number = $1 }
             /breakpoint already hit/ { hits[number] = $4 }
             END { print hits[2], hits[3] }'
}

# The same, as recorded.
recorded()
{
    "$LIFEGUARD" info "$1" >"$WORK/info"
    echo "$(told 'pools made') $(told destroyed)"
}

expect_clean()
{
    report "$1"
    valid_report
    is "... the description of talloc is used" "$(json .recording.api)" '"talloc"'
    is "... no event is lost" "$(json .recording.lost_events)" 0
    is "... no error" "$(json '[.findings[] | select(.severity == "error") | [.rule, .pool.tag]]')" '[]'
    "$LIFEGUARD" info "$1" >"$WORK/info"
    is "... and no event that does not fit the others" "$(grep '^odd' "$WORK/info")" ''
}

check_configuration()
{
    radius_prepare "$WORK/check"
    radius_check >"$WORK/plain" 2>&1
    is "FreeRADIUS finds its configuration to be in order" "$?" 0
    radius_check "$LIFEGUARD" record -o "$WORK/check.rec" -- >"$WORK/shown" 2>"$WORK/err"
    is "... recorded, it does too" "$?" 0
    is "... and says the same" "$(diff "$WORK/plain" "$WORK/shown")" ''
    expect_clean "$WORK/check.rec"
    is "as many objects were made and freed as gdb counts" "$(recorded "$WORK/check.rec")" \
        "$(radius_check counted)"
    status "talloc has no blocks that could be simulated" 2 "$LIFEGUARD" tune "$WORK/check.rec"
    ok "... as is said" grep -q 'how talloc hands out blocks is not simulated' "$WORK/err"
}

check_server()
{
    local round
    radius_prepare "$WORK/server"
    radius_start "$LIFEGUARD" record -o "$WORK/server.rec" --
    is "FreeRADIUS is started, recorded" "$?" 0
    for round in 1 2 3; do
        ok "... answers requests" radius_ask 10
        # It takes one SIGHUP in five seconds.
        [ $round -ne 2 ] || ok "... reads its configuration again" radius_reload
    done
    radius_stop
    is "... and ends as without" "$?" 0
    expect_clean "$WORK/server.rec"
    is "... what the requests are about: Access-Request" \
        "$(json '.recording.labels | map(.label)')" '["code-1"]'
    is "... each request was seen" "$(told requests)" 30
    is "... and the restart" "$(told reload)" 1
    covered pools 3000
    status "... it passes the gate" 0 "$LIFEGUARD" check "$WORK/server.rec"
}

# Objects that are put below others unseen.
check_loss()
{
    "$LIFEGUARD" api show talloc | sed '/^tail(_talloc_steal_loc)/d' >"$WORK/less.api"
    radius_check "$LIFEGUARD" record --api="$WORK/less.api" -o "$WORK/less.rec" -- >"$WORK/out" 2>&1
    is "without what moves objects FreeRADIUS is recorded" "$?" 0
    report "$WORK/less.rec"
    ok "... and it is seen that something is missing" \
        jq -e '.recording.coverage.mismatches > 10' "$WORK/report.json"
    status "... which is no verdict" 3 "$LIFEGUARD" check "$WORK/less.rec"
}

# With -M FreeRADIUS tracks what has no parent and, at its end, tells what is left of that.
check_tracked()
{
    radius_prepare "$WORK/tracked"
    RADIUS_FLAGS='-s -M' radius_start "$LIFEGUARD" record -o "$WORK/tracked.rec" --
    ok "FreeRADIUS that tracks what has no parent answers requests" radius_ask 10
    radius_stop
    is "... and ends as without" "$?" 0
    expect_clean "$WORK/tracked.rec"
    # It may be nothing, as of 3.2.7.
    is "... what stays straight in the null context is what FreeRADIUS tells of it itself" \
        "$(json '.findings[] | "\(.rule) \(.severity) \(.bytes) bytes in \(.count) blocks"')" \
        "$(sed -n '/full talloc report on .null_context/,$s/.*contains *//p' "$RADIUS_DIR/log" |
            sed 's/(ref.*//; s/ *$//; s/  */ /g; s/.*/"permanent-pool-alloc warning &"/')"
    is "... what has no parent is below the null context" "$("$LIFEGUARD" tree --at peak \
        --format=json "$WORK/tracked.rec" | jq -c '[.processes[0].pools[] |
            select(.role == "null_context") | .children | length > 5]')" '[true]'
}

testparm()
{
    LD_LIBRARY_PATH=$(samba_libraries) "$@" "$SAMBA_ROOT/usr/bin/testparm" -s "$WORK/smb.conf" </dev/null
}

# Samba's, which ends without having freed all.
check_testparm()
{
    local why talloc
    why=$("$SOURCE/samples/samba/fetch" 2>&1) || {
        skip "testparm of Samba is recorded" "$why"
        return
    }
    . "$SOURCE/samples/samba/harness.sh"
    # The system's, where it has one.
    talloc=$(LD_LIBRARY_PATH=$(samba_libraries) ldd "$SAMBA_ROOT/usr/bin/testparm" |
        awk '$1 == "libtalloc.so.2" { print $3 }')
    cat >"$WORK/smb.conf" <<EOF
[global]
	lock directory = $WORK
	state directory = $WORK
	cache directory = $WORK
	pid directory = $WORK
[homes]
EOF
    testparm >"$WORK/plain" 2>"$WORK/plain.err"
    is "Samba's testparm finds its configuration to be in order" "$?" 0
    testparm "$LIFEGUARD" record -o "$WORK/samba.rec" -- >"$WORK/shown" 2>"$WORK/err"
    is "... recorded, it does too" "$?" 0
    is "... and says the same" "$(diff "$WORK/plain" "$WORK/shown")" ''
    is "... and no more but what the recorder says" \
        "$(grep -v '^lifeguard: \|^  lifeguard ' "$WORK/err" | diff "$WORK/plain.err" -)" ''
    expect_clean "$WORK/samba.rec"
    is "... as many objects were made and freed as gdb counts" "$(recorded "$WORK/samba.rec")" \
        "$(testparm counted)"
}

build_faults()
{
    ${CC:-cc} -std=gnu11 -g -O1 -fno-inline -Wno-deprecated-declarations -rdynamic -I "$SOURCE/build/radius/headers/usr/include" \
        "$SOURCE/tests/e2e/programs/talloc/faults.c" -o "$WORK/faults" "$talloc"
}

record_fault()
{
    LD_LIBRARY_PATH=$(radius_libraries) "$LIFEGUARD" record -f -o "$WORK/fault.rec" -- \
        "$WORK/faults" "$1" >"$WORK/shown" && report "$WORK/fault.rec"
}

# The finding of RULE that has FUNCTION in it: its severity, and whether its line is known.
fault()
{
    json "[.findings[] | select(.rule == \"$1\") | select([.stack, .pool.created] | map(.[]?) |
        any(.function == \"$2\" and .line != null)) | .severity] | unique"
}

check_faults()
{
    ok "a program that uses talloc is built" build_faults
    ok "... and recorded, without a mistake" record_fault none
    expect_clean "$WORK/fault.rec"
    is "... all that was made was freed" "$("$LIFEGUARD" tree --at exit --format=json \
        "$WORK/fault.rec" | jq '[.. | objects | select(has("tag"))] | length')" 0
    ok "... with objects left, as talloc counts them" record_fault tree
    is "... are objects left, and their bytes" "$("$LIFEGUARD" tree --at exit --format=json \
        "$WORK/fault.rec" | jq -r '[.. | objects | select(has("tag"))] |
            "\(length) \(map(.bytes) | add)"')" "$(cat "$WORK/shown")"
    ok "... with what has no parent tracked for a while" record_fault untracked
    expect_clean "$WORK/fault.rec"
    ok "... leaking what has no parent, tracked" record_fault null
    is "an object straight in the null context is found in each request, and once" \
        "$(fault permanent-pool-alloc forget) $(fault leaked-subpool forget)" '["error"] []'
    is "... as what the root holds" "$(json '[.findings[] | select(.severity == "error") |
        .pool.role, .per_unit.count] | @tsv')" '"null_context\t1"'
    is "... and what was made there at start-up, as a warning" \
        "$(fault permanent-pool-alloc main)" '["error","warning"]'
    ok "... leaking objects with a name, straight in the null context" record_fault "null named"
    is "... which is told" "$(json '.findings[] | select(.severity == "error") | .pool.path')" \
        '"null_context > lost object"'
    ok "... leaking an object in each request" record_fault leak
    is "objects that pile up are found, with the line" "$(fault leaked-subpool leak)" '["error"]'
    ok "... leaking what it steals" record_fault steal
    is "objects that were stolen are found where they were made" \
        "$(fault leaked-subpool answer_request)" '["error"]'
    ok "... and an array that grows" record_fault grow
    is "an array that grows is found, with the line" "$(fault growing-pool grow)" '["error"]'
    ok "... by two places in turn" record_fault "grow in turn"
    is "... is found, with the line of the last" "$(fault growing-pool grow)" '["error"]'
    ok "... leaking what ends with the program" record_fault keep
    is "an object straight in the autofree context is found in each request" \
        "$(json '[.findings[] | select(.severity == "error") |
            .rule, .pool.role, .per_unit.count] | @tsv')" '"permanent-pool-alloc\tautofree_context\t1"'
}

work
need_sample radius root headers
talloc=$(LD_LIBRARY_PATH=$(radius_libraries) ldd "$RADIUS" | awk '$1 == "libtalloc.so.2" { print $3 }')
check_configuration
check_server
check_loss
check_tracked
check_testparm
check_faults
done_testing
