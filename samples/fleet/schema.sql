-- schema.sql - the rows of `lifeguard export --format=ndjson`, of any number of hosts, for DuckDB.
-- $files is a path or a pattern, such as rows/*.ndjson.

create or replace table row as
    select * from read_json($files, format = 'newline_delimited', union_by_name = true,
        columns = {
            "row": 'varchar', recording: 'varchar', host: 'varchar', boot: 'varchar',
            cgroup: 'varchar', labels: 'map(varchar, varchar)', program: 'varchar',
            build_id: 'varchar', package: 'varchar', version: 'varchar', events: 'ubigint',
            lost_events: 'ubigint', commands: 'ubigint', "first": 'timestamptz', "last": 'timestamptz',
            fingerprint: 'varchar', weak: 'boolean', rule: 'varchar', severity: 'varchar',
            kind: 'varchar', path: 'varchar', tag: 'varchar', role: 'varchar',
            created_id: 'varchar', stack_id: 'varchar', "count": 'ubigint', bytes: 'ubigint',
            held_bytes: 'ubigint', held_per_unit: 'double', unit: 'varchar', frames: 'varchar[]',
            exported: 'timestamptz', whole: 'boolean', "of": 'varchar'
        });

-- One a recording: which host, which build, when, and how much work. Of several exports with
-- --since-last the last one counts, and findings do since the last whole one.
create or replace view recording as
    select recording, host, program, build_id, package, version, labels, "first", "last", commands,
        events, lost_events, max(exported) filter (whole) over (partition by recording) as since
    from row where "row" = 'recording'
    qualify exported is not distinct from max(exported) over (partition by recording);

-- One a finding of a recording, as exported last. Without symbols (weak), another build has another
-- fingerprint.
create or replace view finding as
    select f.recording, f.fingerprint, f.weak, f.rule, f.severity, f.kind, f.path, f.tag, f.role,
        f.unit, f."count", f.bytes, f.held_bytes, f.held_per_unit,
        coalesce(f.stack_id, f.created_id) as stack_id, r.host, r.build_id, r.version, r."first",
        r."last", r.commands
    from (select * from row where coalesce("of", "row") = 'finding'
            qualify exported is not distinct from
                max(exported) over (partition by recording, fingerprint, kind)) f
        join recording r using (recording)
    where f."row" = 'finding' and (f.exported is null or f.exported >= r.since);

-- Backtraces, the innermost frame first. Their ids are the same on all hosts.
create or replace view stack as
    select stack_id, any_value(frames) as frames from row where "row" = 'stack' group by stack_id;
