/*
 * names_options.c - the options that every command has which names functions; see names_options.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/commands/names_options.h"

#include "analyzer/commands/commands.h"
#include "analyzer/symbols/debuginfod.h"
#include "analyzer/symbols/sources.h"
#include "analyzer/symbols/symbols.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static struct symbol_sources sources;

bool is_names_option(int option)
{
    return option == OPTION_DEBUG_DIR || option == OPTION_DEBUGINFOD || option == OPTION_SYSROOT;
}

static int add_debug_dir(const char *command, const char *directory)
{
    if (sources.debug_dir_count == DEBUG_DIRS_MAX)
        return usage_error(command, "no more than %d directories of debug files", DEBUG_DIRS_MAX);
    sources.debug_dirs[sources.debug_dir_count++] = directory;
    return 0;
}

static int check_directory(const char *command, const char *directory)
{
    struct stat status;
    if (stat(directory, &status) != 0)
        return usage_error(command, "%s: %s", directory, strerror(errno));
    return S_ISDIR(status.st_mode) ? 0 : usage_error(command, "%s: is no directory", directory);
}

static int add_servers(const char *command)
{
    const char *missing = debuginfod_missing();
    if (missing)
        return usage_error(command, "--debuginfod: %s", missing);
    sources.debuginfod = true;
    return 0;
}

int names_option(const char *command, int option)
{
    int status =
        option == OPTION_DEBUGINFOD ? add_servers(command) : check_directory(command, optarg);
    if (status == 0 && option == OPTION_DEBUG_DIR)
        status = add_debug_dir(command, optarg);
    else if (option == OPTION_SYSROOT)
        sources.sysroot = optarg;
    symbols_use(&sources);
    return status;
}
