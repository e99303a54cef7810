create table installation (
  id bigint not null primary key check (id = 1),
  keyring text collate "C" not null,
  authority_certificate text collate "C" not null,
  authority_key text collate "C" not null,
  server_certificate text collate "C" not null,
  server_key text collate "C" not null,
  server_until bigint not null,
  created_at bigint not null
);
create table robots (
  id bytea not null primary key,
  name text collate "C" not null,
  title text collate "C",
  department_id bytea not null references departments (id),
  state text collate "C" not null,
  fingerprint text collate "C" not null unique,
  certificate_until bigint not null,
  version text collate "C" not null,
  os text collate "C" not null,
  arch text collate "C" not null,
  slots bigint not null,
  created_at bigint not null, created_by text collate "C" not null, updated_at bigint not null, updated_by text collate "C" not null, revision bigint not null
);
create index robots_by_department on robots (department_id, created_at, id);
create index robots_by_created on robots (created_at, id);
create table enrolment_codes (
  id bytea not null primary key,
  secret_digest bytea not null unique,
  robot_name text collate "C" not null,
  department_id bytea not null references departments (id),
  expires_at bigint not null,
  used_at bigint,
  created_at bigint not null,
  created_by text collate "C" not null
);
create table trial_runs (
  task bytea not null primary key,
  attempt bytea not null unique,
  robot_id bytea not null references robots (id),
  document text collate "C" not null,
  state text collate "C" not null,
  decision text collate "C",
  created_at bigint not null,
  created_by text collate "C" not null
);
create index trial_runs_by_robot on trial_runs (robot_id, state, task);
create table robot_reports (
  task bytea not null,
  attempt bytea not null,
  seq bigint not null,
  robot_id bytea not null,
  token bigint not null,
  kind text collate "C" not null,
  body text collate "C" not null,
  at bigint not null,
  received_at bigint not null,
  primary key (attempt, seq)
);
create unique index robots_name on robots (name);
