/* screen.c - draws the table on a terminal, and takes keys; see screen.h. */
/* SPDX-License-Identifier: MIT */
#define NCURSES_WIDECHAR 1

#include "analyzer/top/screen.h"
#include "analyzer/render/style.h"
#include "analyzer/top/reader.h"
#include "analyzer/top/totals.h"
#include "analyzer/util/memory.h"

#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_NS        UINT64_C(100000000)
#define FINDINGS_SHOWN 5
#define FILTER_MAX     63 /* bytes */
#define TOTALS_SHOWN   3
#define TOTALS_MOST    20
#define KEYS           "b g a n order  / filter  p process  t totals  e findings  ? keys  q quit"

enum { COLOR_OF_NOTE = 1, COLOR_OF_WARNING, COLOR_OF_ERROR };

struct screen {
    struct top_reader *reader;
    struct top_choice choice;
    char filter[FILTER_MAX + 1];
    bool typing; /* the filter */
    bool frozen, quit, utf8;
    bool help;            /* the keys, over all else */
    bool totals;          /* of all processes, not of the first few */
    bool unfold_findings; /* a line each */
    size_t first;         /* line shown first */
    size_t lines;         /* there are */
};

static void end_screen(void)
{
    if (!isendwin())
        endwin();
}

static bool begin_screen(struct screen *screen, struct error *error)
{
    setlocale(LC_CTYPE, "");
    screen->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !newterm(NULL, stdout, stdin)) {
        error_set(error, "this is no terminal that it can draw on; -b prints batches");
        return false;
    }
    atexit(end_screen); /* also where the program ends out of memory */
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    timeout(0);
    if (style_wants_color(stdout) && has_colors()) {
        start_color();
        use_default_colors();
        init_pair(COLOR_OF_NOTE, COLOR_CYAN, -1);
        init_pair(COLOR_OF_WARNING, COLOR_YELLOW, -1);
        init_pair(COLOR_OF_ERROR, COLOR_RED, -1);
    }
    return true;
}

/* TEXT, which is escaped, in row Y; what has no place in the locale is "?". */
static void put_row(const struct screen *screen, int y, const char *text)
{
    int width = getmaxx(stdscr);
    if (y >= getmaxy(stdscr))
        return;
    move(y, 0);
    clrtoeol();
    if (screen->utf8) {
        addnstr(text, width * 4);
        return;
    }
    for (int x = 0; text[x] && x < width; x++)
        addch((unsigned char)text[x] < 0x80 ? (chtype)text[x] : '?');
}

static void put_own(const struct screen *screen, int y, char *text)
{
    put_row(screen, y, text);
    free(text);
}

/* "3 errors, 1 warning, 0 notes; the first: ERROR ..." The caller owns it. */
static char *findings_text(const struct top_snapshot *now)
{
    size_t counts[SEVERITY_ERROR + 1] = {0};
    for (size_t i = 0; i < now->finding_count; i++)
        counts[now->findings[i].severity]++;
    return xasprintf("%zu errors, %zu warnings, %zu notes; the first: %s", counts[SEVERITY_ERROR],
                     counts[SEVERITY_WARNING], counts[SEVERITY_NOTE], now->findings[0].text);
}

/* In one line, unless they are unfolded or there is but one. */
static int put_findings(const struct screen *screen, const struct top_snapshot *now, int y)
{
    static const int colors[] = {COLOR_OF_NOTE, COLOR_OF_WARNING, COLOR_OF_ERROR};
    const bool folded = !screen->unfold_findings && now->finding_count > 1;
    const size_t lines = folded ? 1 : now->finding_count;
    for (size_t i = 0; i < lines && (folded || i < FINDINGS_SHOWN); i++) {
        attron(COLOR_PAIR(colors[now->findings[i].severity]));
        put_own(screen, y++, folded ? findings_text(now) : xstrdup(now->findings[i].text));
        attroff(COLOR_PAIR(colors[now->findings[i].severity]));
    }
    return y;
}

static int put_totals(const struct screen *screen, const struct top_snapshot *now,
                      const struct top_table *table, int y)
{
    struct top_totals totals = top_totals_make(now, table, screen->choice.sort);
    const size_t most = screen->totals ? TOTALS_MOST : TOTALS_SHOWN;
    attron(A_BOLD);
    put_own(screen, y++, top_totals_title(table));
    attroff(A_BOLD);
    for (size_t i = 0; i < totals.count && i < most; i++)
        put_own(screen, y++, top_total_text(table, &totals.items[i]));
    if (totals.count > most)
        put_own(screen, y++, xasprintf("... and %zu more", totals.count - most));
    top_totals_free(&totals);
    return y;
}

