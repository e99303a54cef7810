-- name: robot_insert
insert into robots (id, name, title, department_id, state, fingerprint, certificate_until, version, os, arch, slots, created_at, created_by, updated_at, updated_by, revision)
values (:id, :name, null, :department_id, 'enabled', :fingerprint, :certificate_until, :version, :os, :arch, :slots, :now, :actor, :now, :actor, 1);
-- name: robot_by_id
select id, name, title, department_id, state, certificate_until, version, os, arch, slots, created_at, created_by, updated_at, updated_by, revision from robots where id = :id;
-- name: robot_by_name
select id, department_id from robots where name = :name;
-- name: robot_fingerprints
select id, name, department_id, fingerprint from robots where state = 'enabled' and id > :after order by id limit 500;
-- name: robot_set_state
update robots set state = :state, updated_at = :now, updated_by = :actor, revision = revision + 1 where id = :id and revision = :revision;
-- name: enrolment_insert
insert into enrolment_codes (id, secret_digest, robot_name, department_id, expires_at, used_at, created_at, created_by)
values (:id, :secret_digest, :robot_name, :department_id, :expires_at, null, :now, :actor);
-- name: enrolment_take
update enrolment_codes set used_at = :now where secret_digest = :secret_digest and used_at is null and expires_at > :now returning robot_name, department_id;
-- name: trial_insert
insert into trial_runs (task, attempt, robot_id, document, state, decision, created_at, created_by)
values (:task, :attempt, :robot_id, :document, 'waiting', null, :now, :actor);
-- name: trials_waiting
select task, attempt, document from trial_runs where robot_id = :robot_id and state = 'waiting' order by task limit 50;
-- name: trial_by_task
select t.task, t.attempt, t.robot_id, t.state, t.decision, t.created_at, t.created_by, r.department_id
from trial_runs t join robots r on r.id = t.robot_id where t.task = :task;
-- name: trial_decided
update trial_runs set state = :state, decision = :decision where attempt = :attempt and state = 'waiting';
-- name: trial_finished
update trial_runs set state = 'finished' where attempt = :attempt and state <> 'finished';
-- name: reports_of_task
select seq, token, kind, body, at, received_at from robot_reports where attempt = :attempt order by seq limit 1000;
-- name: report_insert
insert into robot_reports (task, attempt, seq, robot_id, token, kind, body, at, received_at)
values (:task, :attempt, :seq, :robot_id, :token, :kind, :body, :at, :received_at) on conflict do nothing;
-- name: robot_fingerprint
select fingerprint from robots where id = :id;
