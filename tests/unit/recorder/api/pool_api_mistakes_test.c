/* pool_api_mistakes_test.c - descriptions with mistakes: each is told, with its line. */
/* SPDX-License-Identifier: MIT */
#include "preload/api/pool_api.h"

#include "tests/unit/support/repeated_text.h"

#include <criterion/criterion.h>
#include <string.h>

#define OK "ok= takes ret==NUMBER, ret!=NUMBER or same(VALUE)"
#define LOCATOR                                                                                    \
    "expected inlined(SYMBOL), or up to four of SYMBOL, tail(SYMBOL) and call(SYMBOL,N) with | "   \
    "between them before the ="
#define ROLE                                                                                       \
    "expected create, destroy, clear, alloc, free, realloc, set_parent, orphan or set_name after " \
    "the ="
#define OBJECT   "free needs object=, alloc and realloc may have it, no other role"
#define GUARD    "guard= takes 1, 2, 4, 8 or 16, of alloc"
#define CHILDREN "children= takes keep or destroy, of clear"
#define VALUES                                                                                     \
    "expected a value such as a0, *(a0+8), ret, strlen(ret)+1, global:SYMBOL, data(FUNCTION,1) "   \
    "or "                                                                                          \
    "a number"
#define PARENT                                                                                     \
    "parent= takes a value such as a1 or data(FUNCTION,1), or as in a1,ROOT one and what [roots] " \
    "has before"
#define POOL     "pool= must be given, and is no number"
#define EARLY    "ret is no pool that destroy, clear and free can take from"
#define NAME     "set_name needs name=, and that is no number"
#define SIZE     "alloc and realloc need size=, create may have it, the other roles have none"
#define GROWN    "size=grown is for alloc without object="
#define ANYWHERE "inlined(*) takes alloc size=grown, and no pool="
#define ROOTS                                                                                      \
    "expected NAME, NAME = first or, as in *(global:SYMBOL+8) and data(FUNCTION,1), a value of "   \
    "variables and numbers"
#define MARK                                                                                       \
    "expected an argument and a string, such as a0=\"text\", as=NAME of a unit of work, "          \
    "session=NAME of connection or signal=NAME of restart"
#define WORD                                                                                       \
    "a name begins with a letter, has letters, digits and single dashes between them, and at "     \
    "most "                                                                                        \
    "24 characters"
#define TAKEN "another kind has this name"
#define FIELD                                                                                      \
    "expected a number of bytes from 0 to 4096, or as in pool:0x40, pool4:0x58+1 and chunk:0>>34 " \
    "where it is read"
#define CHECK  "expected OFFSET LOW..HIGH, OFFSET pointer or OFFSET pointer?"
#define HOLDER "free.blocks takes values of variables and numbers"
#define KINDS                                                                                      \
    "[layout x1]\n[layout x2]\n[layout x3]\n[layout x4]\n[layout x5]\n[layout x6]\n"               \
    "[layout x7]\n[layout x8]\n[layout x9]\n[layout x10]\n[layout x11]\n[layout x12]\n"

