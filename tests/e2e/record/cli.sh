#!/usr/bin/env bash
# The command line: help, mistakes, and files that are no traces.
. "$(dirname "$0")/../lib.sh"

work
status "lifeguard --help" 0 "$LIFEGUARD" --help
for command in record report check tree roles export html info api; do
    ok "... names $command" grep -qw "$command" "$WORK/out"
done
status "lifeguard --version" 0 "$LIFEGUARD" --version
ok "... prints one" grep -qE '[0-9]+\.[0-9]+' "$WORK/out"
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
