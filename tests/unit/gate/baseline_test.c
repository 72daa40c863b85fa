/* baseline_test.c - baselines: written, read, compared with, and refused with file and line. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/baseline.h"
#include "tests/unit/support/temp_text.h"

static struct known_finding entry(const char *rule, const char *fingerprint, const char *nearby,
                                  double bytes)
{
    struct known_finding known = {.rule = strdup(rule),
                                  .kind = strdup("master"),
                                  .pool = strdup("root > \xff \"quoted\""),
                                  .place = strdup("d!work"),
                                  .unit = strdup("restart"),
                                  .count = 1,
                                  .bytes = bytes};
    memset(known.id.text, *fingerprint, 16);
    memset(known.id.nearby, *nearby, 16);
    return known;
}

static struct known_list list_of(const struct known_finding *items, size_t count)
{
    struct known_list list = {0};
    for (size_t i = 0; i < count; i++)
        known_list_add(&list, items[i]);
    return list;
}

#define LIST(...)                                                                                  \
    list_of((struct known_finding[]){__VA_ARGS__},                                                 \
            sizeof((struct known_finding[]){__VA_ARGS__}) / sizeof(struct known_finding))

Test(baseline, is_read_as_it_was_written_and_sorted)
{
    struct known_list list = LIST(entry("b", "1", "2", 96), entry("a", "3", "4", 0.125));
    list.items[0].id.weak = list.items[0].id.nearby_weak = true;
    char *name = temp_text("what was there before");
    struct error error;
    cr_assert(baseline_write(name, &list, &error), "%s", error.text);
    struct known_list again = {0};
    cr_assert(baseline_read(name, &again, &error), "%s", error.text);
    cr_assert_eq(again.count, 2);
    cr_expect_str_eq(again.items[0].rule, "a");
    cr_expect_float_eq(again.items[0].bytes, 0.125, 1e-9);
    cr_expect_str_eq(again.items[0].id.nearby, list.items[0].id.nearby);
    cr_expect_not(again.items[0].id.weak);
    cr_expect_str_eq(again.items[1].pool, "root > \\xFF \"quoted\"");
    cr_expect(again.items[1].id.weak && again.items[1].id.nearby_weak);
    known_list_free(&list);
    known_list_free(&again);
    unlink(name);
    free(name);
}

static void expect_refused(const char *text, const char *where, const char *why)
{
    char *name = temp_text(text);
    struct known_list list = {0};
    struct error error;
    cr_expect_not(baseline_read(name, &list, &error), "%s", text);
    cr_expect_eq(strncmp(error.text, name, strlen(name)), 0, "%s", error.text);
    cr_expect(strstr(error.text, where) && strstr(error.text, why), "%s: %s", text, error.text);
    known_list_free(&list);
    unlink(name);
    free(name);
}

static bool try_baseline(const char *name, struct error *error)
{
    struct known_list list = {0};
    bool read = baseline_read(name, &list, error);
    known_list_free(&list);
    return read;
}

#define HEAD  "{\"lifeguard-baseline\": 1}\n"
#define START "{\"rule\": \"r\", \"kind\": \"master\", \"pool\": \"p\", \"place\": \"m!f\", "
#define HASH  "\"0123456789abcdef\""

Test(baseline, that_cannot_be_read_is_told_with_file_and_line)
{
    expect_refused("", ":1: ", "this is no baseline");
    expect_refused("hello\n", ":1: ", "this is no baseline");
    expect_refused("{\"version\": 1}\n", ":1: ", "this is no baseline");
    expect_refused("{\"lifeguard-baseline\": 2}\n", ":1: ", "this version can read");
    expect_refused(HEAD "\n{\"rule\": \n", ":3: ", "expected one JSON object");
    expect_refused(HEAD "[]\n", ":2: ", "expected an object");
    expect_refused(HEAD "{\"rule\": 1}\n", ":2: ", "the strings \"rule\"");
    expect_refused(HEAD START "\"unit\": \"command\", \"count\": -1, \"bytes\": 2}\n",
                   ":2: ", "the numbers");
    expect_refused(HEAD START "\"unit\": \"command\", \"count\": 1, \"bytes\": 2, "
                              "\"fingerprint\": \"xyz\", \"nearby\": null}\n",
                   ":2: ", "16 hexadecimal digits");
    expect_refused(HEAD START "\"unit\": \"command\", \"count\": 1, \"bytes\": 2, "
                              "\"fingerprint\": " HASH "}\n",
                   ":2: ", "16 hexadecimal digits");
    expect_refused(HEAD "{\"rule\": \"a\", \"rule\": \"b\"}\n", ":2: ", "duplicate");
}

Test(known, are_matched_by_fingerprint_and_then_by_the_nearby_one)
{
    struct known_list was =
        LIST(entry("r", "1", "a", 1), entry("r", "2", "b", 1), entry("r", "3", "c", 1));
    struct known_list now = LIST(entry("r", "9", "b", 1), entry("r", "3", "b", 1),
                                 entry("r", "8", "a", 1), entry("r", "7", "a", 1));
    size_t *partners = known_match(&was, &now);
    cr_expect_eq(partners[0], 1, "moved");
    cr_expect_eq(partners[1], 2, "the same, whatever is nearby");
    cr_expect_eq(partners[2], 0, "moved");
    cr_expect_eq(partners[3], KNOWN_NONE, "each is taken once");
    free(partners);
    was.items[0].id.nearby_weak = true;
    partners = known_match(&was, &now);
    cr_expect_eq(partners[2], KNOWN_NONE, "a weak one proves nothing");
    free(partners);
    known_list_free(&was);
    known_list_free(&now);
}

static enum known_change change(double was, double now)
{
    struct known_finding old = {.unit = (char *)"command", .count = 1, .bytes = was};
    struct known_finding new = {.unit = (char *)"command", .count = 1, .bytes = now};
    return known_compare(&old, &new, 0.1);
}

Test(known, grow_and_shrink_beyond_the_tolerance)
{
    cr_expect_eq(change(100, 100), KNOWN_SAME);
    cr_expect_eq(change(100, 109), KNOWN_SAME);
    cr_expect_eq(change(100, 111), KNOWN_GREW);
    cr_expect_eq(change(100, 80), KNOWN_SHRANK);
    cr_expect_eq(change(0, 1), KNOWN_GREW);
    cr_expect_eq(change(0, 0), KNOWN_SAME);
    struct known_finding old = {.unit = (char *)"restart", .count = 1, .bytes = 1};
    struct known_finding other = {.unit = (char *)"command", .count = 1, .bytes = 1};
    struct known_finding none = {
        .rule = (char *)"use-after-destroy", .unit = (char *)"process", .count = 1, .bytes = 1};
    struct known_finding many = none;
    many.count = 20;
    cr_expect_eq(known_compare(&none, &many, 0.1), KNOWN_SAME, "how often is chance");
    none.rule = many.rule = (char *)"permanent-pool-alloc";
    cr_expect_eq(known_compare(&none, &many, 0.1), KNOWN_GREW);
    cr_expect_eq(known_compare(&old, &other, 0.1), KNOWN_GREW);
    cr_expect_eq(known_compare(&none, &other, 0.1), KNOWN_GREW);
    cr_expect_eq(known_compare(&old, &none, 0.1), KNOWN_SHRANK);
    old.unit = (char *)"command";
    other.count = 2;
    cr_expect_eq(known_compare(&old, &other, 0.1), KNOWN_GREW);
}

/* Whatever is in the file, it is read or refused in words. */
Test(baseline, of_any_bytes_is_read_or_refused)
{
    static const char good[] = HEAD START "\"unit\": \"command\", \"count\": 1.5, \"bytes\": 2, "
                                          "\"fingerprint\": " HASH ", \"nearby\": null}\n";
    expect_any_is_read_or_refused(good, try_baseline);
}

