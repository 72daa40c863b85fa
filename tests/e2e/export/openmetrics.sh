#!/usr/bin/env bash
# Findings as time series, and where recordings are from: labels, host, build, package.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work

openmetrics()
{
    "$LIFEGUARD" export --format=openmetrics "$@" "$WORK/recording"
}

origin()
{
    "$LIFEGUARD" export --format=ndjson "$@" "$WORK/recording" | jq -c 'select(.row == "recording")'
}

# Lines that are none of the text format: one family after the other, each series once, all finite.
odd_lines()
{
    awk '
        /^# EOF$/ { ended = 1; next }
        ended { print "behind the end: " $0 }
        /^# HELP / { family = $3; if (family in seen) print "twice: " $0; seen[family]; next }
        /^# TYPE / { if ($3 != family || $4 != "gauge") print; next }
        !match($0, /^[a-z_]+\{([a-z_]+="([^"\\]|\\["\\n])*",?)+\} -?[0-9.e+]+$/) { print; next }
        { series = $0; sub(/ [^ ]*$/, "", series); if (series in had) print "again: " $0; had[series]
          sub(/\{.*/, "", series); if (series != family) print "of no family: " $0 }
        END { if (!ended) print "no end" }' "$WORK/metrics"
}

status "recorded, with labels" 0 env LIFEGUARD_LABELS=zone=a,role=db "$LIFEGUARD" record \
    --label=role=web -o "$WORK/recording" -- "$BUILD/samples/poold" --drive 3x50,10 \
    --fault=growing-pool --fault=leaked-subpool
openmetrics >"$WORK/metrics"
is "the text format of Prometheus" "$(odd_lines)" ""
is "a series a finding" "$(grep -c '^lifeguard_finding_held_bytes{' "$WORK/metrics")" \
    "$("$LIFEGUARD" report --format=json "$WORK/recording" | jq '.findings | length')"
fingerprint=$("$LIFEGUARD" report --format=json "$WORK/recording" |
    jq -r '.findings[] | select(.rule == "leaked-subpool").fingerprint')
ok "... with its fingerprint, rule, host, build and labels" eval 'grep "^lifeguard_finding_items{" \
    "$WORK/metrics" | grep "fingerprint=\"$fingerprint\",rule=\"leaked-subpool\",severity=\"error\"" |
    grep "host=\"$(</proc/sys/kernel/hostname)\"" | grep "role=\"web\"" | grep -q "zone=\"a\".* 150$"'
is "... and none of a process" "$(grep -c 'pid=' "$WORK/metrics")" 0
build=$(readelf -n "$BUILD/samples/poold" | awk '/Build ID/ { print $3 }')
ok "... the build is the program's" grep -q "build=\"$build\"" "$WORK/metrics"
is "rows tell the origin" "$(origin | jq -c '[.host, .boot, .build_id, .labels]')" \
    "[\"$(</proc/sys/kernel/hostname)\",\"$(</proc/sys/kernel/random/boot_id)\",\"$build\",{\"zone\":\"a\",\"role\":\"web\"}]"
is "... which is of no package" "$(origin | jq -c '[.package, .version]')" '[null,null]'
is "what is given when it is exported wins" "$(origin --label=role=x --label=more=y | jq -c .labels)" \
    '{"zone":"a","role":"x","more":"y"}'
is "the report tells it, too" "$("$LIFEGUARD" report --format=json "$WORK/recording" |
    jq -c '[.recording.origin.host, .recording.origin.labels.zone]')" "[\"$(</proc/sys/kernel/hostname)\",\"a\"]"
ok "... and info" eval '"$LIFEGUARD" info "$WORK/recording" | grep -q "^host .*labels zone=a,role=web"'
ok "... and pprof, as comments" eval '"$LIFEGUARD" export --format=pprof "$WORK/recording" | gunzip |
    grep -aq "role=web"'
status "what is no label is refused" 2 openmetrics --label=1x
ok "... says why" grep -q "no label such as" "$WORK/err"
status "... by record" 2 "$LIFEGUARD" record --label=host=me -- true
ok "... as a name that is taken" grep -q "taken" "$WORK/err"

# manager NAME BODY: a package manager that BODY is; it notes that it was asked.
manager()
{
    mkdir -p "$WORK/bin"
    printf '#!/bin/sh\necho asked >>%s\n%s\n' "$WORK/asked" "$2" >"$WORK/bin/$1"
    chmod +x "$WORK/bin/$1"
}

package()
{
    PATH=$WORK/bin:$PATH "$LIFEGUARD" export --format=ndjson "$WORK/recording" |
        jq -r 'select(.row == "recording") | .package + " " + .version'
}

cp "$BUILD/samples/poold" "$WORK/of a package"
"$LIFEGUARD" record -f -o "$WORK/recording" -- "$WORK/of a package" --drive 1x3 >/dev/null 2>&1
manager dpkg-query "[ \"\$1\" = -S ] && echo \"poold-core:amd64: \$3\" || echo \"1:2.0-3\""
is "the distribution's package" "$(package)" 'poold-core 1:2.0-3'
manager dpkg-query 'exit 1'
manager rpm 'echo "poold 2.0-3.el9"'
is "... of the other package manager" "$(package)" 'poold 2.0-3.el9'
manager rpm 'exit 1'
is "... of none" "$(package)" ' '
rm "$WORK/asked"
cp /usr/bin/env "$WORK/of a package"
package >/dev/null 2>&1
ok "nobody is asked about a file that is another build by now" [ ! -e "$WORK/asked" ]

done_testing
