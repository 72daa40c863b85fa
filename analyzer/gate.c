#include "gate.h"

#include "memory.h"

#include <stdlib.h>

static struct gate_verdict judge(const struct finding *finding)
{
    return (struct gate_verdict){.finding = finding,
                                 .severity = finding->severity,
                                 .fails = finding->severity >= SEVERITY_ERROR};
}

static void add_up(struct gate *gate, const struct gate_verdict *verdict)
{
    gate->failing += verdict->fails;
    gate->suppressed += verdict->suppressed != NULL;
    gate->unchanged += verdict->state == GATE_UNCHANGED;
}

void gate_judge(struct gate *gate, const struct analysis *analysis)
{
    const struct findings *findings = &analysis->findings;
    *gate = (struct gate){.doubts = doubts_of(analysis->recording),
                          .verdicts = xcalloc(findings->count, sizeof *gate->verdicts),
                          .count = findings->count};
    for (size_t i = 0; i < findings->count; i++) {
        gate->verdicts[i] = judge(&findings->items[i]);
        add_up(gate, &gate->verdicts[i]);
    }
}

static void remarks_free(struct gate_remarks *remarks)
{
    for (size_t i = 0; i < remarks->count; i++)
        free(remarks->text[i]);
    free(remarks->text);
}

void gate_end(struct gate *gate)
{
    remarks_free(&gate->stale);
    remarks_free(&gate->gone);
    free(gate->verdicts);
    doubts_free(&gate->doubts);
}

const char *gate_state_name(enum gate_state state)
{
    static const char *const names[] = {"new", "unchanged", "grown"};
    return names[state];
}
