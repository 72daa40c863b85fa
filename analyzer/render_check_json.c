#include "render_check.h"
#include "render_report.h"

bool render_check_json(FILE *out, const struct check *check)
{
    return render_report_json(out, check->analysis);
}
