/* rhythm.c - how likely growth is one thing or the other by when it came, see rhythm.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/rhythm.h"

#include <math.h>

#define ROUNDS    3 /* of what repeats itself */
#define REST_PART 8
/* Of what each unit asks a cache for, no more than this part may be new in the end: one that has
 * hardly begun to fill cannot be told from a leak, and what grows in nearly every unit is one. */
#define FILLED 0.6
/* How much likelier growth by chance must be, as a logarithm: over few units three times, as most
 * caches are not full yet. Over more, where most of them grew, twice; where less than that part
 * did, a cache would be nearly full, and would show it: a third is enough. */
#define MOST_UNITS 0.6
#define FEW_UNITS  40
#define THRICE     1.098612288668109691395
#define TWICE      0.693147180559945309417
#define BY_A_THIRD 0.287682072451780927439

/* How caches fill: of those with so many things, half as many again as often, all asked for as
 * often as each other, from FEWEST on; and of some that are asked for more often than others, from
 * those that are nearly alike on. */
#define FEWEST 8.0
#define EVEN   9
#define UNEVEN 4
#define KINDS  (EVEN + UNEVEN)

void rhythm_add(struct rhythm *rhythm, uint32_t units, uint32_t grew)
{
    if (rhythm->count == 0 && grew == 0)
        rhythm->before += units;
    if (units == 0 || (rhythm->count == 0 && grew == 0) || rhythm->count == RHYTHM_STRETCHES)
        return;
    rhythm->units[rhythm->count] = units;
    rhythm->grew[rhythm->count++] = grew < units ? grew : units;
}

bool rhythm_is_even(const struct rhythm *rhythm)
{
    const uint64_t first = (uint64_t)rhythm->before + 1;
    uint64_t at = first, last = first, least = UINT64_MAX, most = 0;
    for (uint32_t i = 0; i < rhythm->count; at += rhythm->units[i++]) {
        if (rhythm->grew[i] > 1)
            return false; /* their distance is not kept */
        if (rhythm->grew[i] == 0 || i == 0)
            continue;
        least = at - last < least ? at - last : least;
        most = at - last > most ? at - last : most;
        last = at;
    }
    return least != UINT64_MAX && most - least <= least / 10 && first <= most &&
           at - 1 - last <= most;
}

/* Without a rest in the end that is no more than one part in REST_PART. */
static uint32_t without_rest(const struct rhythm *rhythm)
{
    uint32_t count = rhythm->count;
    uint64_t all = 0, rest = 0;
    for (uint32_t i = 0; i < rhythm->count; i++)
        all += rhythm->units[i];
    while (count > 0 && rhythm->grew[count - 1] == 0)
        rest += rhythm->units[--count];
    return rest * REST_PART <= all ? count : rhythm->count;
}

/* The first stretch and the last one may be shorter than others. */
static bool repeats_after(const struct rhythm *rhythm, uint32_t count, uint32_t round)
{
    for (uint32_t i = 0; i + round < count; i++)
        if (rhythm->grew[i] != rhythm->grew[i + round] &&
            rhythm->units[i] == rhythm->units[i + round])
            return false;
    return true;
}

/* Its first COUNT stretches do. */
static bool repeats(const struct rhythm *rhythm, uint32_t count)
{
    for (uint32_t round = 1; ROUNDS * round <= count; round++)
        if (repeats_after(rhythm, count, round))
            return true;
    return false;
}

bool rhythm_repeats(const struct rhythm *rhythm)
{
    return repeats(rhythm, rhythm->count) || repeats(rhythm, without_rest(rhythm));
}

/* How likely the unit is to grow that comes AT so many units after the first one, in a cache of
 * KIND. */
static double chance_to_grow(unsigned kind, double at)
{
    static const double uneven[UNEVEN] = {0.1, 0.2, 0.35, 0.5};
    const double chance =
        kind < EVEN ? exp(-at / (FEWEST * pow(2, kind / 2.0))) : pow(1 + at, -uneven[kind - EVEN]);
    return fmin(fmax(chance, 1e-6), 0.995);
}

/* The logarithm of how likely it is to look so as a cache of KIND. The first unit is not counted:
 * it grew. */
static double cache_likelihood(const struct rhythm *rhythm, unsigned kind)
{
    double likelihood = 0, at = 0;
    for (uint32_t i = 0; i < rhythm->count; i++) {
        const double grew = rhythm->grew[i] - (i == 0), units = rhythm->units[i];
        const double chance = chance_to_grow(kind, at + (units - 1) / 2);
        likelihood += grew * log(chance) + (units - (i == 0) - grew) * log(1 - chance);
        at += units;
    }
    return likelihood;
}

static double log_factorial(double number)
{
    int sign;
    return lgamma_r(number + 1, &sign);
}

/* The same where each of so many UNITS, of which GREW did, grows by chance, and any chance is as
 * likely. */
static double leak_likelihood(double units, double grew)
{
    return log_factorial(grew) + log_factorial(units - grew) - log_factorial(units + 1);
}

static double needed(double units, double grew)
{
    if (units < FEW_UNITS)
        return THRICE;
    return grew <= MOST_UNITS * units ? BY_A_THIRD : TWICE;
}

/* The mean likelihood of all kinds of caches that are nearly full by now, after so many UNITS.
 * False: there are none. */
static bool caches_likelihood(const struct rhythm *rhythm, double units, double *likelihood)
{
    double each[KINDS], most = -INFINITY, sum = 0;
    unsigned kinds = 0;
    for (unsigned i = 0; i < KINDS; i++) {
        if (chance_to_grow(i, units) > FILLED)
            continue;
        each[kinds] = cache_likelihood(rhythm, i);
        most = fmax(most, each[kinds++]);
    }
    for (unsigned i = 0; i < kinds; i++)
        sum += exp(each[i] - most);
    *likelihood = most + log(sum / kinds);
    return kinds > 0;
}

bool rhythm_fills(const struct rhythm *rhythm)
{
    double units = -1, grew = -1, cache; /* without the first one, as there */
    for (uint32_t i = 0; i < rhythm->count; i++) {
        units += rhythm->units[i];
        grew += rhythm->grew[i];
    }
    return rhythm->count > 0 && caches_likelihood(rhythm, units, &cache) &&
           leak_likelihood(units, grew) - cache < needed(units, grew);
}
