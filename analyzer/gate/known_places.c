#include "analyzer/gate/known.h"
#include "analyzer/util/memory.h"
#include "preload/api/pool_api.h"

#include <stdlib.h>
#include <string.h>

static struct known_finding known_of_place(const struct known_finding *known,
                                           const struct growth_place *place,
                                           const struct name_source *names)
{
    return (struct known_finding){.rule = xstrdup(known->rule),
                                  .kind = xstrdup(known->kind),
                                  .pool = xstrdup(known->pool),
                                  .place = known_place(place->stack, names),
                                  .unit = xstrdup(api_mark_name(place->per_unit.unit)),
                                  .count = place->per_unit.count,
                                  .bytes = place->per_unit.bytes,
                                  .id = place->id};
}

static struct known_finding *find(const struct known_list *places, const char *text)
{
    for (size_t i = 0; i < places->count; i++) {
        if (strcmp(places->items[i].id.text, text) == 0)
            return &places->items[i];
    }
    return NULL;
}

void known_add_place(struct known_finding *known, struct known_finding place)
{
    struct known_finding *same = find(&known->places, place.id.text);
    if (!same) {
        known_list_add(&known->places, place);
        return;
    }
    same->count += place.count;
    same->bytes += place.bytes;
    known_free(&place);
}

void known_take_places(struct known_finding *known, const struct finding *finding,
                       const struct name_source *names)
{
    for (size_t i = 0; i < finding->places.count; i++)
        known_add_place(known, known_of_place(known, &finding->places.items[i], names));
    known_list_sort(&known->places);
}

void known_leave_out_place(struct known_finding *known, const char *text)
{
    struct known_list *places = &known->places;
    struct known_finding *place = find(places, text);
    if (!place)
        return;
    known_free(place);
    places->count--;
    memmove(place, place + 1, (size_t)(places->items + places->count - place) * sizeof *place);
}

bool known_by_places(const struct known_finding *was, const struct known_finding *now)
{
    return was->places.count && now->places.count;
}

struct known_growth *known_grown_places(const struct known_finding *was,
                                        const struct known_finding *now, double tolerance)
{
    struct known_growth *grown = xcalloc(now->places.count, sizeof *grown);
    if (!known_by_places(was, now))
        return grown;
    size_t *partners = known_match(&was->places, &now->places);
    for (size_t i = 0; i < now->places.count; i++) {
        if (partners[i] != KNOWN_NONE)
            grown[i].was = &was->places.items[partners[i]];
        grown[i].grew = !grown[i].was ||
                        known_compare(grown[i].was, &now->places.items[i], tolerance) == KNOWN_GREW;
    }
    free(partners);
    return grown;
}
