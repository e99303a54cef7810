-- Human tasks.

-- name: human_task_by_id
select id, kind, title, text, shown, form, state, department_id, role_id, user_id, expires_at, task, claimed_by_id, claimed_by, claimed_at, answers,
  ended_by, ended_at, reason, created_at, created_by, updated_at, updated_by, revision
from human_tasks where id = :id;
-- name: human_task_by_key
select id from human_tasks where task = :task and ask_key = :ask_key;
-- name: human_task_insert
insert into human_tasks (id, kind, title, text, shown, form, state, department_id, role_id, user_id, expires_at, task, ask_key, claimed_by_id,
  claimed_by, claimed_at, answers, ended_by, ended_at, reason, created_at, created_by, updated_at, updated_by, revision)
values (:id, :kind, :title, :text, :shown, :form, :state, :department_id, :role_id, :user_id, :expires_at, :task, :ask_key, :claimed_by_id,
  :claimed_by, :claimed_at, :answers, :ended_by, :ended_at, :reason, :created_at, :created_by, :updated_at, :updated_by, :revision);
-- name: human_task_update
update human_tasks set state = :state, department_id = :department_id, role_id = :role_id, user_id = :user_id, claimed_by_id = :claimed_by_id,
  claimed_by = :claimed_by, claimed_at = :claimed_at, answers = :answers, ended_by = :ended_by, ended_at = :ended_at, reason = :reason,
  updated_at = :updated_at, updated_by = :updated_by, revision = revision + 1
where id = :id and revision = :revision;

-- Live ones the person has claimed, that name him, or that name nobody: who may do the last is judged one by one.
-- name: human_tasks_maybe_of
select id, kind, title, text, shown, form, state, department_id, role_id, user_id, expires_at, task, claimed_by_id, claimed_by, claimed_at, answers,
  ended_by, ended_at, reason, created_at, created_by, updated_at, updated_by, revision
from human_tasks
where state in ('open', 'claimed') and expires_at > :now
  and ((state = 'claimed' and claimed_by_id = :user_id) or (state = 'open' and (user_id is null or user_id = :user_id)))
  and (created_at > :after_at or (created_at = :after_at and id > :after_id))
order by created_at, id limit 200;
-- Whether the person holds the role in the department, or above it with inheritance.
-- name: human_task_role_held
with recursive above (id, parent_id) as (
  select d.id, d.parent_id from departments d where d.id = :department_id
  union all
  select d.id, d.parent_id from departments d join above a on d.id = a.parent_id)
select count(1) as n from above a join grants g on g.department_id = a.id
where g.user_id = :user_id and g.role_id = :role_id and (g.inherit = 1 or g.department_id = :department_id);
-- name: human_tasks_past
select id from human_tasks where state in ('open', 'claimed') and expires_at <= :now order by expires_at limit :limit;
-- name: human_task_department_count
select count(1) as n from human_tasks where department_id = :id and state in ('open', 'claimed');
-- name: human_tasks_of_user_count
select count(1) as n from human_tasks where user_id = :user_id and state in ('open', 'claimed');
-- name: human_tasks_hand_over
update human_tasks set user_id = :to, state = 'open', claimed_by_id = null, claimed_by = null, claimed_at = null, updated_at = :now,
  updated_by = :actor, revision = revision + 1
where user_id = :from and state in ('open', 'claimed');
