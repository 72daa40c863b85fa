-- questions.sql - what is asked of a fleet; each question is a statement behind its name.

-- name: leaks
-- Which leaks, in which build first, on how many hosts, how fast.
select fingerprint, rule, coalesce(tag, role, path) as pool,
    arg_min(build_id, "first") as first_build, min("first") as since,
    count(distinct host) as hosts, sum(held_bytes) as held_bytes,
    round(avg(held_per_unit), 1) as bytes_a_unit, any_value(unit) as unit
from finding
where severity = 'error'
group by fingerprint, rule, pool
order by held_bytes desc;

-- name: new
-- What is new in build $build: in it, and in no other. Fingerprints without symbols are other ones
-- in each build, and say nothing.
select fingerprint, rule, severity, coalesce(tag, role, path) as pool,
    count(distinct host) as hosts, sum(held_bytes) as held_bytes
from finding
where not weak
group by fingerprint, rule, severity, pool
having bool_and(build_id = $build)
order by held_bytes desc;

-- name: hosts
-- How many of the hosts of each build have finding $fingerprint: is it the build, or what they do?
select r.build_id, any_value(r.version) as version, count(distinct r.host) as hosts,
    count(distinct f.host) as with_it, sum(f.held_bytes) as held_bytes
from recording r
left join finding f on f.recording = r.recording and f.fingerprint = $fingerprint
group by r.build_id
order by min(r."first");

-- name: where
-- The backtrace of finding $fingerprint.
select unnest(frames) as frame
from stack
where stack_id = (select any_value(stack_id) from finding where fingerprint = $fingerprint);
