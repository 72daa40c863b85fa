/* api.c - lifeguard api: lists and shows the descriptions that are built in. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/api/description.h"
#include "analyzer/commands/api_options.h"
#include "analyzer/commands/commands.h"
#include "analyzer/util/json.h"
#include "preload/api/builtin.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static bool plays(const struct api *api, enum api_role role)
{
    for (unsigned i = 0; i < api->function_count; i++) {
        if (api->functions[i].role == role)
            return true;
    }
    return false;
}

static void list_text(const char *name, const struct api *api)
{
    printf("%-12s ", name);
    for (unsigned role = 0, count = 0; role < API_ROLES; role++) {
        if (plays(api, role))
            printf("%s%s", count++ ? " " : "", api_role_name(role));
    }
    printf("\n%-12s detected by", "");
    for (unsigned i = 0; i < api->detects; i++)
        printf(" %.*s", (int)api->detect[i].length, api->detect[i].text);
    putchar('\n');
}

static json_t *list_json(const char *name, const struct api *api)
{
    json_t *json = json_checked(json_object());
    json_t *roles = json_checked(json_array()), *detect = json_checked(json_array());
    for (unsigned role = 0; role < API_ROLES; role++) {
        if (plays(api, role))
            json_append(roles, text_json(api_role_name(role)));
    }
    for (unsigned i = 0; i < api->detects; i++)
        json_append(detect, slice_json(api->detect[i]));
    json_set(json, "name", text_json(name));
    json_set(json, "roles", roles);
    json_set(json, "detect", detect);
    return json;
}

static int list(int argc, char **argv)
{
    enum output_format format;
    int status = api_read_options(argc, argv, &format);
    if (status >= 0)
        return status;
    if (optind < argc)
        return usage_error(argv[0], "list takes no NAME, '%s' is too much", argv[optind]);
    json_t *apis = json_checked(json_array());
    const struct builtin_api *builtin;
    struct error error;
    for (size_t i = 0; (builtin = builtin_api(i)); i++) {
        struct api_description *description = api_description_open(builtin->name, &error);
        if (description && format == FORMAT_JSON)
            json_append(apis, list_json(builtin->name, &description->api));
        else if (description)
            list_text(builtin->name, &description->api);
        api_description_close(description);
    }
    if (format == FORMAT_JSON)
        json_write(stdout, json_pack("{s:i,s:O}", "version", 1, "apis", apis), JSON_INDENT(1));
    json_decref(apis);
    return EXIT_NOTHING;
}

static int show(int argc, char **argv)
{
    enum output_format format;
    int status = api_read_options(argc, argv, &format);
    if (status >= 0)
        return status;
    if (optind + 1 != argc)
        return usage_error(argv[0], "one NAME, see 'lifeguard api list'");
    const struct builtin_api *builtin;
    for (size_t i = 0; (builtin = builtin_api(i)); i++) {
        if (strcmp(builtin->name, argv[optind]) != 0)
            continue;
        fwrite(builtin->text, 1, (size_t)(builtin->end - builtin->text), stdout);
        return EXIT_NOTHING;
    }
    return usage_error(argv[0], "%s: is no built-in description, see 'lifeguard api list'",
                       argv[optind]);
}

int cmd_api(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } subcommands[] = {{"list", list}, {"show", show}, {"check", cmd_api_check}};
    for (size_t i = 0; argc > 1 && i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
        if (strcmp(argv[1], subcommands[i].name) != 0)
            continue;
        argv[1] = argv[0];
        return subcommands[i].run(argc - 1, argv + 1);
    }
    enum output_format format;
    int status = api_read_options(argc, argv, &format);
    if (status >= 0)
        return status;
    if (optind < argc)
        return usage_error(argv[0], "'%s' is none of list, show and check", argv[optind]);
    return usage_error(argv[0], "list, show or check?");
}
