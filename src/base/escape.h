/* Text from a guest or a file, made safe to print: it can forge no line, move no cursor, reverse no text. */
#ifndef AIRSI_BASE_ESCAPE_H
#define AIRSI_BASE_ESCAPE_H

#include <stddef.h>

/* Control characters (C0, DEL, C1, line separators, direction marks) and bytes that are no UTF-8 become \xNN; \n \t \r \\ are named.
 * What does not fit is cut at a whole character and ends with "...". The result is terminated; its length is returned. Nothing is written
 * when capacity is 0. */
size_t airsi_escape(char *out, size_t capacity, const char *text, size_t length);

/* The same, but a backslash stays as it is: escaping twice changes nothing. For lines that quote lines made here. */
size_t airsi_escape_line(char *out, size_t capacity, const char *text, size_t length);

/* The inside of a JSON string: control characters by JSON's escapes, bytes that are no UTF-8 as the text \xNN. */
size_t airsi_escape_json(char *out, size_t capacity, const char *text, size_t length);

#endif
