#!/usr/bin/env bash
# action.yml for GitHub and the template for GitLab: their steps do what they say, with the tree that
# was built, on the sample daemon.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

program="$BUILD/samples/poold --drive 3x100"

# NAME STATUS PROGRAM [INPUT=VALUE...]: the action's steps.
github()
{
    rm -rf "$WORK/repository" && mkdir "$WORK/repository" && cd "$WORK/repository" || exit 1
    : >"$WORK/output" && : >"$WORK/summary"
    "$SOURCE/tests/e2e/programs/action" github "$SOURCE/action.yml" "program=$3" "${@:4}" >"$WORK/script"
    status "github: $1: $2" "$2" env PATH="$WORK/bin:$PATH" GITHUB_OUTPUT="$WORK/output" \
        GITHUB_STEP_SUMMARY="$WORK/summary" GITHUB_ACTIONS=true bash "$WORK/script"
}

gitlab()
{
    rm -rf "$WORK/repository" && mkdir "$WORK/repository" && cd "$WORK/repository" || exit 1
    "$SOURCE/tests/e2e/programs/action" gitlab "$SOURCE/packaging/gitlab.yml" \
        "LIFEGUARD_PROGRAM=$3" "${@:4}" >"$WORK/script"
    status "gitlab: $1: $2" "$2" env PATH="$WORK/bin:$PATH" sh "$WORK/script"
}

# Ten commands in a session.
client_script()
{
    cat <<END
exec 3<>/dev/tcp/127.0.0.1/$port
read -r line <&3
for round in 1 2 3 4 5 6 7 8 9 10; do
    printf 'NOOP\\r\\n' >&3
    read -r line <&3
done
printf 'QUIT\\r\\n' >&3
cat <&3 >/dev/null
END
}

. "$SOURCE/samples/loopback.sh"
work
mkdir "$WORK/bin"
ln -s "$LIFEGUARD" "$BUILD/liblifeguard.so" "$WORK/bin"

github 'without a fault' 0 "$program"
is "... its status is an output" "$(<"$WORK/output")" status=0
ok "... the page is there" test -s lifeguard-results/lifeguard.html
ok "... and the recording" test -d lifeguard-results/recording
github 'with one' 1 "$program --fault=leaked-subpool" directory=found \
    "check-options=--source-root '$SOURCE'"
is "... its status is an output" "$(<"$WORK/output")" status=1
ok "... its place is annotated" grep -q '^::error file=samples/poold/fault\.c,line=' "$WORK/out"
ok "... it is in the job's summary" grep -q 'leaked-subpool' "$WORK/summary"
ok "... which says where the page is" grep -q 'lifeguard\.html' "$WORK/summary"
is "... and in SARIF" "$(jq -r '.runs[0].results[].ruleId' found/lifeguard.sarif | sort -u)" leaked-subpool
echo 'leaked-subpool:leak_subpool' >"$WORK/accepted list"
github 'suppressed, by a file with a space in its name' 0 "$program --fault=leaked-subpool" \
    "check-options=--suppressions '$WORK/accepted list'"
github 'too little was done' 3 "$program" check-options='--require command=1000'
port=$(free_port)
client_script >"$WORK/client"
github 'a client beside a daemon that listens' 0 "$BUILD/samples/poold -p $port" \
    "client=bash $WORK/client" "wait-port=127.0.0.1:$port" check-options='--require command=10'
gitlab 'without a fault' 0 "$program"
gitlab 'a client beside a daemon that listens' 0 "$BUILD/samples/poold -p $port" \
    "LIFEGUARD_CLIENT=bash $WORK/client" "LIFEGUARD_WAIT_PORT=127.0.0.1:$port" \
    LIFEGUARD_CHECK_OPTIONS='--require command=10'
gitlab 'with one' 1 "$program --fault=leaked-subpool"
is "... in code quality" "$(jq -r '.[].check_name' lifeguard-results/codequality.json)" leaked-subpool
ok "... and in JUnit's" grep -q 'leaked-subpool' lifeguard-results/lifeguard.xml
done_testing
