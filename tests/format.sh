#!/usr/bin/env bash
# The layout of the sources is what .clang-format says.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/e2e/lib.sh"

command -v clang-format >/dev/null || skip_all "clang-format is not installed"
ok "the sources have the layout of .clang-format" make --no-print-directory -C "$SOURCE" format-check
done_testing
