#!/usr/bin/env bash
# What make install puts somewhere works from there, and make uninstall takes it away again.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

make_in_stage()
{
    make --no-print-directory -C "$SOURCE" "$1" DESTDIR="$WORK/stage" PREFIX=/opt/lifeguard
}

work
installed=$WORK/stage/opt/lifeguard
ok "make install" make_in_stage install
is "... installs the man pages" "$(cd "$installed/share/man" && echo man*/* | tr ' ' '\n' | sed 's|.*/||' | sort)" \
    "$(cd "$SOURCE/man" && ls | sort)"
is "... and bash's completion" "$(bash -c '
    . "$0" && COMP_WORDS=(lifeguard rep) COMP_CWORD=1 && compopt() { :; } &&
    _lifeguard "$1" && echo "${COMPREPLY[@]}"' \
    "$installed/share/bash-completion/completions/lifeguard" "$installed/bin/lifeguard")" report
status "the installed command records" 0 "$installed/bin/lifeguard" record -o "$WORK/recording" \
    -- "$BUILD/samples/poold" --drive 2x10,5
LIFEGUARD=$installed/bin/lifeguard
ok "... and reports" report "$WORK/recording"
is "... what its own library recorded" "$(json '.recording.api')" '"proftpd"'
is "... of its own version" "$(json '.recording.recorder')" "\"$("$LIFEGUARD" --version | cut -d ' ' -f 2)\""
ok "... which info tells, too" grep -qx "recorder *$("$LIFEGUARD" --version)" \
    <("$LIFEGUARD" info "$WORK/recording")
ok "... the schema of which is installed" "$SOURCE/tests/e2e/programs/report_valid" \
    "$installed/share/lifeguard/report.schema.json" "$WORK/report.json"
ok "make uninstall" make_in_stage uninstall
is "... leaves nothing behind" "$(find "$WORK/stage" ! -type d -o -name lifeguard -type d -path '*lib*')" ''
done_testing
