/* fingerprint_test.c - fingerprints survive rebuilds, and tell places apart. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/fingerprint.h"

#include "analyzer/symbols/stacks.h"

#include <criterion/criterion.h>
#include <string.h>

#define FRAMES_MAX 16

/* A frame of a program: the fields that a test does not name are 0. */
struct frame {
    const char *module;
    uint64_t offset;
    const char *function; /* NULL: no name */
};

struct stack {
    struct symbol_frame frames[FRAMES_MAX];
    struct logical_stack logical;
};

static struct api api;
static const struct api_set apis = {{&api}, 1};

static void set_up(void)
{
    static const char text[] = "[api]\nname = test\ndetect = palloc\nalign = 8\n"
                               "library = palloc pcalloc image:libpools.so\n"
                               "[functions]\npalloc = alloc pool=a0 size=a1\n";
    struct api_error error;
    cr_assert(api_parse(text, strlen(text), &api, &error), "%s", error.message);
}

TestSuite(fingerprint, .init = set_up);
TestSuite(logical_stack, .init = set_up);

#define STACK(...)                                                                                 \
    stack_of((struct frame[]){__VA_ARGS__},                                                        \
             sizeof((struct frame[]){__VA_ARGS__}) / sizeof(struct frame))

static struct stack stack_of(const struct frame *frames, size_t count)
{
    struct stack stack = {.logical.count = count};
    cr_assert_leq(count, FRAMES_MAX);
    for (size_t i = 0; i < count; i++)
        stack.frames[i] = (struct symbol_frame){
            .module = frames[i].module, .function = frames[i].function, .offset = frames[i].offset};
    return stack;
}

static struct logical_stack *bounded(struct stack *stack)
{
    stack->logical.frames = stack->frames;
    logical_stack_bound(&stack->logical, &apis);
    return &stack->logical;
}

static struct fingerprint of(struct stack stack)
{
    struct finding finding = {.rule = "leaked-subpool", .path = "root > cache"};
    return fingerprint(&finding, bounded(&stack));
}

static bool same(struct fingerprint a, struct fingerprint b)
{
    return strcmp(a.text, b.text) == 0;
}

#define EXPECT_SAME(a, b)      cr_expect(same(of(a), of(b)))
#define EXPECT_DIFFERENT(a, b) cr_expect_not(same(of(a), of(b)))

Test(fingerprint, is_sixteen_hexadecimal_digits)
{
    struct fingerprint id = of(STACK({"d", 1, "work"}));
    cr_expect_eq(strlen(id.text), 16);
    cr_expect_eq(strspn(id.text, "0123456789abcdef"), 16);
    cr_expect_not(id.weak);
}

Test(fingerprint, addresses_lines_and_the_order_of_modules_do_not_matter)
{
    struct stack old = STACK({"d", 1, "work"}, {"mod.so", 2, "handler"});
    struct stack new = STACK({"mod_other.so", 9, "other"}, {"mod.so", 700, "handler"});
    struct stack moved = STACK({"d", 4711, "work"}, {"mod.so", 700, "handler"});
    old.frames[0].line = 10;
    moved.frames[0].line = 99;
    old.frames[0].file = "w.c";
    moved.frames[0].file = "src/w.c";
    EXPECT_SAME(old, moved);
    EXPECT_DIFFERENT(old, new);
}

Test(fingerprint, versions_and_compiler_suffixes_do_not_matter)
{
    EXPECT_SAME(STACK({"libfoo.so.1", 1, "work"}), STACK({"libfoo-1.2.so.3", 2, "work"}));
    EXPECT_SAME(STACK({"d", 3, "work@@V_1"}), STACK({"d", 4, "work.constprop.0.isra.2"}));
    EXPECT_SAME(STACK({"proftpd-1.3.8", 1, "work"}), STACK({"proftpd", 1, "work"}));
    EXPECT_DIFFERENT(STACK({"mod_auth.so", 1, "work"}), STACK({"mod_auth2.so", 1, "work"}));
    EXPECT_DIFFERENT(STACK({"mod_auth1.so", 1, "work"}), STACK({"mod_auth2.so", 1, "work"}));
    EXPECT_DIFFERENT(STACK({"d", 5, "work"}), STACK({"e", 6, "work"}));
    EXPECT_DIFFERENT(STACK({"d", 7, "work"}), STACK({"d", 8, "works"}));
}