Test(known, a_pool_that_was_one_finding_becomes_those_of_its_places)
{
    struct known_finding a = entry("growing-pool", "1", "a", 64),
                         b = entry("growing-pool", "2", "b", 8);
    struct known_list was = {0}, now = {0};
    known_list_add(&was, entry("growing-pool", "0", "p", 72));
    known_add_place(&was.items[0], known_copy(&a));
    known_add_place(&was.items[0], known_copy(&b));
    known_list_add(&now, entry("growing-pool", "8", "a", 64));
    known_add_place(&now.items[0], known_copy(&a));
    known_list_add(&now, entry("growing-pool", "9", "b", 80));
    known_add_place(&now.items[1], known_copy(&b));
    known_adopt(&was, &now);
    cr_assert_eq(was.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const bool first = strcmp(was.items[i].id.text, now.items[0].id.text) == 0;
        cr_expect_eq(known_compare(&was.items[i], &now.items[first ? 0 : 1], 0.1),
                     first ? KNOWN_SAME : KNOWN_GREW);
    }
    known_free(&a);
    known_free(&b);
    known_list_free(&was);
    known_list_free(&now);
}

Test(known, what_has_several_places_is_compared_place_by_place)
{
    struct known_finding a = entry("growing-pool", "1", "a", 64),
                         b = entry("growing-pool", "2", "b", 8);
    struct known_finding was = entry("growing-pool", "0", "p", 1000), now = known_copy(&was);
    cr_expect_eq(known_compare(&was, &now, 0.1), KNOWN_SAME);
    known_add_place(&was, known_copy(&a));
    known_add_place(&now, known_copy(&a));
    known_add_place(&now, known_copy(&b));
    struct known_growth *grown = known_grown_places(&was, &now, 0.1);
    cr_expect(grown[1].grew);
    cr_expect_null(grown[1].was);
    free(grown);
    cr_expect_eq(known_compare(&was, &now, 0.1), KNOWN_GREW, "small as it is");
    cr_expect_eq(known_compare(&now, &was, 0.1), KNOWN_SHRANK);
    known_leave_out_place(&now, b.id.text);
    cr_expect_eq(known_compare(&was, &now, 0.1), KNOWN_SAME);
    known_add_place(&now, known_copy(&a));
    cr_expect_eq(now.places.count, 1, "the same fingerprint");
    known_free(&a);
    known_free(&b);
    known_free(&was);
    known_free(&now);
}
