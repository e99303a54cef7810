-- Departments, users, roles, grants, settings and two-person approvals. Texts compare by bytes, as they do in SQLite.

-- Counters that rise in the transaction of what they stand for; nodes learn of a change by reading them.
create table epochs (
  name text collate "C" primary key,
  value bigint not null
);
insert into epochs (name, value) values ('access', 1), ('settings', 1);

create table departments (
  id bytea primary key check (length(id) = 16),
  parent_id bytea references departments (id),
  name text collate "C" not null,
  code text collate "C",
  leader_id bytea,
  region text collate "C",
  remark text collate "C",
  "order" bigint not null,
  path text collate "C" not null,
  depth bigint not null,
  legal_entity bigint not null,
  state text collate "C" not null,
  created_at bigint not null,
  created_by text collate "C" not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  revision bigint not null
);
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
values (decode('00000000000000000000000000000001', 'hex'), null, '总部', null, null, null, null, 0, '总部', 0, 1, 'enabled',
        cast(extract(epoch from now()) as bigint) * 1000000, 'setup', cast(extract(epoch from now()) as bigint) * 1000000, 'setup', 1);

create table users (
  id bytea primary key check (length(id) = 16),
  account text collate "C" not null,
  name text collate "C" not null,
  employee_no text collate "C",
  phone text collate "C",
  email text collate "C",
  kind text collate "C" not null,
  source text collate "C" not null,
  state text collate "C" not null,
  expires_at bigint,
  last_login_at bigint,
  department_id bytea not null references departments (id),
  remark text collate "C",
  created_at bigint not null,
  created_by text collate "C" not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  revision bigint not null
);
create unique index users_by_lower_account on users (lower(account)) where state <> 'deleted';
create unique index users_by_employee_no on users (employee_no) where employee_no is not null and state <> 'deleted';
create index users_by_account on users (account, id);
create index users_by_created on users (created_at, id);
create index users_by_name on users (name, id);
create index users_by_department_account on users (department_id, account, id);
create index users_by_department_created on users (department_id, created_at, id);
create index users_by_department_name on users (department_id, name, id);

create table roles (
  id bytea primary key check (length(id) = 16),
  name text collate "C" not null,
  title text collate "C" not null,
  preset bigint not null,
  permissions text collate "C" not null,
  remark text collate "C",
  created_at bigint not null,
  created_by text collate "C" not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  revision bigint not null
);
create unique index roles_by_name on roles (name);
create index roles_by_name_id on roles (name, id);
create index roles_by_created on roles (created_at, id);
-- What the preset roles may do is data of the program (domain/preset_roles.cpp): it grows with the operations.
insert into roles (id, name, title, preset, permissions, remark, created_at, created_by, updated_at, updated_by, revision)
select p.id, p.name, p.title, 1, '[]', null, d.created_at, 'setup', d.created_at, 'setup', 1
from departments d,
     (select decode('00000000000000000000000000000001', 'hex') as id, 'system_administrator' as name, '系统管理员' as title
      union all select decode('00000000000000000000000000000002', 'hex'), 'security_administrator', '安全管理员'
      union all select decode('00000000000000000000000000000003', 'hex'), 'auditor', '审计员'
      union all select decode('00000000000000000000000000000004', 'hex'), 'operator', '运维人员'
      union all select decode('00000000000000000000000000000005', 'hex'), 'flow_developer', '流程开发人员'
      union all select decode('00000000000000000000000000000006', 'hex'), 'department_head', '部门负责人'
      union all select decode('00000000000000000000000000000007', 'hex'), 'business_user', '业务人员'
      union all select decode('00000000000000000000000000000008', 'hex'), 'checker', '复核员'
      union all select decode('00000000000000000000000000000009', 'hex'), 'inspection_account', '检查账号') p;

create table grants (
  id bytea primary key check (length(id) = 16),
  user_id bytea not null references users (id),
  role_id bytea not null references roles (id),
  department_id bytea not null references departments (id),
  inherit bigint not null,
  created_at bigint not null,
  created_by text collate "C" not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  revision bigint not null
);
create unique index grants_once on grants (user_id, role_id, department_id);
create index grants_by_user_created on grants (user_id, created_at, id);
create index grants_by_created on grants (created_at, id);
create index grants_by_role on grants (role_id, user_id);
create index grants_by_department on grants (department_id);

create table settings (
  name text collate "C" primary key,
  value text collate "C" not null,
  created_at bigint not null,
  created_by text collate "C" not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  revision bigint not null
);

create table approvals (
  id bytea primary key check (length(id) = 16),
  operation text collate "C" not null,
  permission text collate "C" not null,
  input text collate "C" not null,
  digest text collate "C" not null,
  target text collate "C" not null,
  target_name text collate "C" not null,
  department_id bytea not null,
  before text collate "C" not null,
  after text collate "C" not null,
  maker_id bytea,
  maker text collate "C" not null,
  client text collate "C",
  request_reason text collate "C",
  state text collate "C" not null,
  expires_at bigint not null,
  checker_id bytea,
  checker text collate "C",
  decision_reason text collate "C",
  decided_at bigint,
  result text collate "C",
  incident text collate "C",
  after_check_due bigint,
  after_checked_at bigint,
  after_checked_by text collate "C",
  after_check text collate "C",
  after_check_note text collate "C",
  created_at bigint not null,
  created_by text collate "C" not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  revision bigint not null
);
create index approvals_by_created on approvals (created_at, id);
create index approvals_by_state_created on approvals (state, created_at, id);
create index approvals_by_maker_created on approvals (maker_id, created_at, id);
create index approvals_by_department_created on approvals (department_id, created_at, id);
create index approvals_by_operation_created on approvals (operation, created_at, id);
create index approvals_expiring on approvals (expires_at) where state = 'pending';
create index approvals_by_incident on approvals (incident, decided_at) where incident is not null;
create index approvals_by_after_check_created on approvals (after_check, created_at, id);
