/*
 * signs.h - what an API description says a pool of a documented role can be told by, made ready for
 * a look-up at each pool: which of the signs agree with its tag, its root variable and its maker.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_SIGNS_H
#define ANALYZER_REPLAY_SIGNS_H

#include "analyzer/util/stable_array.h"
#include "preload/api/pool_api.h"

#include <stdbool.h>
#include <stdint.h>

/* Signs as bits, by their index. */
typedef uint64_t sign_set;

_Static_assert(API_SIGNS_MAX <= 64, "a bit for each");

/* What is known of a maker, by the stack that made the pool. */
struct made_by {
    sign_set signs; /* that ask for this maker, or for none */
    bool known;     /* atomic: set when `signs` is */
};

/* Which signs a pool's tag, root variable and maker agree with. */
struct sign_index {
    sign_set any_tag, any_root, any_maker; /* signs that ask for none */
    sign_set of_nameless;                  /* by maker, of roles that are known by names */
    sign_set *tags;                        /* signs that ask for this one, by string number... */
    uint32_t tag_limit;                    /* ...below this */
    sign_set roots[API_ROOTS_MAX];
    struct stable_array makers; /* struct made_by, by stack number */
};

/* Of API's signs, whose tags are strings number SIGN_TAGS. The caller frees it. */
struct sign_index *sign_index_new(const struct api *api, const uint32_t *sign_tags);
void sign_index_free(struct sign_index *index); /* which may be NULL */

#endif
