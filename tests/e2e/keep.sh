# For tests of lifeguard keep to source, after lib.sh: a program that is recorded into $recording and
# does what it is told, and who keeps that.
#
#   start_program          its pid is $program_pid
#   tell LINE [TIMES]      it does that, so often
#   end_program
#   start_keep NAME [OPTION...]   keeps it from now on; what it says is in $WORK/NAME and NAME.err
#   keep_ended             waits for its end; its status is $ended
# SPDX-License-Identifier: MIT

start_program()
{
    coproc program { LIFEGUARD_QUIET=1 LIFEGUARD_DIR="$recording" \
        LIFEGUARD_API="$SOURCE/tests/e2e/programs/memory.api" \
        LD_PRELOAD="$BUILD/liblifeguard.so" exec "$BUILD/e2e/memory" obey; }
    program_pid=$program_PID
    at_exit eval "kill $program_pid 2>/dev/null"
}

tell()
{
    local i answer
    for ((i = 0; i < ${2-1}; i++)); do
        echo "$1" >&"${program[1]}" && read -r -t 60 answer <&"${program[0]}" || return
    done
}

end_program()
{
    exec {program[1]}>&-
    wait "$program_pid"
}

start_keep()
{
    "$LIFEGUARD" keep -d 0.1 "${@:2}" "$recording" >"$WORK/$1" 2>"$WORK/$1.err" &
    keep_pid=$!
    at_exit eval "kill $keep_pid 2>/dev/null"
}

keep_ended()
{
    wait "$keep_pid"
    ended=$?
}