Test(fingerprint, looks_past_the_recorder_and_the_pool_library)
{
    struct stack plain = STACK({"d", 1, "work"}, {"d", 2, "serve"});
    EXPECT_SAME(plain, STACK({"liblifeguard.so", 3, NULL}, {"d", 4, "palloc"}, {"d", 5, "pcalloc"},
                             {"d", 6, "work"}, {"d", 7, "serve"}));
    EXPECT_DIFFERENT(plain, STACK({"d", 8, "work"}, {"d", 9, "palloc"}, {"d", 10, "serve"}));
}

Test(fingerprint, looks_past_an_image_that_is_all_library)
{
    struct stack plain = STACK({"d", 1, "work"}, {"d", 2, "serve"});
    EXPECT_SAME(plain, STACK({"libpools.so.2", 3, NULL}, {"libpools.so.2.4", 4, "any"},
                             {"d", 6, "work"}, {"d", 7, "serve"}));
    EXPECT_DIFFERENT(plain, STACK({"libpool.so.2", 3, NULL}, {"d", 6, "work"}, {"d", 7, "serve"}));
    EXPECT_DIFFERENT(plain,
                     STACK({"d", 3, "image:libpools.so"}, {"d", 6, "work"}, {"d", 7, "serve"}));
}

Test(fingerprint, main_and_what_called_it_do_not_matter)
{
    EXPECT_SAME(STACK({"d", 1, "work"}),
                STACK({"d", 2, "work"}, {"d", 3, "main"}, {"libc.so.6", 4, NULL},
                      {"libc.so.6", 5, "__libc_start_main"}, {"d", 6, "_start"}));
}

Test(fingerprint, the_depth_of_a_recursion_does_not_matter)
{
    struct stack twice = STACK({"d", 1, "a"}, {"d", 2, "walk"}, {"d", 3, "walk"}, {"d", 4, "b"});
    struct stack four = STACK({"d", 5, "a"}, {"d", 6, "walk"}, {"d", 7, "walk"}, {"d", 8, "walk"},
                              {"d", 9, "walk"}, {"d", 10, "b"});
    EXPECT_SAME(twice, four);
    struct stack mutual = STACK({"d", 11, "a"}, {"d", 12, "x"}, {"d", 13, "y"}, {"d", 14, "x"},
                                {"d", 15, "y"}, {"d", 16, "b"});
    EXPECT_SAME(mutual, STACK({"d", 17, "a"}, {"d", 18, "x"}, {"d", 19, "y"}, {"d", 20, "b"}));
}

Test(fingerprint, is_weak_without_a_name)
{
    cr_expect(of(STACK({"d", 1, "work"}, {"d", 2, NULL})).weak);
    cr_expect(of((struct stack){0}).weak);
    cr_expect_not(of(STACK({"d", 3, "work"}, {"d", 4, "main"}, {"d", 5, NULL})).weak,
                  "what called main is not used");
    EXPECT_SAME(STACK({"d", 6, NULL}), STACK({"d", 7, NULL}));
}

Test(fingerprint, rule_path_kind_phase_and_departure_matter)
{
    struct stack stack = STACK({"d", 1, "work"});
    const struct finding findings[] = {
        {.rule = "growing-pool", .path = "a > b"},
        {.rule = "leaked-subpool", .path = "a > b"},
        {.rule = "growing-pool", .path = "a > c"},
        {.rule = "growing-pool", .path = "a > b", .kind = PROCESS_SESSION},
        {.rule = "growing-pool", .path = "a > b", .phase = PHASE_SHUTDOWN},
        {.rule = "growing-pool", .path = "a > b", .departure = 1}};
    for (size_t i = 0; i < sizeof findings / sizeof *findings; i++) {
        for (size_t j = 0; j < i; j++)
            cr_expect_not(same(fingerprint(&findings[i], bounded(&stack)),
                               fingerprint(&findings[j], bounded(&stack))));
    }
}

