/* Where a debugger's source files lie in the tree that is checked. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/help.h"
#include "analyzer/symbols/source_map.h"

#include "analyzer/render/check_result.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[] = "/tmp/source-map-XXXXXX";
static struct source_map map;

static void make_tree(void)
{
    struct error error;
    cr_assert(mkdtemp(top));
    cr_assert(chdir(top) == 0);
    cr_assert(mkdir("root", 0700) == 0 && mkdir("root/sub", 0700) == 0);
    cr_assert(symlink("root", "link") == 0);
    fclose(fopen("root/a.c", "w"));
    fclose(fopen("root/sub/b.c", "w"));
    fclose(fopen("outside.c", "w"));
    map = (struct source_map){0};
    cr_assert(source_map_root(&map, "root", &error));
}

static void remove_tree(void)
{
    unlink("outside.c");
    unlink("root/sub/b.c");
    unlink("root/a.c");
    unlink("link");
    rmdir("root/sub");
    rmdir("root");
    rmdir(top);
    source_map_free(&map);
}

TestSuite(source_map, .init = make_tree, .fini = remove_tree);

/* FILE, built in DIR (NULL: not known), is WHERE; "%s" is the top. */
static void expect(const char *dir, const char *file, const char *where)
{
    char path[256], build_dir[256];
    snprintf(path, sizeof path, file[0] == '%' ? "%s%s" : "%.0s%s", top, file + 2 * (*file == '%'));
    if (dir)
        snprintf(build_dir, sizeof build_dir, dir[0] == '%' ? "%s%s" : "%.0s%s", top,
                 dir + 2 * (*dir == '%'));
    const struct symbol_frame frame = {.file = path, .build_dir = dir ? build_dir : NULL};
    char *found = source_map_find(&map, &frame);
    if (where)
        cr_expect_str_eq(found ? found : "(none)", where, "%s in %s", path, dir ? build_dir : "?");
    else
        cr_expect_null(found, "%s in %s is %s", path, dir ? build_dir : "?", found);
    free(found);
}

Test(source_map, absolute_paths_below_the_root)
{
    expect(NULL, "%s/root/a.c", "a.c");
    expect(NULL, "%s/root/./sub//x/../b.c", "sub/b.c");
    expect(NULL, "%s/link/sub/b.c", "sub/b.c");
    expect(NULL, "%s/root/generated.c", "generated.c");
}

Test(source_map, what_lies_elsewhere_has_no_place)
{
    expect(NULL, "%s/outside.c", NULL);
    expect(NULL, "%s/root/../outside.c", NULL);
    expect(NULL, "%s/root-of-another/a.c", NULL);
    expect(NULL, "../outside.c", NULL);
    expect(NULL, "../../../../../../etc/passwd", NULL);
    expect(NULL, "nowhere.c", NULL);
    expect(NULL, "", NULL);
    expect(NULL, "/", NULL);
    expect(NULL, "%s/root", NULL);
}

Test(source_map, relative_paths_are_seen_from_where_it_was_built)
{
    expect("%s/root/sub", "b.c", "sub/b.c");
    expect("%s/root/sub", "../a.c", "a.c");
    expect(NULL, "sub/b.c", "sub/b.c");
    expect("/build/elsewhere", "sub/b.c", "sub/b.c");
    expect("", "sub/b.c", "sub/b.c");
}

Test(source_map, mappings_apply_to_whole_directories)
{
    map.mappings[map.count++] = "/build/x=sub";
    map.mappings[map.count++] = "/build/y/=";
    map.mappings[map.count++] = "/build=..";
    expect(NULL, "/build/x/b.c", "sub/b.c");
    expect("/build/x", "b.c", "sub/b.c");
    expect(NULL, "/build/y/deeper/c.c", "deeper/c.c");
    expect(NULL, "/build/xx/b.c", NULL);
    expect(NULL, "/build/z", NULL);
}

Test(source_map, every_rule_is_described)
{
    for (size_t i = 0; analysis_rule(i); i++)
        cr_expect(rule_help(analysis_rule(i)), "%s", analysis_rule(i));
}
