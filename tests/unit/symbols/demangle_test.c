/* demangle_test.c - C++ names, and those that are made to fill a memory. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/demangle.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(const char *symbol, const char *name)
{
    char *found = demangle(symbol);
    if (name)
        cr_expect_str_eq(found ? found : "(none)", name);
    else
        cr_expect_null(found, "%s", symbol);
    free(found);
}

Test(demangle, names_of_the_source)
{
    expect("_ZN2ns4Pool4makeEm", "ns::Pool::make");
    expect("_ZN2ns4PoolC1Ev", "ns::Pool::Pool");
    expect("_ZN2ns4PoolnwEm", "ns::Pool::operator new");
    expect("_ZN12_GLOBAL__N_16handleEi", "(anonymous namespace)::handle");
    expect("_Z4makeIiEPT_v", "make<int>");
    expect("_Z6handlei.isra.0", "handle");
}

Test(demangle, others_stay)
{
    expect("main", NULL);
    expect("", NULL);
    expect("_Z", NULL);
    expect("_ZZZZ", NULL);
    expect("_ZN2ns4Poo", NULL);
    expect("_Znot_one", NULL);
}

/* f<A<int, int>, A<that, that>, A<that, that> ...>: each twice as long as the one before. */
static void double_up(char *symbol, const char *begin, unsigned times, const char *end)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    symbol = stpcpy(stpcpy(symbol, begin), "1AIiiE");
    for (unsigned i = 0; i < times; i++)
        symbol += sprintf(symbol, "S0_IS%c_S%c_E", digits[i + 1], digits[i + 1]);
    stpcpy(symbol, end);
}

Test(demangle, a_short_symbol_of_a_huge_name, .timeout = 10)
{
    char symbol[1024];
    double_up(symbol, "_Z1fI", 2, "EvT_");
    expect(symbol, "f<A<int, int>, A<A<int, int>, A<int, int> >, "
                   "A<A<A<int, int>, A<int, int> >, A<A<int, int>, A<int, int> > > >");
    double_up(symbol, "_Z1fI", 34, "EvT_");
    expect(symbol, NULL);
    double_up(symbol, "_Z1fIDpFv", 34, "EEvT_");
    expect(symbol, NULL);
}

Test(demangle, a_long_symbol)
{
    char *symbol = calloc(1, 300000);
    strcpy(symbol, "_Z4make");
    memset(symbol + 7, 'P', 200000);
    strcpy(symbol + 200007, "i");
    expect(symbol, NULL);
    free(symbol);
}
