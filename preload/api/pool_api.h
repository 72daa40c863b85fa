/*
 * pool_api.h - a pool system as data: which function plays which role, with which arguments.
 *
 * A description is a text in the form of an INI file, see lifeguard-api(5). The recorder reads
 * it to know what to hook, and puts it into the trace; the analyzer reads it from there. Parsing
 * allocates nothing: every slice points into the text, which must outlive the struct api.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_API_POOL_API_H
#define PRELOAD_API_POOL_API_H

#include "preload/api/expression.h"
#include "preload/api/layout.h"
#include "preload/api/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define API_FUNCTIONS_MAX 48
#define API_LOCATIONS_MAX 4
#define API_FALLBACKS_MAX 8
#define API_DETECT_MAX    8
#define API_LIBRARY_MAX   64
#define API_ROOTS_MAX     8
#define API_MARKS_MAX     16
#define API_POOLS_MAX     32
#define API_SIGNS_MAX     64
#define API_NAME_MAX      64
#define API_WORD_MAX      24
#define API_GUARD_MAX     16
#define API_TEXT_MAX      65536 /* bytes, the longest description read */

enum api_role {
    API_CREATE,
    API_DESTROY,
    API_CLEAR,
    API_ALLOC,
    API_SET_NAME,
    API_MARK,
    API_FREE,
    API_REALLOC,
    API_SET_PARENT,
    API_ORPHAN,
    API_ROOT, /* of no function: told of the variable that holds a root pool */
    API_ROLES
};

/* Where a function lives: at a symbol, where that symbol's code jumps to when it is done, or where
 * one of its calls goes to. What is inlined is at a symbol, too, but counts only where that
 * symbol's code does by itself what other functions of the same role do. */
enum api_locator { API_AT_SYMBOL, API_AT_TAIL, API_AT_CALL, API_INLINED };

/* What a call must have returned to count. */
enum api_success {
    API_ALWAYS,
    API_RETURNS,    /* the number, as an int */
    API_RETURNS_NOT /* the number, in all 64 bits */
};

struct api_location {
    struct slice text; /* as it is written */
    struct slice symbol;
    enum api_locator locator;
    uint32_t call; /* which one, from 1, with API_AT_CALL */
};

struct api_function {
    struct slice place; /* as it is written: "palloc", "alloc_pool|tail(palloc)|call(palloc,2)",
                           "inlined(copy_array_hdr)" */
    struct api_location
        locations[API_LOCATIONS_MAX]; /* the first that is there; what is inlined has one */
    unsigned location_count;
    enum api_role role;
    struct expression pool, parent, size, name;
    struct expression object; /* address of what is allocated, given back or resized */
    struct expression with; /* of API_CREATE: what the pool's blocks are by, which is for who knows
                               the system: how much its first one is for, or whose they are */
    bool stays; /* of API_REALLOC: in the pool that the object is of, whatever `pool` is */
    bool grown; /* of API_ALLOC: the size is by how much its value grew in the call */
    struct expression same; /* of API_ALLOC: to count, a call must not change this; or empty */
    bool anywhere; /* of API_INLINED: in any function of a program that no other entry names */
    bool measured; /* of API_ALLOC: what the pool grew by beyond `size`, too */
    bool keeps_children; /* of API_CLEAR */
    uint32_t guard;      /* of API_ALLOC: what it returns may lie anywhere at a multiple of so many
                            bytes, zeroed, in place of all that the function does; 0: it may not */
    enum api_success success;
    uint32_t returned;        /* what `success` compares with */
    struct slice orphan_root; /* whose pool is the parent where `parent` is NULL; or empty */
    struct slice fallback[API_FALLBACKS_MAX]; /* symbols hooked instead, the same way */
    unsigned fallbacks;
    struct slice when, unless; /* only if the image exports this, and not that; or empty */
    struct slice cost;         /* what the fallback misses, in words */
};

/* A pool that lives as long as the program. */
struct api_root {
    struct slice name;        /* its role */
    struct expression holder; /* of variables and numbers */
};

/* What a mark stands for. Those up to API_MARK_CONNECTION begin a unit of work. */
enum api_mark_kind {
    API_MARK_COMMAND,
    API_MARK_RESTART,
    API_MARK_CONNECTION, /* seen in the child that serves it: that process is a session */
    API_MARK_STARTUP,    /* start-up is done */
    API_MARK_SHUTDOWN,
    API_MARK_LABEL, /* begins nothing: tells what the unit that has begun is about */
    API_MARK_KINDS,
    API_UNIT_TIME /* of no mark: a moment in the life of a process that begins no unit of work */
};

/* What has a name of the system's own: the units of work, as in enum api_mark_kind, and the
 * processes that serve a connection. */
enum api_word_of { API_WORD_SESSION = API_MARK_STARTUP, API_WORDS };

/* Such a name: letters and dashes. Empty: it has none. */
struct api_word {
    char one[API_WORD_MAX + 1];
    char many[API_WORD_MAX + 4]; /* "queries" */
};

