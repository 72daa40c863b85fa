#!/usr/bin/env bash
# The rows of tests/truth/kinds.table, as those of truth.sh: kinds of use of all pool systems.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/truth/rows.sh"
. "$SOURCE/tests/truth/judge.sh"

work
build_systems
each_row kinds system_row
judged
done_testing
