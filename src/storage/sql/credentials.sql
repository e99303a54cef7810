-- Credentials: their rows, versions, check-outs and use log. `sealed` is answered to services/vault only.

-- name: credential_by_id
select id, name, title, type, department_id, owner_id, deputy_id, tags, data_level, system_id, operator_no, username, certificate, rights_note, remark,
  exclusive, state, refusals, breaker_open, expires_at, remind_at, review_due, latest_version, algorithm, last_rotated_at, last_used_at, last_used_by,
  created_at, created_by, updated_at, updated_by, revision
from credentials where id = :id;

-- name: credential_named
select id from credentials where department_id = :department_id and name = :name;

-- Those of this name a task may come to: in its department or above, or shared with it.
-- name: credentials_called
select id, department_id from credentials where name = :name order by id;

-- name: credential_insert
insert into credentials (id, name, title, type, department_id, owner_id, deputy_id, tags, data_level, system_id, operator_no, username, certificate,
  rights_note, remark, exclusive, state, refusals, breaker_open, expires_at, remind_at, reminder_due, review_due, latest_version, algorithm,
  last_rotated_at, last_used_at, last_used_by, created_at, created_by, updated_at, updated_by, revision)
values (:id, :name, :title, :type, :department_id, :owner_id, :deputy_id, :tags, :data_level, :system_id, :operator_no, :username, :certificate,
  :rights_note, :remark, :exclusive, :state, :refusals, :breaker_open, :expires_at, :remind_at, :reminder_due, :review_due, :latest_version,
  :algorithm, :last_rotated_at, null, null, :created_at, :created_by, :updated_at, :updated_by, :revision);

-- name: credential_update
update credentials set name = :name, title = :title, department_id = :department_id, owner_id = :owner_id, deputy_id = :deputy_id, tags = :tags,
  data_level = :data_level, system_id = :system_id, operator_no = :operator_no, username = :username, certificate = :certificate,
  rights_note = :rights_note, remark = :remark, exclusive = :exclusive, state = :state, refusals = :refusals, breaker_open = :breaker_open,
  expires_at = :expires_at, remind_at = :remind_at, review_due = :review_due, latest_version = :latest_version,
  algorithm = :algorithm, last_rotated_at = :last_rotated_at, updated_at = :updated_at, updated_by = :updated_by, revision = revision + 1
where id = :id and revision = :revision;

-- name: credential_delete
delete from credentials where id = :id and revision = :revision;

-- name: credential_used
update credentials set last_used_at = :now, last_used_by = :by where id = :id;

-- name: credential_breaker
update credentials set refusals = :refusals, breaker_open = :breaker_open where id = :id;

-- name: credential_version_insert
insert into credential_versions (id, credential_id, number, sealed, secret_fields, effective_from, write_key, created_at, created_by)
values (:id, :credential_id, :number, :sealed, :secret_fields, :effective_from, :write_key, :now, :actor);

-- The version in force: of those that have begun the one that began last.
-- name: credential_version_in_force
select id, number, sealed, secret_fields, effective_from from credential_versions
where credential_id = :credential_id and effective_from <= :now order by effective_from desc, number desc limit 1;

-- name: credential_version_next
select number, effective_from from credential_versions
where credential_id = :credential_id and effective_from > :now order by effective_from, number limit 1;

-- name: credential_version_written
select number from credential_versions where credential_id = :credential_id and write_key = :write_key;

-- name: credential_versions_drop
delete from credential_versions where credential_id = :credential_id;

-- name: credential_check_out
select task, attempt, token, robot_id, since from credential_check_outs where credential_id = :credential_id;

-- name: credential_check_out_put
insert into credential_check_outs (credential_id, task, attempt, token, robot_id, since)
values (:credential_id, :task, :attempt, :token, :robot_id, :now)
on conflict (credential_id) do update set task = excluded.task, attempt = excluded.attempt, token = excluded.token, robot_id = excluded.robot_id,
  since = case when credential_check_outs.task = excluded.task then credential_check_outs.since else excluded.since end;

-- name: credential_check_out_drop
delete from credential_check_outs where credential_id = :credential_id;

-- name: credential_check_outs_drop_of_attempt
delete from credential_check_outs where attempt = :attempt;

-- name: credential_use_insert
insert into credential_uses (id, credential_id, at, kind, version, field, task, attempt, robot_id, flow, actor, detail)
values (:id, :credential_id, :at, :kind, :version, :field, :task, :attempt, :robot_id, :flow, :actor, :detail);

-- name: credentials_owned_count
select count(1) as n from credentials where owner_id = :user_id or deputy_id = :user_id;

-- name: credentials_owned_transfer
update credentials set owner_id = case when owner_id = :user_id then :to else owner_id end,
  deputy_id = case when deputy_id = :user_id then null else deputy_id end, updated_at = :now, updated_by = :actor, revision = revision + 1
where owner_id = :user_id or deputy_id = :user_id;

-- name: credentials_in_department_count
select count(1) as n from credentials where department_id = :id;

-- name: credentials_to_remind
select id, name, department_id, owner_id, expires_at from credentials where reminder_due <= :now order by reminder_due limit :most;

-- name: credential_reminder
update credentials set reminder_due = :due where id = :id;
