/*
 * faults.c - requests, each answered with objects of talloc, and a mistake on demand: the first
 * argument. With "tree", "null" and "untracked" what has no parent is tracked; with "tree" it
 * prints how many objects and bytes are left of all, as talloc counts them. With a second argument
 * it waits then, "ready" with the number of objects.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#define REQUESTS 40

struct answer {
    char *text;
    int *numbers;
};

static TALLOC_CTX *server;
static char current[32];
static const char *mistake = "none";

void request_receive(int number);

/* A unit of work begins. */
__attribute__((noinline)) void request_receive(int number)
{
    snprintf(current, sizeof(current), "request %d", number);
}

static int is(const char *name)
{
    return strcmp(mistake, name) == 0;
}

/* Once, it does not let go. */
static int refuse_once(struct answer *answer)
{
    talloc_set_destructor(answer, NULL);
    return -1;
}

/* Kept by its destructor when its request ends, it goes to the server's objects. */
static void veto(TALLOC_CTX *request)
{
    TALLOC_CTX *scratch = talloc_new(request);
    struct answer *kept = talloc_zero(scratch, struct answer);
    kept->text = talloc_strdup(kept, "is told twice");
    talloc_set_destructor(kept, refuse_once);
    talloc_free(scratch);
    talloc_free(kept);
}

/* What two own goes when both have let go. */
static void share(TALLOC_CTX *request)
{
    TALLOC_CTX *one = talloc_named(request, 0, "one of %s", current), *two = talloc_new(request);
    char *shared = talloc_strdup(one, "shared");
    talloc_reference(two, shared);
    talloc_free(one);
    talloc_unlink(two, shared);
}

struct member {
    TALLOC_CTX *owner;
};

static int end_owner(struct member *member)
{
    talloc_free(member->owner);
    return 0;
}

/* Its end ends its owner, which is ending already. */
static void end_in_circles(TALLOC_CTX *request)
{
    TALLOC_CTX *owner = talloc_new(request);
    struct member *member = talloc(owner, struct member);
    member->owner = owner;
    talloc_set_destructor(member, end_owner);
    talloc_free(owner);
}

/* What refers to its own parent does not keep it. */
static void refer_up(TALLOC_CTX *request)
{
    TALLOC_CTX *top = talloc_new(request), *middle = talloc_new(top), *below = talloc_new(middle);
    talloc_reference(below, middle);
    talloc_free(top);
}

static void leak(void)
{
    talloc_strdup(server, current);
}

static void steal(struct answer *answer)
{
    talloc_steal(server, answer);
}

/* Below none or, when that is tracked, in the null context. */
static void forget(void)
{
    if (is("null named"))
        talloc_named_const(NULL, 24, "lost object");
    else
        talloc_strdup(NULL, current);
}

static void untrack(int number)
{
    if (number == REQUESTS / 2 && is("untracked"))
        talloc_disable_null_tracking();
}

static int *history;

static void grow(int number)
{
    history = talloc_realloc(server, history, int, (size_t)number * 100 + 100);
}

static void grow_elsewhere(int number)
{
    history = talloc_realloc(server, history, int, (size_t)number * 100 + 100);
}

/* What ends with the program. */
static void keep(void)
{
    talloc_strdup(talloc_autofree_context(), current);
}

static void answer_request(int number)
{
    TALLOC_CTX *request = talloc_new(NULL);
    struct answer *answer = talloc(request, struct answer);
    answer->text = talloc_asprintf(answer, "%s: answer", current);
    answer->numbers = talloc_array(answer, int, 4);
    for (int i = 1; i < 5; i++)
        answer->numbers = talloc_realloc(answer, answer->numbers, int, (size_t)i * 300);
    answer->text = talloc_asprintf_append(answer->text, " of %d numbers", 1200);
    answer = talloc_realloc(request, answer, struct answer, (size_t)number + 100);
    talloc_strdup(answer, "below what has moved");
    veto(request);
    share(request);
    end_in_circles(request);
    refer_up(request);
    if (is("leak"))
        leak();
    else if (is("steal"))
        steal(answer);
    else if (is("null") || is("null named"))
        forget();
    else if (is("grow") || (is("grow in turn") && number % 2))
        grow(number);
    else if (is("grow in turn"))
        grow_elsewhere(number);
    else if (is("keep"))
        keep();
    talloc_free(request);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        mistake = argv[1];
    if (is("tree") || is("null") || is("null named") || is("untracked"))
        talloc_enable_null_tracking();
    char *motto = talloc_strdup(NULL, "at your service");
    server = talloc_named_const(NULL, 0, "server");
    for (int i = 0; i < REQUESTS; i++) {
        request_receive(i);
        untrack(i);
        answer_request(i);
    }
    if (is("tree")) {
        leak();
        grow(3);
        printf("%zu %zu\n", talloc_total_blocks(NULL), talloc_total_size(NULL));
    }
    if (argc > 2) { /* for a while: what is there is to be looked at */
        const size_t below_none = talloc_total_blocks(server) + talloc_total_blocks(motto);
        printf("ready %zu\n", is("tree") ? talloc_total_blocks(NULL) : below_none);
        fflush(stdout);
        pause();
    }
    if (is("none") || is("untracked")) {
        talloc_free(server);
        talloc_free(motto);
    }
    return 0;
}
/* SPDX-License-Identifier: MIT */
