/* builtin.c - the API descriptions that come with lifeguard; see builtin.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/api/builtin.h"

extern const char builtin_api_proftpd[], builtin_api_proftpd_end[];
extern const char builtin_api_apr[], builtin_api_apr_end[];
extern const char builtin_api_nginx[], builtin_api_nginx_end[];
extern const char builtin_api_talloc[], builtin_api_talloc_end[];
extern const char builtin_api_postgresql[], builtin_api_postgresql_end[];

const struct builtin_api *builtin_api(size_t index)
{
    static const struct builtin_api apis[] = {
        {"proftpd", builtin_api_proftpd, builtin_api_proftpd_end},
        {"apr", builtin_api_apr, builtin_api_apr_end},
        {"nginx", builtin_api_nginx, builtin_api_nginx_end},
        {"talloc", builtin_api_talloc, builtin_api_talloc_end},
        {"postgresql", builtin_api_postgresql, builtin_api_postgresql_end},
    };
    return index < sizeof(apis) / sizeof(apis[0]) ? &apis[index] : NULL;
}