#define LABEL    "expected a value of arguments, numbers and what is in memory there"
#define NAME_FOR "name= is for set_name, create, and realloc of a pool"
#define SIGNAL   "expected a signal's name, such as SIGHUP"
static const struct {
    const char *text;
    unsigned line;
    const char *message;
} mistakes[] = {
    {"", 1, "a description needs a name, in [api]"},
    {"[api]\nname = x\n", 2, "a description needs a function, in [functions]"},
    {"[functions]\n" FUNCTION, 2, "a description needs a name, in [api]"},
    {"[api]\nname = x\nname = y\n", 3, "the system has a name already"},
    {"[api]\nname = " TIMES_16("long") "-\n", 2, "a system's name has at most 64 characters"},
    {"[functions]\n" FUNCTION "g = clear pool=a0\nf = clear pool=a0\n", 4,
     "this function has a role already"},
    {"# nothing yet\n\nname = x\n", 3, "expected a section such as [api] first"},
    {"[api\n", 1, "expected ] at the end of the section's name"},
    {"[apis]\n", 1, "expected [api], [functions], [roots], [marks], [roles] or [layout]"},
    {"[]\n", 1, "expected [api], [functions], [roots], [marks], [roles] or [layout]"},
    {"[api]\nname\n", 2, "expected KEY = VALUE"},
    {"[api]\nname =\n", 2, "expected KEY = VALUE"},
    {"[api]\n= x\n", 2, "expected KEY = VALUE"},
    {"[api]\nnames = x\n", 2, "expected name, detect, library or align"},
    {"[api]\nalign = 0\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\nalign = 4097\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\nalign = 4294967304\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\nalign = 18446744073709551624\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\nalign = 0x\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\nalign = 8a\n", 2, "align takes a number of bytes from 1 to 4096"},
    {"[api]\ndetect = " NAMES_8 "i\n", 2, "too many names"},
    {"[api]\nlibrary = " NAMES_32 NAMES_32 "\nlibrary = i\n", 3, "too many names"},
    {"[functions]\ntail() = alloc pool=a0\n", 2, LOCATOR},
    {"[functions]\ntail(f = alloc pool=a0\n", 2, LOCATOR},
    {"[functions]\ntail(call(f,1)) = alloc pool=a0\n", 2, LOCATOR},
    {"[functions]\ncall(f) = alloc pool=a0\n", 2, LOCATOR},
    {"[functions]\n\ncall(f,) = alloc pool=a0\n", 3, LOCATOR},
    {"[functions]\ncall(f,0) = alloc pool=a0\n", 2, LOCATOR},
    {"[functions]\ncall(f,x) = alloc pool=a0\n", 2, LOCATOR},
    {"[functions]\nf = root pool=a0\n", 2, ROLE},
    {"[functions]\nf = mark pool=a0\n", 2, ROLE},
    {"[functions]\nf = orphan pool=a0 size=8\n", 2, SIZE},
    {"[functions]\nf = orphan pool=data(f)\n", 2, VALUES},
    {"[functions]\nf = create pool=ret parent=a0,data(f,1)\n", 2, PARENT},
    {"[roots]\nr = data(f,0)\n", 2, ROOTS},
    {"[functions]\ncall(,1) = alloc pool=a0\n", 2, LOCATOR},
    {"[functions]\n| f = alloc pool=a0 size=a1\n", 2, LOCATOR},
    {"[functions]\nf | = alloc pool=a0 size=a1\n", 2, LOCATOR},
    {"[functions]\na|b|c|d|e = alloc pool=a0 size=a1\n", 2, LOCATOR},
    {"[functions]\nf | inlined(g) = alloc pool=a0 size=a1\n", 2, LOCATOR},
    {"[functions]\nf = create pool=a0 size=grown\n", 2, GROWN},
    {"[functions]\nf = alloc pool=a0 size=grown object=ret\n", 2, GROWN},
    {"[functions]\nf = alloc pool=a0 size=grown,32\n", 2, VALUES},
    {"[functions]\ninlined(f) = alloc pool=a0\n", 2, SIZE},
    {"[functions]\ninlined(*) = alloc pool=a0 size=grown\n", 2, ANYWHERE},
    {"[functions]\ninlined(*) = alloc size=a1\n", 2, ANYWHERE},
    {"[functions]\ninlined(*) = alloc size=8,grown\n", 2, ANYWHERE},
    {"[functions]\ninlined(*) = create pool=ret\n", 2, ANYWHERE},
    {"[functions]\n* = alloc size=grown\n", 2, POOL},
    {"[functions]\ncall(f,1 = alloc pool=a0\n", 2, LOCATOR},
    {"[functions]\nf = release pool=a0\n", 2, ROLE},
    {"[functions]\nf = free pool=a0\n", 2, OBJECT},
    {"[functions]\nf = free pool=a0 object=a1 size=a2\n", 2, SIZE},
    {"[functions]\nf = free pool=a0 object=ret\n", 2,
     "object= of free and realloc is what was there before"},
    {"[functions]\nf = free pool=*(ret-8) object=a0\n", 2, EARLY},
    {"[functions]\nf = realloc pool=a0 object=a1\n", 2, SIZE},
    {"[functions]\nf = destroy pool=a0 object=a1\n", 2, OBJECT},
    {"[functions]\nf = alloc pool=a0 size=a1 object=8\n", 2, "object= is no number"},
    {"[functions]\nf = set_parent pool=a0\n", 2, "set_parent needs parent="},
    {"[functions]\nf = clear pool=a0 children=hide\n", 2, CHILDREN},
    {"[functions]\nf = destroy pool=a0 children=keep\n", 2, CHILDREN},
    {"[functions]\nf = mark pool=a0\n", 2, ROLE},
    {"[functions]\nf = alloc pool=a0 bytes=a1\n", 2,
     "expected pool=, parent=, size=, name=, object=, with=, children=, ok=, of=, if=, unless=, "
     "else=, "
     "guard= or cost="},
    {"[functions]\nf = alloc pool=a0 size=a1 guard=3\n", 2, GUARD},
    {"[functions]\nf = alloc pool=a0 size=a1 guard=32\n", 2, GUARD},
    {"[functions]\nf = alloc pool=a0 size=a1 guard=\n", 2, GUARD},
    {"[functions]\nf = create pool=ret guard=8\n", 2, GUARD},
    {"[functions]\nf = alloc pool=a0 size=a1 with=a2\n", 2, "with= is for create"},
    {"[functions]\nf = alloc pool=a0 size=grown guard=8\n", 2,
     "guard= is not for what is told by what grew"},
    {"[functions]\nf = alloc pool\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a6\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 size=\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 size=4294967296\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 else=a,b,c,d,e,f,g,h,i\n", 2, "too many fallback functions"},
    {"[functions]\nf = alloc pool=a0 else=a,,b\n", 2, "expected names after else="},
    {"[functions]\nf = destroy\n", 2, POOL},
    {"[functions]\nf = destroy pool=ret\n", 2, EARLY},
    {"[functions]\nf = clear pool=*(ret+8)\n", 2, EARLY},
    {"[functions]\nf = create pool=3\n", 2, POOL},
    {"[functions]\nf = create pool=*a6\n", 2, VALUES},
    {"[functions]\nf = create pool=*\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 size=strlen(ret)+\n", 2, VALUES},
    {"[functions]\nf = alloc pool=a0 size=strlen(ret)1\n", 2, VALUES},
    {"[functions]\nf = create pool=ret parent=b0\n", 2, PARENT},
    {"[functions]\nf = destroy pool=a0 parent=a1\n", 2, "parent= is for create and set_parent"},
    {"[functions]\nf = destroy pool=a0 name=a1\n", 2, NAME_FOR},
    {"[functions]\nf = realloc pool=a0 object=a1 size=a2 name=a3\n", 2, NAME_FOR},
    {"[functions]\nf = destroy pool=a0 size=a1\n", 2, SIZE},
    {"[functions]\nf = create pool=ret parent=a1,\n", 2, PARENT},
    {"[functions]\nf = create pool=ret parent=a1,r\n[roots]\nr\n", 2, PARENT},
    {"[functions]\nf = create pool=*a0 ok=0\n", 2, OK},
    {"[functions]\nf = create pool=*a0 ok=ret==\n", 2, OK},
    {"[functions]\nf = create pool=*a0 ok=ret!=a0\n", 2, OK},
    {"[functions]\nf = create pool=*a0 ok=ret<0\n", 2, OK},
    {"[functions]\nf = alloc pool=a0 size=1 ok=same(\n", 2, OK},
    {"[functions]\nf = alloc pool=a0 size=1 if=\n", 2, "if= and unless= take a symbol"},
    {"[functions]\nf = alloc pool=a0 size=1 if=x\nf = alloc pool=a0 size=1\n", 3,
     "this function has a role already"},
    {"[functions]\nf = alloc pool=a0 size=1 of=object\n", 2, "of= takes object, of realloc"},
    {"[functions]\nf = realloc pool=a0 size=1 of=a0\n", 2, "of= takes object, of realloc"},
    {"[functions]\nf = alloc pool=a0 size=1 ok=same(x)\n", 2,
     "ok=same() takes a value such as *a0"},
    {"[functions]\nf = free pool=a0 object=a1 ok=same(a0)\n", 2,
     "size=grown() and ok=same() are for alloc"},
    {"[functions]\nf = create pool=ret size=grown(*a0)\n", 2,
     "size=grown() and ok=same() are for alloc"},
    {"[functions]\nf = alloc pool=a0 size=grown()\n", 2, VALUES},
    {"[roots]\na = second\n", 2, ROOTS},
    {"[roots]\n= first\n", 2, ROOTS},
    {"[roots]\na =\n", 2, ROOTS},
    {"[roots]\na = 8\n", 2, ROOTS},
    {"[roots]\na = *(a0+8)\n", 2, ROOTS},
    {"[roots]\na = global:r+ret\n", 2, ROOTS},
    {"[roots]\na = first\nb = first\n", 3, "one root alone can be the first pool"},
    {"[functions]\nf = alloc pool=a0\n", 2, SIZE},
    {"[functions]\nf = set_name pool=a0\n", 2, NAME},
    {"[functions]\nf = set_name pool=a0 name=1\n", 2, NAME},
    {"[functions]\nf = create pool=a0 name=1\n", 2, "name= is no number"},
    {"[functions]\n" NTH_16(0) NTH_16(1) NTH_16(3) NTH(2), 50, "too many functions"},
    {"[roots]\n" TIMES_4("a\n") TIMES_4("a\n") "a\n", 10, "too many roots"},
    {"[marks]\n" TIMES_16("command = f\n") "command = f\n", 18, "too many marks"},
    {"[marks]\nreload = f\n", 2,
     "expected command, restart, connection, startup, shutdown or label"},
    {"[marks]\nlabel = f\n", 2,
     "expected verb=, path= or code= and a value, or signal=NAME, after the function"},
    {"[marks]\nlabel = f end=a1\n", 2,
     "expected verb=, path= or code= and a value, or signal=NAME, after the function"},
    {"[marks]\nlabel = f verb=a0 path=a1\n", 2,
     "a label has one verb=, path= or code=, and one end="},
    {"[marks]\nlabel = f as=opts\n", 2,
     "expected verb=, path= or code= and a value, end= and one, or signal=NAME"},
    {"[marks]\nlabel = f verb=ret\n", 2, LABEL},
    {"[marks]\nlabel = f signal=HUP\n", 2, SIGNAL},
    {"[marks]\nrestart = f signal=SIG\n", 2, SIGNAL},
    {"[marks]\nrestart = f signal=SIGhup\n", 2, SIGNAL},
    {"[marks]\nrestart = f signal=SIGSIGSIGSIGSIGSIG\n", 2, SIGNAL},
    {"[marks]\nlabel = f signal=SIGHUP verb=a0\n", 2, "a label has a signal= alone"},
    {"[marks]\nlabel = f verb=a0 signal=SIGHUP\n", 2, "a label has a signal= alone"},
    {"[marks]\nlabel = f verb=global:x\n", 2, LABEL},
    {"[marks]\nlabel = f path=strlen(a0)\n", 2, LABEL},
    {"[marks]\nlabel = f path=a9\n", 2, LABEL},
    {"[marks]\ncommand = f a9=\"x\"\n", 2, MARK},
    {"[marks]\ncommand = f a0\n", 2, MARK},
    {"[marks]\ncommand = f as=\n", 2, WORD},
    {"[marks]\ncommand = f as=-q\n", 2, WORD},
    {"[marks]\ncommand = f as=q-\n", 2, WORD},
    {"[marks]\ncommand = f as=\"q\"\n", 2, WORD},
    {"[marks]\ncommand = f as=q<b>\n", 2, WORD},
    {"[marks]\ncommand = f as=" TIMES_4("sixsix") "x\n", 2, WORD},
    {"[marks]\ncommand = f as=query\ncommand = g as=request\n", 3,
     "this kind has another name already"},
    {"[marks]\ncommand = f as=a--b\n", 2, WORD},
    {"[marks]\ncommand = f as=2nd\n", 2, WORD},
    {"[marks]\ncommand = f as=a/b\n", 2, WORD},
    {"[marks]\ncommand = f as=connection\n", 2, TAKEN},
    {"[marks]\ncommand = f as=session\n", 2, TAKEN},
    {"[marks]\nconnection = f session=command\n", 2, TAKEN},
    {"[marks]\nconnection = f as=visit session=visit\n", 2, TAKEN},
    {"[marks]\nconnection = f session=master\n", 2, TAKEN},
    {"[marks]\nconnection = f as=visit\ncommand = g as=connection\n", 3, TAKEN},
    {"[marks]\nrestart = f as=turn\ncommand = g as=turn\n", 3, TAKEN},
    {"[marks]\nstartup = f as=q\n", 2, MARK},
    {"[marks]\ncommand = f session=q\n", 2, MARK},
    {"[marks]\ncommand = f a0=x\n", 2, MARK},
    {"[marks]\ncommand = f a0=\"\n", 2, MARK},
    {"[marks]\ncommand = f a0=\"x\n", 2, MARK},
    {"[marks]\ncommand = f a0=\"x\" y\n", 2, MARK},
    {"[roles]\na = tag=x frob=y\n", 2,
     "expected tag=, by=, root=, parent=, life=, ends= or alias="},
    {"[roles]\na = tag=\n", 2, "expected ATTRIBUTE=VALUE"},
    {"[roles]\na = root=r\n", 2, "root= and alias= take a name that [roots] has before"},
    {"[roots]\nr\n[roles]\na = alias=x\n", 4,
     "root= and alias= take a name that [roots] has before"},
    {"[roles]\na = tag=x parent=a\n", 2, "parent= takes a role that was named before this one"},
    {"[roles]\na = tag=x\nb = parent=a\n", 3, "parent= alone tells no pool"},
    {"[roles]\na = tag=x life=day\n", 2,
     "life= takes command, task, transfer, connection, restart, process, cache or queue"},
    {"[roles]\n" TIMES_16(TIMES_4("a = tag=x\n")) "a = tag=x\n", 66,
     "too many ways to know a role by"},
    {"[layout]\npool.sizes = 1\n", 2,
     "expected a key of pools, blocks, chunks or the like, see lifeguard-api(5)"},
    {"[layout]\nreuse = never\n", 2, "reuse takes room, and nothing else"},
    {"[layout]\nblock.size = 4097\n", 2, "expected a number of bytes from 0 to 4096"},
    {"[layout]\nblock.size = -1\n", 2, "expected a number of bytes from 0 to 4096"},
    {"[layout]\npool.size = 4097\n", 2, FIELD},
    {"[layout]\npool.size = pool\n", 2, FIELD},
    {"[layout]\npool.size = pool:\n", 2, FIELD},
    {"[layout]\npool.size = pool8:1\n", 2, FIELD},
    {"[layout]\npool.size = pool:1>2\n", 2, FIELD},
    {"[layout]\npool.size = pool:1>>64\n", 2, FIELD},
    {"[layout]\npool.size = pool:1+\n", 2, FIELD},
    {"[layout]\npool.size = pool:1+2>>3\n", 2, FIELD},
    {"[layout]\nallocator.count = 65\n", 2, "expected a number from 0 to 64"},
    {"[layout]\npool.place = here\n", 2, "pool.place takes block, self or apart"},
    {"[layout]\npool.check = 8\n", 2, CHECK},
    {"[layout]\npool.check = 8 1-2\n", 2, CHECK},
    {"[layout]\npool.check = 8 2..1\n", 2, CHECK},
    {"[layout]\npool.check = 8 pointer 9\n", 2, CHECK},
    {"[layout]\n" TIMES_4(TIMES_2("pool.check = 8 pointer\n")) "pool.check = 8 pointer\n", 10,
     "too many checks"},
    {"[layout]\npool.internal = a b c d e\n", 2, "too many names"},
    {"[layout]\nif = a b c\nif = d e\n", 3, "too many names"},
    {"[layout]\nfree.blocks = a0\n", 2, HOLDER},
    {"[layout]\nfree.blocks = 4096\n", 2, HOLDER},
    {"[layout]\nfree.blocks = global:a global:b global:c global:d\n", 2, "too many values"},
    {"[layout]\nunreachable = leaked\n", 2, "unreachable takes owned, and nothing else"},
    {KINDS "[layout x13]\n", 13, "too many kinds of pools"},
};

Test(pool_api_mistakes, each_mistake_is_told_with_its_line)
{
    struct api api;

    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct api_error error = {0, "none"};
        bool parsed = api_parse(mistakes[i].text, strlen(mistakes[i].text), &api, &error);
        cr_expect(!parsed, "accepted: %s", mistakes[i].text);
        cr_expect_eq(error.line, mistakes[i].line, "line %u: %s", error.line, mistakes[i].text);
        cr_expect_str_eq(error.message, mistakes[i].message, "%s", mistakes[i].text);
    }
}
