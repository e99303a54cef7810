-- name: approval_by_id
select id, operation, permission, input, digest, target, target_name, department_id, before, after, maker_id, maker, client, request_reason, state, expires_at,
  checker_id, checker, decision_reason, decided_at, result, incident, after_check_due, after_checked_at, after_checked_by, after_check,
  after_check_note, created_at, created_by, updated_at, updated_by, revision
from approvals where id = :id;

-- name: approval_insert
insert into approvals (id, operation, permission, input, digest, target, target_name, department_id, before, after, maker_id, maker, client, request_reason, state,
  expires_at, checker_id, checker, decision_reason, decided_at, result, incident, after_check_due, after_checked_at, after_checked_by,
  after_check, after_check_note, created_at, created_by, updated_at, updated_by, revision)
values (:id, :operation, :permission, :input, :digest, :target, :target_name, :department_id, :before, :after, :maker_id, :maker, :client, :request_reason, :state,
  :expires_at, :checker_id, :checker, :decision_reason, :decided_at, :result, :incident, :after_check_due, :after_checked_at, :after_checked_by,
  :after_check, :after_check_note, :created_at, :created_by, :updated_at, :updated_by, :revision);

-- name: approval_update
update approvals set digest = :digest, request_reason = :request_reason, state = :state, checker_id = :checker_id, checker = :checker,
  decision_reason = :decision_reason, decided_at = :decided_at, result = :result, incident = :incident, after_check_due = :after_check_due,
  after_checked_at = :after_checked_at, after_checked_by = :after_checked_by, after_check = :after_check,
  after_check_note = :after_check_note, updated_at = :updated_at, updated_by = :updated_by, revision = revision + 1
where id = :id and revision = :revision;

-- name: approvals_expired
select id from approvals where state = 'pending' and expires_at <= :now order by expires_at limit :most;

-- name: approval_expire
update approvals set state = 'expired', updated_at = :now, updated_by = :actor, revision = revision + 1 where id = :id and state = 'pending';

-- name: after_checks_overdue
select id from approvals where after_check = 'due' and after_check_due <= :now order by created_at limit :most;

-- name: approval_incident_start
select decided_at from approvals where incident = :incident order by decided_at limit 1;
