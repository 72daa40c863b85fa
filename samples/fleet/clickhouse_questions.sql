-- clickhouse_questions.sql - what is asked of a fleet, as in questions.sql; each question is a
-- statement behind its name.

-- name: leaks
-- Which leaks, in which build first, on how many hosts, how fast.
select id as fingerprint, broken as rule, pool, argMin(build, began) as first_build,
    min(began) as since, uniqExact(at_host) as hosts, sum(held) as held_bytes,
    round(avg(grows), 1) as bytes_a_unit, any(per) as unit
from finding
where level = 'error'
group by id, broken, pool
order by held_bytes desc;

-- name: new
-- What is new in build $build: in it, and in no other. Fingerprints without symbols are other ones
-- in each build, and say nothing.
select id as fingerprint, broken as rule, level as severity, pool, uniqExact(at_host) as hosts,
    sum(held) as held_bytes
from finding
where weakly = 0
group by id, broken, level, pool
having min(build = $build) = 1
order by held_bytes desc;

-- name: hosts
-- How many of the hosts of each build have finding $fingerprint: is it the build, or what they do?
select build as build_id, any(release) as version, uniqExact(at_host) as hosts, sum(has) as with_it,
    sum(held) as held_bytes
from recording
    any left join (select recording, 1 as has, held from finding where id = $fingerprint)
    using recording
group by build
order by min(began);

-- name: where
-- The backtrace of finding $fingerprint.
select arrayJoin(lines) as frame
from (
    select any(frames) as lines
    from row
    where row = 'stack' and ifNull(stack_id, '') in (
        select any(stack) from finding where id = $fingerprint));
