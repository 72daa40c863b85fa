#!/usr/bin/env bash
# check --bisect, for `git bisect run`: in a history of 64 commits the one is found that brings a
# leak, though one on the way cannot be judged and another does not build.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

LEAKS=37   # from this commit on a round leaves its pool
UNUSED=48  # nothing is done in this one
BROKEN=40  # it does not build

# The program as of commit N.
program()
{
    local leave='pool_end(pool);' rounds=20
    [ "$1" -lt $LEAKS ] || leave=
    [ "$1" -ne $UNUSED ] || rounds=0
    [ "$1" -ne $BROKEN ] || leave=')'
    cat <<END
#include <stdlib.h>
#include <unistd.h>
#define API __attribute__((noinline, noipa))
struct pool { struct pool *parent; char room[100]; };
static int version = $1;
API struct pool *pool_make(struct pool *parent)
{
    struct pool *pool = calloc(1, sizeof *pool);
    pool->parent = parent;
    return pool;
}
API void *pool_take(struct pool *pool, size_t size)
{
    return size < sizeof pool->room ? pool->room : NULL;
}
API void pool_end(struct pool *pool)
{
    free(pool);
}
API void next_round(void)
{
    __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
}
int main(void)
{
    struct pool *root = pool_make(NULL), *pool;
    for (int i = 0; i < $rounds; i++) {
        next_round();
        pool = pool_make(root);
        pool_take(pool, 48);
        $leave
    }
    _exit(version < 0);
}
END
}

make_history()
{
    local n
    git init -q . && git config user.name tester && git config user.email tester@localhost || return
    for ((n = 1; n <= 64; n++)); do
        program "$n" >program.c && git add program.c && git commit -q -m "change $n" || return
    done
}

work
command -v git >/dev/null || skip_all 'git is not installed'
cat >"$WORK/pools.api" <<'END'
[api]
name   = rounds
detect = pool_make pool_take

[functions]
pool_make = create  pool=ret parent=a0
pool_take = alloc   pool=a0 size=a1
pool_end  = destroy pool=a0

[marks]
command = next_round
END
cat >"$WORK/judge" <<END
cc -O1 -g -w -o "$WORK/program" program.c 2>/dev/null || exit 125
"$LIFEGUARD" record -f --api="$WORK/pools.api" -o "$WORK/recording" -- "$WORK/program" 2>/dev/null
"$LIFEGUARD" check --bisect "$WORK/recording" 2>/dev/null
END
mkdir "$WORK/history" && cd "$WORK/history" || exit 1
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
ok "a history of 64 commits" make_history
git bisect start HEAD "$(git rev-list --max-parents=0 HEAD)" >/dev/null
ok "is searched" git bisect run sh "$WORK/judge"
is "the commit is found" "$(git show -s --format=%s refs/bisect/bad)" "change $LEAKS"
ok "... past what cannot be judged" test "$(git for-each-ref 'refs/bisect/skip-*' | wc -l)" -ge 1
program 1 >program.c && sh "$WORK/judge" >/dev/null
is "without a leak: 0" $? 0
program 64 >program.c && sh "$WORK/judge" >/dev/null
is "with one: 1" $? 1
program $UNUSED >program.c && sh "$WORK/judge" >/dev/null
is "where nothing was done: 125" $? 125
status "what cannot be read: 125" 125 "$LIFEGUARD" check --bisect "$WORK/nowhere"
status "usage ends it: 128" 128 "$LIFEGUARD" check --bisect --error-exitcode=5 "$WORK/recording"
status "... always" 128 "$LIFEGUARD" check --bisect
done_testing
