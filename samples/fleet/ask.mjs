// ask.mjs - asks rows of `lifeguard export --format=ndjson` one of the questions of questions.sql.
//
//   node ask.mjs FILES QUESTION [NAME=VALUE...]     FILES may be a pattern, for DuckDB to expand
//   node ask.mjs NAME.duckdb load FILES             keeps the rows, for many questions
//   node ask.mjs NAME.duckdb QUESTION [NAME=VALUE...]
//
// Prints a JSON object a line. Needs the npm package @duckdb/node-api.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const here = new URL('.', import.meta.url);

/** The package, as seen from where the command is run. */
async function load() {
    const path = createRequire(`${process.cwd()}/`).resolve('@duckdb/node-api');
    const module = await import(pathToFileURL(path));
    return module.DuckDBInstance ?? module.default.DuckDBInstance;
}

function question(name) {
    const text = readFileSync(new URL('questions.sql', here), 'utf8');
    const found = text.split(/^-- name: /m).find((part) => part.split('\n', 1)[0] === name);
    if (!found)
        throw new Error(`questions.sql has no question '${name}'`);
    return found.slice(name.length);
}

async function makeTables(database, files) {
    for (const statement of readFileSync(new URL('schema.sql', here), 'utf8').split(';'))
        if (/\b(table|view)\b/.test(statement))
            await database.run(statement.replaceAll('$files', `'${files.replaceAll("'", "''")}'`));
}

async function ask(database, name, given) {
    const values = Object.fromEntries(given.map((word) => word.split(/=(.*)/s, 2)));
    const result = await database.runAndReadAll(question(name), values);
    for (const row of result.getRowObjectsJson())
        console.log(JSON.stringify(row));
}

async function main([from, name, ...given]) {
    if (!name)
        throw new Error('usage: node ask.mjs FILES|NAME.duckdb QUESTION [NAME=VALUE...]');
    const kept = from.endsWith('.duckdb');
    const database = await (await (await load()).create(kept ? from : ':memory:')).connect();
    if (kept && name === 'load')
        return makeTables(database, given[0]);
    if (!kept)
        await makeTables(database, from);
    return ask(database, name, given);
}

main(process.argv.slice(2)).catch((error) => {
    console.error(`ask.mjs: ${error.message}`);
    process.exitCode = 2;
});
