/* directory_name.c - the recording's directory as it is given; see directory_name.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/util/directory_name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define VALUE_MAX 256 /* bytes of any value */
#define DAY       86400

static char *put_digits(char *to, unsigned number, unsigned least)
{
    if (number > 9 || least > 1)
        to = put_digits(to, number / 10, least > 1 ? least - 1 : 1);
    *to++ = (char)('0' + number % 10);
    *to = '\0';
    return to;
}

static unsigned days_of(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 366 : 365;
}

/* Not by gmtime(), which reads the time zone's file. */
static void put_time(char *to)
{
    static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    unsigned day = (unsigned)(now.tv_sec / DAY), second = (unsigned)(now.tv_sec % DAY);
    unsigned year = 1970, month = 0;
    for (; day >= days_of(year); year++)
        day -= days_of(year);
    for (; day >= lengths[month] + (month == 1 && days_of(year) == 366 ? 1u : 0u); month++)
        day -= lengths[month] + (month == 1 && days_of(year) == 366 ? 1u : 0u);
    to = put_digits(put_digits(put_digits(to, year, 4), month + 1, 2), day + 1, 2);
    *to++ = 'T';
    to = put_digits(put_digits(put_digits(to, second / 3600, 2), second / 60 % 60, 2), second % 60,
                    2);
    strcpy(to, "Z");
}

static void put_host(char *to)
{
    struct utsname name;
    strcpy(to, uname(&name) == 0 && strlen(name.nodename) < VALUE_MAX ? name.nodename : "unknown");
}

static void put_pid(char *to)
{
    put_digits(to, (unsigned)getpid(), 1);
}

static void put_invocation(char *to)
{
    const char *id = getenv("INVOCATION_ID");
    strcpy(to, id && *id && strlen(id) < VALUE_MAX ? id : "none");
}

static const struct placeholder {
    const char *name;
    void (*put)(char *to);
} placeholders[] = {{"{pid}", put_pid},
                    {"{host}", put_host},
                    {"{time}", put_time},
                    {"{invocation}", put_invocation}};

/* The one that AT begins with, or NULL. */
static const struct placeholder *find(const char *at)
{
    for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
        if (strncmp(at, placeholders[i].name, strlen(placeholders[i].name)) == 0)
            return &placeholders[i];
    }
    return NULL;
}

bool directory_name_fill(const char *pattern, char *to, size_t size, bool *filled)
{
    size_t used = 0;
    *filled = false;
    while (*pattern) {
        const struct placeholder *placeholder = find(pattern);
        char value[VALUE_MAX] = {*pattern};
        if (placeholder) {
            placeholder->put(value);
            for (char *at = value; (at = strchr(at, '/'));) /* it is a name, no path */
                *at = '-';
            *filled = true;
        }
        pattern += placeholder ? strlen(placeholder->name) : 1;
        if (used + strlen(value) >= size)
            return false;
        strcpy(to + used, value);
        used += strlen(value);
    }
    to[used] = '\0';
    return true;
}
