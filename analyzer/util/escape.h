/*
 * escape.h - bytes from a recording (tags, paths, symbol names) made safe to show.
 *
 * They are any bytes at all, chosen by the recorded program or by whoever wrote the trace: they
 * must not move a terminal's cursor, end a line, reverse the reading direction or break a parser.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_ESCAPE_H
#define ANALYZER_UTIL_ESCAPE_H

#include <stddef.h>

/* Room that escape_text() needs at most for LENGTH bytes, the terminating NUL included. */
#define ESCAPED_SIZE(length) (4 * (size_t)(length) + 1)

/*
 * Writes LENGTH bytes as printable UTF-8 to OUT, which has SIZE bytes (at least 1):
 * - control characters, DEL, NUL and bytes that are no valid UTF-8 become \xNN, one a byte;
 * - C1 controls, line and paragraph separators, zero-width and bidirectional format characters
 *   become \u{N}, with the code point in capital hexadecimal digits;
 * - a backslash becomes two, so that the text can be read back without doubt;
 * - everything else stays as it is.
 * Always terminates OUT. What does not fit is cut off between two characters, never within an
 * escape. Returns the bytes written, without the NUL.
 */
size_t escape_text(const char *bytes, size_t length, char *out, size_t size);

/* TEXT, so escaped and whole. The caller owns it. Ends the program when memory is out. */
char *escaped_text(const char *text);

/*
 * LENGTH bytes as valid UTF-8 without NUL, for a JSON writer that escapes control characters
 * itself: NUL and bytes that are no valid UTF-8 become \xNN, everything else stays, backslashes
 * too. The caller owns the result. Ends the program when memory is out.
 */
char *escape_json_safe(const char *bytes, size_t length);

#endif