/* What of a string or number is the label of a unit of work. */
enum api_label {
    API_LABEL_VERB,  /* the first word of a string, in capitals: "OPTS", "SELECT" */
    API_LABEL_PATH,  /* the path in a string that is one, or a request line: "/a/b" */
    API_LABEL_CODE,  /* a number of 32 bits: "code-4" */
    API_LABEL_SIGNAL /* nothing of them: the signal that is named, "SIGHUP" */
};

#define API_SIGNAL_MAX 16 /* bytes of a signal's name */

struct api_mark {
    enum api_mark_kind kind;
    struct slice symbol;
    struct slice text;       /* only when that argument is this string; text.text NULL: always */
    uint32_t argument;       /* 0-5 */
    enum api_label label;    /* of API_MARK_LABEL, as is the rest: */
    struct expression value; /* where the string is, or the number; of arguments and numbers */
    struct expression end;   /* where the string ends, if that is told; or empty: at a NUL */
    struct slice signal; /* also of API_MARK_RESTART: which signal asks for it; empty: not told */
};

/* How long a pool of a documented role lives at most. The first three are those of enum
 * api_mark_kind: until the place that made it makes another one in a later unit of that kind. */
enum api_life {
    API_LIFE_COMMAND = API_MARK_COMMAND,
    API_LIFE_RESTART = API_MARK_RESTART,
    API_LIFE_CONNECTION = API_MARK_CONNECTION,
    API_LIFE_TRANSFER, /* until the next one is made, wherever: a process has one at a time */
    API_LIFE_PROCESS,  /* as long as its process, which makes it once */
    API_LIFE_TASK,  /* as long as its command, while others may begin: what it takes is no growth */
    API_LIFE_CACHE, /* as what holds it; what it and those in it take until it ends, or over time,
                       is no growth, and what it takes of different sizes may be none */
    API_LIFE_QUEUE, /* until its turn comes, in a later unit, or the process ends it with itself */
    API_LIFE_UNKNOWN
};

/* A role that pools are documented to have: "session.pool", "cmd_rec->tmp_pool" ... */
struct api_pool_role {
    struct slice name;
    enum api_life life;
    struct slice ends; /* what ends it, separated by commas; "parent" and "exit" are no functions */
    struct slice alias; /* root variable that holds it in a session that makes none; or empty */
};

/* What a pool of a role is known by: all that is given; an empty slice is not. */
struct api_sign {
    unsigned role;     /* index into pool_roles */
    struct slice tag;  /* the first that it was given */
    struct slice by;   /* functions, separated by commas: one is the nearest caller with a name */
    struct slice root; /* the variable that holds it */
    unsigned in_role;  /* role of its parent as index + 1, lower than its own; 0: any */
};

struct api {
    struct slice text; /* the whole description */
    struct slice name;
    struct slice detect[API_DETECT_MAX]; /* symbols that an image of this system exports, all */
    unsigned detects;
    struct api_function functions[API_FUNCTIONS_MAX];
    unsigned function_count;
    struct api_root roots[API_ROOTS_MAX];
    unsigned root_count;
    unsigned first_root; /* index + 1 of the root that no variable holds: the first pool that is
                            created, until it is destroyed; 0: there is none */
    struct api_mark marks[API_MARKS_MAX];
    unsigned mark_count;
    struct api_word words[API_WORDS];
    struct api_pool_role pool_roles[API_POOLS_MAX];
    unsigned pool_role_count;
    struct api_sign signs[API_SIGNS_MAX]; /* the first that holds decides */
    unsigned sign_count;
    struct slice library[API_LIBRARY_MAX]; /* functions of the pool library itself: a report looks
                                              past them for who is to blame */
    unsigned library_count;
    uint32_t align;           /* bytes; an allocation takes a multiple of it; at least 1 */
    struct api_layout layout; /* what all pools have in common */
    struct api_layout layouts[API_LAYOUTS_MAX]; /* the kinds of pools, where there are several */
    unsigned layout_count;
};

struct api_error {
    unsigned line; /* from 1 */
    const char *message;
};

/* Is each object of the system a pool of its own, made with bytes that are its? */
bool api_has_objects(const struct api *api);

/* Are pools told to have ended when that was done, and not before? */
bool api_ends_late(const struct api *api);

/* Parses TEXT into *API. Returns false, with *ERROR set, at the first mistake. */
bool api_parse(const char *text, size_t length, struct api *api, struct api_error *error);

/* "create", "alloc" ...; "command", "restart" ...: the words used in descriptions. */
const char *api_role_name(enum api_role role);
const char *api_mark_name(enum api_mark_kind kind);

/* What one of a kind is called, of API_WORD_MAX bytes at most, and what several are. */
void api_word_set(struct api_word *word, const char *one, size_t length);

/* "command", "transfer", "process" ... */
const char *api_life_name(enum api_life life);

#endif
