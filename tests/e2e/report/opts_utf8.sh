#!/usr/bin/env bash
# OPTS UTF8 OFF, then ON, takes 8 bytes from permanent_pool each time, in the session.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
pairs=500

switch_often()
{
    local pair
    for ((pair = 0; pair < pairs; pair++)); do
        printf 'quote = "OPTS UTF8 OFF"\nquote = "OPTS UTF8 ON"\n'
    done >"$WORK/commands"
    ftp_curl --output /dev/null --config "$WORK/commands" @/
}

record()
{
    record_proftpd && switch_often && proftpd_stop && report "$WORK/recording"
}

# The session's findings that grow with the commands.
found='.findings[] | select(.rule == "permanent-pool-alloc" and .kind == "session"
    and .per_unit.unit == "command")'

need_proftpd
work
ok "a session switches UTF-8 off and on $pairs times, recorded" record
is "permanent_pool is allocated from, 8 bytes a pair" \
    "$(json "[$found | .bytes] | add")" $((8 * pairs))
is "... once a pair" "$(json "[$found | .count] | add")" "$pairs"
is "... by OPTS, in half of them, and by no other" \
    "$(json "[$found | .per_unit | .label, .label_units.others_grew]")" '["OPTS",0]'
is "... an error: it grows with the commands" "$(json "[$found | .severity] | unique")" '["error"]'
is "... by the command's handler" \
    "$(json "[$found | .stack[].function] | any(. == \"pr_encode_disable_encoding\" or
        . == \"pr_encode_enable_encoding\" or . == \"pr_module_call\")")" true
is "nothing else grows" "$(json '[.findings[] | select(.rule != "permanent-pool-alloc"
    and .rule != "needless-subpool")]')" '[]'
done_testing
