#!/usr/bin/env bash
# lifeguard scan of core files that are cut off or damaged: an answer or a clear error each time, and
# soon. SOAK=1: ten times as many.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
command -v gcore >/dev/null || skip_all "gcore is not installed"
command -v python3 >/dev/null || skip_all "python3 is not installed"

# The core file of the sample daemon.
take_core()
{
    "$BUILD/samples/poold" >"$WORK/poold" &
    local daemon=$!
    wait_until [ -s "$WORK/poold" ]
    gcore -o "$WORK/core" "$daemon" >/dev/null 2>&1
    mv "$WORK/core.$daemon" "$WORK/core"
    kill "$daemon"
    wait "$daemon" 2>/dev/null
    [ -s "$WORK/core" ]
}

# Damage number $1 of the core file: cut off, or with wrong bytes in its headers, in its memory, or
# with pointers that lead elsewhere.
damage()
{
    python3 - "$WORK/core" "$WORK/damaged" "$1" <<'END'
import random, struct, sys
source, target, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
random.seed(number)
core = bytearray(open(source, "rb").read())
kind = number % 4
if kind == 0:
    core = core[:random.randrange(len(core))]
elif kind == 1:
    for _ in range(1 + number % 30):
        core[random.randrange(min(len(core), 8192))] = random.randrange(256)
elif kind == 2:
    for _ in range(2000):
        core[random.randrange(len(core))] = random.randrange(256)
else:
    words = [at for at in range(0, len(core) - 8, 8) if core[at + 5] in (0x55, 0x56) and not core[at + 6]]
    for at in random.sample(words, min(len(words), 60)):
        other = random.choice(words)
        core[at:at + 8] = core[other:other + 8]
open(target, "wb").write(core)
END
}

# What of the damaged ones did not end with a status of the manual's within five seconds, or said
# nothing.
bad_answers()
{
    local i status
    for ((i = 0; i < (${SOAK:-0} ? 400 : 40); i++)); do
        damage "$i"
        timeout 60 "$LIFEGUARD" scan "$WORK/damaged" >"$WORK/out" 2>"$WORK/err" </dev/null
        status=$?
        [ "$status" -le 3 ] || echo "damage $i: status $status"
        [ -s "$WORK/out" ] || [ -s "$WORK/err" ] || echo "damage $i: silence"
    done
}

# The core file without the contents of its last segment that could be written: as with memory that is
# not to be dumped.
lose_memory()
{
    python3 - "$WORK/core" "$WORK/damaged" <<'END'
import struct, sys
core = bytearray(open(sys.argv[1], "rb").read())
table, size, count = struct.unpack_from("<Q", core, 32)[0], *struct.unpack_from("<HH", core, 54)
loads = [table + i * size for i in range(count) if struct.unpack_from("<II", core, table + i * size) == (1, 6)]
struct.pack_into("<Q", core, loads[-1] + 32, 0)
open(sys.argv[2], "wb").write(core)
END
}

work
ok "a core file" take_core
status "... can be scanned" 0 "$LIFEGUARD" scan "$WORK/core"
lose_memory
status "one that lacks memory gives no verdict" 3 "$LIFEGUARD" scan "$WORK/damaged"
ok "... and it is said why" grep -q "not all of the process's memory is in the core file" "$WORK/err"
is "damaged ones get an answer, each" "$(bad_answers)" ""
done_testing
