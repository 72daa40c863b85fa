/* error.h - what went wrong, in one printable line for a person: file and place first. */
#ifndef LIFEGUARD_ERROR_H
#define LIFEGUARD_ERROR_H

struct error {
    char text[512];
};

__attribute__((format(printf, 2, 3))) void error_set(struct error *error, const char *format, ...);

#endif
