-- Departments, users, roles, grants, settings and two-person approvals.

-- Counters that rise in the transaction of what they stand for; nodes learn of a change by reading them.
create table epochs (
  name text primary key,
  value integer not null
) strict, without rowid;
insert into epochs (name, value) values ('access', 1), ('settings', 1);

create table departments (
  id blob primary key check (length(id) = 16),
  parent_id blob references departments (id),
  name text not null,
  code text,
  leader_id blob,
  region text,
  remark text,
  "order" integer not null,
  path text not null,
  depth integer not null,
  legal_entity integer not null,
  state text not null,
  created_at integer not null,
  created_by text not null,
  updated_at integer not null,
  updated_by text not null,
  revision integer not null
) strict, without rowid;
create unique index departments_by_parent_name on departments (parent_id, name);
create unique index departments_by_code on departments (code) where code is not null;
create index departments_by_parent_created on departments (parent_id, created_at, id);
create index departments_by_parent_path on departments (parent_id, path, id);
create index departments_by_parent_order on departments (parent_id, "order", id);
create index departments_by_path on departments (path, id);
create index departments_by_created on departments (created_at, id);
create index departments_by_order on departments ("order", id);
create index departments_by_name on departments (name, path, id);
create index departments_by_leader on departments (leader_id) where leader_id is not null;
insert into departments (id, parent_id, name, code, leader_id, region, remark, "order", path, depth, legal_entity, state, created_at, created_by,
                         updated_at, updated_by, revision)
values (x'00000000000000000000000000000001', null, '总部', null, null, null, null, 0, '总部', 0, 1, 'enabled',
        cast(strftime('%s', 'now') as integer) * 1000000, 'setup', cast(strftime('%s', 'now') as integer) * 1000000, 'setup', 1);

create table users (
  id blob primary key check (length(id) = 16),
  account text not null,
  name text not null,
  employee_no text,
  phone text,
  email text,
  kind text not null,
  source text not null,
  state text not null,
  expires_at integer,
  last_login_at integer,
  department_id blob not null references departments (id),
  remark text,
  created_at integer not null,
  created_by text not null,
  updated_at integer not null,
  updated_by text not null,
  revision integer not null
) strict, without rowid;
create unique index users_by_lower_account on users (lower(account)) where state <> 'deleted';
create unique index users_by_employee_no on users (employee_no) where employee_no is not null and state <> 'deleted';
create index users_by_account on users (account, id);
create index users_by_created on users (created_at, id);
create index users_by_name on users (name, id);
create index users_by_department_account on users (department_id, account, id);
create index users_by_department_created on users (department_id, created_at, id);
create index users_by_department_name on users (department_id, name, id);

create table roles (
  id blob primary key check (length(id) = 16),
  name text not null,
  title text not null,
  preset integer not null,
  permissions text not null,
  remark text,
  created_at integer not null,
  created_by text not null,
  updated_at integer not null,
  updated_by text not null,
  revision integer not null
) strict, without rowid;
create unique index roles_by_name on roles (name);
create index roles_by_name_id on roles (name, id);
create index roles_by_created on roles (created_at, id);
-- What the preset roles may do is data of the program (domain/preset_roles.cpp): it grows with the operations.
insert into roles (id, name, title, preset, permissions, remark, created_at, created_by, updated_at, updated_by, revision)
select p.id, p.name, p.title, 1, '[]', null, d.created_at, 'setup', d.created_at, 'setup', 1
from departments d,
     (select x'00000000000000000000000000000001' as id, 'system_administrator' as name, '系统管理员' as title
      union all select x'00000000000000000000000000000002', 'security_administrator', '安全管理员'
      union all select x'00000000000000000000000000000003', 'auditor', '审计员'
      union all select x'00000000000000000000000000000004', 'operator', '运维人员'
      union all select x'00000000000000000000000000000005', 'flow_developer', '流程开发人员'
      union all select x'00000000000000000000000000000006', 'department_head', '部门负责人'
      union all select x'00000000000000000000000000000007', 'business_user', '业务人员'
      union all select x'00000000000000000000000000000008', 'checker', '复核员'
      union all select x'00000000000000000000000000000009', 'inspection_account', '检查账号') p;

create table grants (
  id blob primary key check (length(id) = 16),
  user_id blob not null references users (id),
  role_id blob not null references roles (id),
  department_id blob not null references departments (id),
  inherit integer not null,
  created_at integer not null,
  created_by text not null,
  updated_at integer not null,
  updated_by text not null,
  revision integer not null
) strict, without rowid;
create unique index grants_once on grants (user_id, role_id, department_id);
create index grants_by_user_created on grants (user_id, created_at, id);
create index grants_by_created on grants (created_at, id);
create index grants_by_role on grants (role_id, user_id);
create index grants_by_department on grants (department_id);

create table settings (
  name text primary key,
  value text not null,
  created_at integer not null,
  created_by text not null,
  updated_at integer not null,
  updated_by text not null,
  revision integer not null
) strict, without rowid;

create table approvals (
  id blob primary key check (length(id) = 16),
  operation text not null,
  permission text not null,
  input text not null,
  digest text not null,
  target text not null,
  target_name text not null,
  department_id blob not null,
  before text not null,
  after text not null,
  maker_id blob,
  maker text not null,
  client text,
  request_reason text,
  state text not null,
  expires_at integer not null,
  checker_id blob,
  checker text,
  decision_reason text,
  decided_at integer,
  result text,
  incident text,
  after_check_due integer,
  after_checked_at integer,
  after_checked_by text,
  after_check text,
  after_check_note text,
  created_at integer not null,
  created_by text not null,
  updated_at integer not null,
  updated_by text not null,
  revision integer not null
) strict, without rowid;
create index approvals_by_created on approvals (created_at, id);
create index approvals_by_state_created on approvals (state, created_at, id);
create index approvals_by_maker_created on approvals (maker_id, created_at, id);
create index approvals_by_department_created on approvals (department_id, created_at, id);
create index approvals_by_operation_created on approvals (operation, created_at, id);
create index approvals_expiring on approvals (expires_at) where state = 'pending';
create index approvals_by_incident on approvals (incident, decided_at) where incident is not null;
create index approvals_by_after_check_created on approvals (after_check, created_at, id);
