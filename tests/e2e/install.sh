#!/usr/bin/env bash
# What make install puts somewhere works from there, and make uninstall takes it away again.
. "$(dirname "$0")/lib.sh"

make_in_stage()
{
    make --no-print-directory -C "$SOURCE" "$1" DESTDIR="$WORK/stage" PREFIX=/opt/lifeguard
}

work
installed=$WORK/stage/opt/lifeguard
ok "make install" make_in_stage install
ok "... installs the man pages" test -s "$installed/share/man/man1/lifeguard.1"
status "the installed command records" 0 "$installed/bin/lifeguard" record -o "$WORK/recording" \
    -- "$BUILD/samples/poold" --drive 2x10,5
LIFEGUARD=$installed/bin/lifeguard
ok "... and reports" report "$WORK/recording"
is "... what its own library recorded" "$(json '.recording.api')" '"proftpd"'
ok "make uninstall" make_in_stage uninstall
is "... leaves nothing behind" "$(find "$WORK/stage" ! -type d -o -name lifeguard -type d -path '*lib*')" ''
done_testing
