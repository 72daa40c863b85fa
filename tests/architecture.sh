#!/usr/bin/env bash
# ARCHITECTURE.md and the folders' READMEs name what is there: files, and functions in the file that
# is named beside them. And every file of the sources begins with what it is.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/e2e/lib.sh"
cd "$SOURCE" || exit 1
work

# Paths between backquotes in document $1: those with a slash or an ending that sources have.
paths()
{
    grep -o '`[^` ]*`' "$1" | tr -d '`' | grep -E '^[a-zA-Z0-9_./-]+$' |
        grep -E '^(preload|analyzer|tests|samples|man)/|^[A-Za-z]+\.md$|/$|\.(c|h|S|js|css|html|api|sh)$' |
        sort -u
}

# The paths of document $1 that are neither below the top nor below its own folder.
missing()
{
    local path
    paths "$1" | while read -r path; do
        [ -e "$path" ] || [ -e "$(dirname "$1")/$path" ] || echo "$path"
    done
}

# Rows "| ... | `FILE` | `FUNCTION()`, ... |" of document $1 whose file has no such function.
strangers()
{
    sed -n 's/^|.*| `\([^`]*\)` | \(`.*`\) |$/\1 \2/p' "$1" | while read -r file names; do
        grep -o '[a-zA-Z_]*' <<<"$names" | while read -r name; do
            grep -qw "$name" "$file" || echo "$name in $file"
        done
    done
}

for document in ARCHITECTURE.md preload/README.md analyzer/README.md preload/*/README.md \
    analyzer/*/README.md; do
    is "$document: the files that it names are there" "$(missing "$document")" ""
done
is "ARCHITECTURE.md: each step's function is in the step's file" "$(strangers ARCHITECTURE.md)" ""
is "... of which there are some" \
    "$(($(grep -c '^|.*| `[^`]*` | `.*` |$' ARCHITECTURE.md) > 30))" 1
is "every folder has a README" "$(for folder in preload/*/ analyzer/*/; do
    [ -e "$folder/README.md" ] || echo "$folder"; done)" ""

# What FILE's first words are; scripts begin with what runs them, and a page with its type.
begins_with_a_comment()
{
    head -n 2 "$1" | grep -qE '^(/\*|//|# )'
}
is "every file begins with what it is" "$(find Makefile preload analyzer tests samples -type f \
    -regex '.*\(\.[chS]\|\.sh\|\.js\|\.css\|\.api\|Makefile\|/run\)' | sort |
    while read -r file; do begins_with_a_comment "$file" || echo "$file"; done)" ""

# The checks themselves: a document with two mistakes in it.
printf '`preload/no_such.c`\n| a | `Makefile` | `no_such()` |\n' >"$WORK/document.md"
is "a file that is not there is seen" "$(missing "$WORK/document.md")" "preload/no_such.c"
is "... and a function" "$(strangers "$WORK/document.md")" "no_such in Makefile"
done_testing