static void put_help(const struct screen *screen)
{
    static const char *const lines[] = {
        "lifeguard top: keys",
        "",
        "  b  by bytes that pools have been asked for",
        "  g  by growth",
        "  a  by allocations a second",
        "  n  by name, as a tree",
        "  /  only pools whose path has a text in it; Enter ends it, Esc removes it",
        "  p  one process after the other, then all again",
        "  t  totals of up to 20 processes, or of the first 3",
        "  e  findings in a line each, or folded into one",
        "  space  freeze what is shown, and go on",
        "  up, down, page up, page down, home  scroll",
        "  q  quit",
        "",
        "PER MIN and PER UNIT: growth in a minute, and in a unit of work (a command of a",
        "session, a restart or connection of a master), since a minute ago.",
        "",
        "Any key goes back.",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
        put_row(screen, (int)i, lines[i]);
}

static void put_state(const struct screen *screen, int y)
{
    char text[256];
    if (screen->typing)
        snprintf(text, sizeof(text), "filter: %s_", screen->filter);
    else
        snprintf(text, sizeof(text), "by %s%s%s%s", top_sort_name(screen->choice.sort),
                 *screen->filter ? ", only " : "", screen->filter,
                 screen->frozen ? ", FROZEN" : "");
    put_row(screen, y, text);
}

static void put_table(struct screen *screen, const struct top_table *table, int y)
{
    int rows = getmaxy(stdscr) - y - 1;
    screen->lines = table->count;
    if (screen->first >= table->count)
        screen->first = table->count ? table->count - 1 : 0;
    for (size_t i = screen->first; i < table->count && rows > 0; i++, rows--)
        put_own(screen, y++,
                top_line_text(table, i, screen->choice.sort == TOP_BY_NAME, getmaxx(stdscr)));
}

static void draw(struct screen *screen)
{
    const struct top_snapshot *now = top_reader_now(screen->reader);
    erase();
    if (screen->help) {
        put_help(screen);
        refresh();
        return;
    }
    if (!now) {
        put_row(screen, 0, "lifeguard top: reading");
        refresh();
        return;
    }
    screen->choice.filter = screen->filter;
    struct top_table table =
        top_table_make(now, top_reader_earlier(screen->reader), &screen->choice);
    int y = 0;
    for (unsigned i = 0; i < TOP_HEADER_LINES; i++)
        put_own(screen, y++, top_header_text(now, &table, i));
    y = put_findings(screen, now, y);
    y = put_totals(screen, now, &table, y);
    put_state(screen, y++);
    attron(A_REVERSE);
    put_own(screen, y++, top_title_text(&table, getmaxx(stdscr)));
    attroff(A_REVERSE);
    put_table(screen, &table, y);
    put_row(screen, getmaxy(stdscr) - 1, KEYS);
    top_table_free(&table);
    refresh();
}

/* All processes, then each that runs, one after the other. */
static void next_process(struct screen *screen)
{
    const struct top_snapshot *now = top_reader_now(screen->reader);
    bool past = screen->choice.pid == 0;
    for (size_t i = 0; now && i < now->process_count; i++) {
        const struct top_process *process = &now->processes[i];
        if (past && (process->running || !now->running)) {
            screen->choice.pid = process->pid;
            return;
        }
        past = past || process->pid == screen->choice.pid;
    }
    screen->choice.pid = 0;
}

static void type(struct screen *screen, int key)
{
    size_t length = strlen(screen->filter);
    if (key == '\n' || key == KEY_ENTER)
        screen->typing = false;
    else if (key == 27) {
        screen->typing = false;
        screen->filter[0] = '\0';
    } else if ((key == KEY_BACKSPACE || key == 127 || key == 8) && length)
        screen->filter[length - 1] = '\0';
    else if (key >= ' ' && key < 127 && length < FILTER_MAX)
        screen->filter[length] = (char)key, screen->filter[length + 1] = '\0';
}

static void scroll_by(struct screen *screen, long lines)
{
    long first = (long)screen->first + lines;
    screen->first = first < 0 ? 0 : (size_t)first;
    if (screen->first >= screen->lines)
        screen->first = screen->lines ? screen->lines - 1 : 0;
}

static void obey(struct screen *screen, int key)
{
    static const char sorts[] = {'b', 'g', 'a', 'n'};
    if (screen->help) {
        screen->help = false;
        return;
    }
    for (unsigned i = 0; i < TOP_SORTS; i++)
        if (key == sorts[i])
            screen->choice.sort = (enum top_sort)i;
    long page = getmaxy(stdscr) / 2;
    if (key == 'q')
        screen->quit = true;
    else if (key == ' ')
        screen->frozen = !screen->frozen;
    else if (key == 'p')
        next_process(screen);
    else if (key == 't')
        screen->totals = !screen->totals;
    else if (key == 'e')
        screen->unfold_findings = !screen->unfold_findings;
    else if (key == '?')
        screen->help = true;
    else if (key == '/')
        screen->typing = true;
    else if (key == KEY_DOWN || key == KEY_UP)
        scroll_by(screen, key == KEY_DOWN ? 1 : -1);
    else if (key == KEY_NPAGE || key == KEY_PPAGE)
        scroll_by(screen, key == KEY_NPAGE ? page : -page);
    else if (key == KEY_HOME)
        screen->first = 0;
}

bool top_screen_run(struct top_reader *reader, const struct top_choice *choice, struct error *error)
{
    struct screen screen = {.reader = reader, .choice = *choice};
    snprintf(screen.filter, sizeof(screen.filter), "%s", choice->filter ? choice->filter : "");
    if (!begin_screen(&screen, error))
        return false;
    bool ok = true;
    while (ok && !screen.quit) {
        draw(&screen);
        if (screen.frozen)
            usleep(POLL_NS / 1000);
        else
            ok = top_reader_poll(reader, POLL_NS, error);
        for (int key; !screen.quit && (key = getch()) != ERR;) {
            if (screen.typing)
                type(&screen, key);
            else
                obey(&screen, key);
        }
    }
    end_screen();
    return ok;
}