Test(fingerprint, counts_severity_and_times_do_not_matter)
{
    struct stack stack = STACK({"d", 1, "work"});
    struct finding finding = {.rule = "growing-pool", .path = "a"};
    struct finding other = finding;
    other.count = other.bytes = other.first_ns = other.culprit = 99;
    other.severity = SEVERITY_ERROR;
    cr_expect(same(fingerprint(&finding, bounded(&stack)), fingerprint(&other, bounded(&stack))));
}

Test(fingerprint, of_the_nearest_frames_stays_where_the_caller_moves)
{
    struct fingerprint here = of(STACK({"d", 1, "a"}, {"d", 2, "b"}, {"d", 3, "c"}, {"d", 4, "x"}));
    struct fingerprint there =
        of(STACK({"d", 1, "a"}, {"d", 2, "b"}, {"d", 3, "c"}, {"d", 5, "y"}, {"d", 6, "z"}));
    struct fingerprint other = of(STACK({"d", 1, "a"}, {"d", 2, "b"}, {"d", 3, "other"}));
    cr_expect_str_eq(here.nearby, there.nearby);
    cr_expect_str_neq(here.text, there.text);
    cr_expect_str_neq(here.nearby, other.nearby);
    cr_expect_str_neq(here.nearby, here.text);
}

Test(fingerprint, of_the_nearest_frames_is_weak_by_their_names_alone)
{
    struct fingerprint far = of(STACK({"d", 1, "a"}, {"d", 2, "b"}, {"d", 3, "c"}, {"d", 4, NULL}));
    cr_expect(far.weak);
    cr_expect_not(far.nearby_weak);
    cr_expect(of(STACK({"d", 5, "a"}, {"d", 6, NULL})).nearby_weak);
}

static uint64_t key_at(const char *function, uint64_t offset, const char *file, unsigned line)
{
    struct stack stack = STACK({"d", 0, function});
    stack.frames[0].offset = offset;
    stack.frames[0].file = file;
    stack.frames[0].line = line;
    return logical_stack_key(bounded(&stack));
}

Test(logical_stack, places_are_told_apart_by_line_or_else_by_function_or_else_by_offset)
{
    cr_expect_eq(key_at("f", 1, "f.c", 10), key_at("f", 2, "f.c", 10));
    cr_expect_neq(key_at("f", 1, "f.c", 10), key_at("f", 1, "f.c", 11));
    cr_expect_neq(key_at("f", 1, "f.c", 10), key_at("f", 1, "g.c", 10));
    cr_expect_eq(key_at("f", 1, NULL, 0), key_at("f", 2, NULL, 0));
    cr_expect_neq(key_at("f", 1, NULL, 0), key_at("g", 1, NULL, 0));
    cr_expect_neq(key_at(NULL, 1, NULL, 0), key_at(NULL, 2, NULL, 0));
}

/* Where two cannot be told apart by their names, their code decides, and never where they lie. */
Test(fingerprint, of_parts_without_names_are_the_same_in_each_run)
{
    struct growth_place parts[2] = {{.order = 2}, {.order = 1}};
    struct finding items[2];
    for (unsigned i = 0; i < 2; i++)
        items[i] = (struct finding){.rule = "leaked-subpool",
                                    .depth = 1,
                                    .order = i,
                                    .places = {.items = &parts[1 - i], .count = 1}};
    struct findings findings = {.items = items, .count = 2};
    struct stacks *stacks = stacks_new();
    const struct name_source names = {.stacks = stacks, .apis = &apis};
    parts[1].id = parts[0].id = of(STACK({"d", 1, NULL}));
    const struct fingerprint alike = parts[0].id;
    fingerprints_assign(&findings, &names);
    cr_expect_str_eq(parts[1].id.text, alike.text, "the first by its code keeps it");
    cr_expect_str_neq(parts[0].id.text, alike.text);
    stacks_free(stacks);
}
