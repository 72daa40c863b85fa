#!/usr/bin/env bash
# docs/case-studies.md: what is found in Debian's ProFTPD, and under SOAK=1 in its httpd, is what the
# page shows, README and the reports to upstream tell of the same, and nothing of the page is missing from them.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

page=$SOURCE/docs/case-studies.md
restarts=8

prepare()
{
    proftpd_prepare "$WORK/proftpd" modules
    sed -i '/^DelayEngine/d' "$PROFTPD_DIR/proftpd.conf"
    cat >>"$PROFTPD_DIR/proftpd.conf" <<END
DelayEngine on
DelayTable $PROFTPD_DIR/run/delay
<IfModule mod_copy.c>
CopyEngine on
</IfModule>
END
}

# Ten times SITE CPFR in one session, each after the answer to the one before.
copy_from()
{
    local round line
    open_session || return
    for ((round = 0; round < 10; round++)); do
        printf 'SITE CPFR download\r\n' >&"$control"
        read -r -t 60 line <&"$control" && [[ $line == 350* ]] || return
    done
    close_session
}

# "RULE: `POOL`..." of each finding in text that is read, up to what differs from run to run.
headlines()
{
    sed -nE 's/^(ERROR )?([a-z-]+: `[^`]*`( under `[^`]*`)?: (nothing refers|\+([0-9]+ pool, )?[0-9]+ B at each restart( \([^)]*\))?|\+[0-9]+ B in each of [0-9]+)).*/\2/p' | sort -u
}

# Frames that the page shows, of functions that have a name, and of Debian 12's modules.
frames()
{
    sed -nE 's/^ +#[0-9]+ +([a-z_0-9]+)  .*/\1/p' | sort -u
}

# Debian's httpd with mod_auth_openidc, restarted.
openidc()
{
    local root=$BUILD/openidc/root restart lines= library
    why=$("$SOURCE/samples/web/fetch" openidc 2>&1) || return
    for library in libonig.so.5 libjq.so.1 libcjose.so.0 libhiredis.so.0.14; do
        for library in "$root"/usr/lib/*-linux-gnu/"$library"; do
            [ ! -e "$library" ] || lines+="LoadFile $library\\n"
        done
    done
    web_prepare "$WORK/httpd" prefork \
        "${lines}LoadModule auth_openidc_module $root/usr/lib/apache2/modules/mod_auth_openidc.so"
    web_start "$LIFEGUARD" record -o "$WORK/openidc" -- || return
    for ((restart = 0; restart < restarts; restart++)); do
        web_reload USR1 || return
    done
    web_stop TERM
}

need_proftpd
work
[ "$(id -u)" -eq 0 ] || skip_all 'the page is of a daemon that root starts'
LD_LIBRARY_PATH=$(echo "$PROFTPD_ROOT"/usr/lib/*-linux-gnu) "$PROFTPD" -v 2>&1 | grep -q '1\.3\.8$' ||
    skip_all 'this is another ProFTPD than the page is about'
prepare
proftpd_start "$LIFEGUARD" record -o "$WORK/recording" --
for ((restart = 0; restart < restarts; restart++)); do
    proftpd_restart
done
ok "a client copies" copy_from
proftpd_stop
"$LIFEGUARD" report "$WORK/recording" >"$WORK/report"
sed '/^## 9/,$d' "$page" >"$WORK/page"
headlines <"$WORK/page" >"$WORK/shown"
is "the page shows eight" "$(wc -l <"$WORK/shown")" 8
is "... all of which are found" "$(headlines <"$WORK/report" | comm -13 - "$WORK/shown")" ""
is "... with the functions that it shows" \
    "$(frames <"$WORK/report" | comm -13 - <(sed -n '/^```/,/^```/p' "$WORK/page" | frames))" ""
is "README's report has findings of the same" "$(sed -n '/^## A report/,/^## In pictures/p' "$SOURCE/README.md" |
    headlines | grep -v 'nothing refers' | comm -12 - <(headlines <"$WORK/report") | wc -l)" 2
headlines <"$page" >"$WORK/shown"
is "each is in a report to upstream" \
    "$(cat "$SOURCE"/docs/upstream/*.md | headlines | comm -13 - "$WORK/shown")" ""
is "... and nothing else" \
    "$(cat "$SOURCE"/docs/upstream/*.md | headlines | comm -23 - "$WORK/shown")" ""
if [ "${SOAK:-0}" -eq 1 ]; then
    need_sample web httpd
    ok "httpd restarts with mod_auth_openidc" openidc
    "$LIFEGUARD" report "$WORK/openidc" >"$WORK/report"
    is "... and leaks what the page shows" \
        "$(headlines <"$WORK/report" | comm -13 - <(sed -n '/^## 9/,$p' "$page" | headlines))" ""
    is "... by what it shows" "$(frames <"$WORK/report" |
        comm -13 - <(sed -n '/^## 9/,$p' "$page" | sed -n '/^```/,/^```/p' | frames))" ""
fi
done_testing
