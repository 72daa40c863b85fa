// Prints what DuckDB sums up over the rows of all recordings: by fingerprint, then by backtrace.
import {DuckDBInstance} from '@duckdb/node-api';

const database = await (await DuckDBInstance.create()).connect();
const rows = `read_json_auto('${process.argv[2]}', union_by_name = true)`;

async function print(query) {
    for (const row of (await database.runAndReadAll(query)).getRows())
        console.log(row.join(' '));
}

await print(`select rule, fingerprint, count(distinct recording), sum(count), sum(bytes)
             from ${rows} where row = 'finding' group by all order by all`);
await print(`select 'taken', sum(a.bytes), sum(a.live_bytes), count(distinct a.stack_id)
             from ${rows} a join (select distinct stack_id from ${rows} where row = 'stack') s
             using (stack_id) where a.row = 'allocation'`);
