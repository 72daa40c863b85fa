#!/usr/bin/env bash
# The recipes of samples/ci, with the commands that stand in them, on the sample's real module and
# Debian's ProFTPD: each way to each verdict.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# The module as its author has it in the repository: without a fault, or with one.
module()
{
    sed "s/static int engine = TRUE/static int engine = $1/; s/${2:-^ }/${3:- }/" \
        "$SOURCE/samples/proftpd/mod_faults.c" >mod_faults.c
}

# Runs COMMAND... as it would run in the job: what the job installs is in PATH.
in_job()
{
    local headers=$SOURCE/build/proftpd/headers/usr/include
    env PATH="$WORK/bin:$PATH" CPATH="$headers/proftpd:$headers" FTP_PORT="$port" \
        MODULES="$PROFTPD_ROOT/usr/lib/proftpd" \
        LD_LIBRARY_PATH="$(echo "$PROFTPD_ROOT"/usr/lib/*-linux-gnu)" CC="${CC:-cc}" "$@"
}

run_make()
{
    in_job make --no-print-directory pools
}

# GitHub gives the steps to bash -e, GitLab the script to sh.
run_recipe()
{
    "$SOURCE/tests/e2e/programs/recipe" "$1" "$1.yml" >script || return 99
    [ "$1" = gitlab ] && in_job sh script || { [ "$1" = github ] && in_job bash -e script; }
}

failures()
{
    jq -cr '.runs[0].results[] | select(.properties.fails) | [.ruleId, .baselineState,
        (.locations[0].physicalLocation | .artifactLocation.uri, .region.startLine)] | join(" ")' pools.sarif
}

end_proftpds()
{
    local process
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/cwd" "$process/exe")" != "$WORK/repository"$'\n'"$PROFTPD" ] ||
            kill -KILL "${process#/proc/}"
    done 2>/dev/null
}

need_proftpd
why=$("$SOURCE/samples/proftpd/fetch" headers 2>&1) || skip_all "$why"
[ "$(id -u)" -eq 0 ] || skip_all 'the jobs run as root, as they do in their containers'
work
at_exit end_proftpds
mkdir "$WORK/bin" "$WORK/repository"
ln -s "$PROFTPD" "$LIFEGUARD" "$WORK/bin"
cd "$WORK/repository" || exit 1
cp -r "$SOURCE"/samples/ci/. .
port=$(free_port)
line=$(grep -n 'pool \*leaked = make_sub_pool' "$SOURCE/samples/proftpd/mod_faults.c" | head -n 1 | cut -d : -f 1)

module FALSE
status "make: the module without a fault: 0" 0 run_make
ok "... and it was seen at work" grep -qE ' [34] restarts' <("$LIFEGUARD" report pools)
echo 'leaked-subpool:gone_long_ago' >>ci/suppressions
status "... a suppression that matches nothing: 0" 0 in_job lifeguard check \
    --suppressions ci/suppressions --baseline ci/baseline pools
ok "... is reported, with its line" grep -q "^ci/suppressions:$(wc -l <ci/suppressions): .*gone_long_ago.* matched nothing" "$WORK/out"
status "... --fail-on-stale: 1" 1 in_job lifeguard check --fail-on-stale \
    --suppressions ci/suppressions --baseline ci/baseline pools
sed -i '$d' ci/suppressions

module TRUE
status "make: the fault added" 2 run_make
is "... file and line are in SARIF, for command and restart" "$(failures | sort -u)" \
    "leaked-subpool new mod_faults.c $line"
echo 'leaked-subpool:leak_subpool reason=to be mended' >>ci/suppressions
status "... suppressed: 0" 0 in_job lifeguard check --suppressions ci/suppressions pools
sed -i '$d' ci/suppressions
status "... accepted into the baseline" 0 in_job make --no-print-directory pools-accept
is "... which has a line for each finding" "$(grep -c leaked-subpool ci/baseline)" 2
status "make: with the fault in the baseline: 0" 0 run_make
module TRUE 'pcalloc(leaked, 48)' 'pcalloc(leaked, 480)'
status "make: the fault grown" 2 run_make
is "... is told as that" "$(failures | sort -u)" "leaked-subpool updated mod_faults.c $line"
cp "$SOURCE/samples/ci/ci/baseline" ci/

for kind in github gitlab; do
    module FALSE
    touch -d '1 hour' mod_faults.c
    status "$kind: the module without a fault: 0" 0 run_recipe $kind
    module TRUE
    touch -d '2 hours' mod_faults.c
    status "$kind: the fault added: 1" 1 run_recipe $kind
    ok "... with file and line" grep -q "^mod_faults.c:$line: error: .*\[leaked-subpool\]" "$WORK/out"
done
is "gitlab: ... in code quality" "$(jq -r '.[] | select(.check_name == "leaked-subpool")
    | "\(.location.path):\(.location.lines.begin) \(.severity)"' pools.json | sort -u)" "mod_faults.c:$line major"

rm "$WORK/bin/proftpd"
printf '#!/bin/sh\nunset LD_PRELOAD\nexec %q "$@"\n' "$PROFTPD" >"$WORK/bin/proftpd"
chmod +x "$WORK/bin/proftpd"
status "github: the recorder is not loaded: 3" 3 run_recipe github
ok "... and said to be" grep -q 'NO VERDICT' "$WORK/out"

for kind in github gitlab; do
    "$SOURCE/tests/e2e/programs/recipe" $kind $kind.yml packages >"$WORK/packages"
    ok "$kind: what it installs exists" apt-cache show --no-all-versions $(<"$WORK/packages")
done
done_testing
