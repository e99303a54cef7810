-- Users. Deleted ones are found by none of these.

-- name: user_by_id
select id, account, name, employee_no, phone, email, kind, source, state, expires_at, last_login_at, department_id, remark, created_at, created_by,
  updated_at, updated_by, revision
from users where id = :id and state <> 'deleted';

-- name: user_standing
select id, account, name, kind, state, expires_at, department_id from users where id = :id and state <> 'deleted';

-- name: user_standing_by_account
select id, account, name, kind, state, expires_at, department_id from users where lower(account) = lower(:account) and state <> 'deleted';

-- name: user_numbered
select id from users where employee_no = :employee_no and state <> 'deleted';

-- name: user_insert
insert into users (id, account, name, employee_no, phone, email, kind, source, state, expires_at, last_login_at, department_id, remark, created_at,
  created_by, updated_at, updated_by, revision)
values (:id, :account, :name, :employee_no, :phone, :email, :kind, :source, :state, :expires_at, :last_login_at, :department_id, :remark, :created_at,
  :created_by, :updated_at, :updated_by, :revision);

-- name: user_update
update users set name = :name, employee_no = :employee_no, phone = :phone, email = :email, kind = :kind, state = :state, expires_at = :expires_at,
  department_id = :department_id, remark = :remark, updated_at = :updated_at, updated_by = :updated_by, revision = revision + 1
where id = :id and revision = :revision;

-- name: user_login
update users set last_login_at = :at where id = :id;
