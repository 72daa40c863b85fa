-- clickhouse_schema.sql - the rows of `lifeguard export --format=ndjson`, of any number of hosts, for
-- ClickHouse from 18.16 on. They come in by INSERT INTO row FORMAT JSONEachRow, with the setting
-- input_format_skip_unknown_fields.

create table if not exists row (
    day Date default today(),
    row String,
    recording String,
    host Nullable(String),
    program Nullable(String),
    build_id Nullable(String),
    package Nullable(String),
    version Nullable(String),
    commands Nullable(UInt64),
    first Nullable(String),
    last Nullable(String),
    fingerprint Nullable(String),
    weak UInt8,
    rule Nullable(String),
    severity Nullable(String),
    kind Nullable(String),
    path Nullable(String),
    tag Nullable(String),
    role Nullable(String),
    created_id Nullable(String),
    stack_id Nullable(String),
    count UInt64,
    bytes UInt64,
    held_bytes UInt64,
    held_per_unit Nullable(Float64),
    unit Nullable(String),
    frames Array(String),
    exported String,
    whole UInt8,
    of String
) engine = MergeTree partition by toYYYYMM(day) order by (row, recording);

-- One a recording: which host, which build, when, and how much work. Of several exports with
-- --since-last the last one counts, and findings do since the last whole one.
create view if not exists recording as
    select recording, argMax(ifNull(host, ''), exported) as at_host,
        argMax(ifNull(build_id, ''), exported) as build,
        argMax(ifNull(version, ''), exported) as release,
        argMax(ifNull(first, ''), exported) as began, argMax(ifNull(last, ''), exported) as ended,
        maxIf(exported, whole = 1) as since
    from row
    where row = 'recording'
    group by recording;

-- One a finding of a recording, as exported last. Without symbols (weakly), another build has
-- another fingerprint. No column has the name of one that it is made of: ClickHouse takes the name
-- for the new one everywhere.
create view if not exists finding as
    select * from (
        select recording, ifNull(fingerprint, '') as id, ifNull(kind, '') as process_kind,
            argMax(row, exported) as what, max(exported) as told, argMax(weak, exported) as weakly,
            argMax(ifNull(rule, ''), exported) as broken,
            argMax(ifNull(severity, ''), exported) as level,
            argMax(coalesce(tag, role, path, ''), exported) as pool,
            argMax(ifNull(unit, ''), exported) as per, argMax(held_bytes, exported) as held,
            argMax(ifNull(held_per_unit, 0), exported) as grows,
            argMax(coalesce(stack_id, created_id, ''), exported) as stack
        from row
        where row = 'finding' or (row = 'gone' and of = 'finding')
        group by recording, id, process_kind)
    any inner join recording using recording
    where what = 'finding' and told >= since;
