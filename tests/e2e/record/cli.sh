#!/usr/bin/env bash
# The command line: help, mistakes, and files that are no traces.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

work
status "lifeguard --help" 0 "$LIFEGUARD" --help
for command in record report check tree roles export html info api; do
    ok "... names $command" grep -qw "$command" "$WORK/out"
done
status "lifeguard --version" 0 "$LIFEGUARD" --version
ok "... prints one" grep -qE '[0-9]+\.[0-9]+' "$WORK/out"
status "lifeguard help: as --help" 0 "$LIFEGUARD" help
is "..." "$(<"$WORK/out")" "$("$LIFEGUARD" --help)"
is "lifeguard help COMMAND: as COMMAND --help" "$("$LIFEGUARD" help tree)" "$("$LIFEGUARD" tree --help)"
status "... of a command that there is not: 2" 2 "$LIFEGUARD" help tre
ok "... with what may have been meant" grep -q "'tre'; did you mean 'tree'?" "$WORK/err"
status "a command that is mistyped: 2" 2 "$LIFEGUARD" chekc
ok "... with what may have been meant" grep -q "'chekc'; did you mean 'check'?" "$WORK/err"
status "an option: 2" 2 "$LIFEGUARD" report --formta=json x
ok "... too" grep -q "'--formta'; did you mean '--format'?" "$WORK/err"
status "... of check, which has its own table: 2" 2 "$LIFEGUARD" check --basline x y
ok "... too" grep -q "'--basline'; did you mean '--baseline'?" "$WORK/err"
status "an option without its value: 2" 2 "$LIFEGUARD" check --baseline
ok "... is said to lack it" grep -q -- '--baseline: its value is missing' "$WORK/err"
status "one with a value that it does not take: 2" 2 "$LIFEGUARD" report --brief=yes x
ok "... is said to take none" grep -q -- '--brief takes no value' "$WORK/err"
status "a colour that is none of three: 2" 2 "$LIFEGUARD" --color=blue report x
ok "... is named" grep -q -- '--color=blue' "$WORK/err"
status "no command: 2" 2 "$LIFEGUARD"
status "an unknown command: 2" 2 "$LIFEGUARD" frobnicate
ok "... is named on stderr" grep -q frobnicate "$WORK/err"

mkdir "$WORK/bad" "$WORK/empty"
echo 'this is no trace, though it is longer than a few bytes' >"$WORK/bad/77.trace"
for command in record report check tree roles export html info; do
    status "$command --help" 0 "$LIFEGUARD" $command --help
    ok "... on stdout" grep -q "lifeguard $command" "$WORK/out"
    status "$command with an unknown option: 2" 2 "$LIFEGUARD" $command --frobnicate
    ok "... is named on stderr" grep -q frobnicate "$WORK/err"
    status "$command without an argument: 2" 2 "$LIFEGUARD" $command
    [ $command != record ] || continue
    status "$command of a file that is no trace: 2" 2 "$LIFEGUARD" $command "$WORK/bad"
    ok "... the file is named" grep -q '77\.trace' "$WORK/err"
    status "$command of a directory without a trace: 2" 2 "$LIFEGUARD" $command "$WORK/empty"
    ok "... the directory is named" grep -q "$WORK/empty" "$WORK/err"
    status "$command of nothing: 2" 2 "$LIFEGUARD" $command "$WORK/nowhere"
done
status "an unknown format: 2" 2 "$LIFEGUARD" report --format=frob "$WORK/bad"
done_testing
