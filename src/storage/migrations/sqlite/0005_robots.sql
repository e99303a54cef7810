create table installation (
  id integer not null primary key check (id = 1),
  keyring text not null,
  authority_certificate text not null,
  authority_key text not null,
  server_certificate text not null,
  server_key text not null,
  server_until integer not null,
  created_at integer not null
) strict;
create table robots (
  id blob not null primary key,
  name text not null,
  title text,
  department_id blob not null references departments (id),
  state text not null,
  fingerprint text not null unique,
  certificate_until integer not null,
  version text not null,
  os text not null,
  arch text not null,
  slots integer not null,
  created_at integer not null, created_by text not null, updated_at integer not null, updated_by text not null, revision integer not null
) strict;
create index robots_by_department on robots (department_id, created_at, id);
create index robots_by_created on robots (created_at, id);
create table enrolment_codes (
  id blob not null primary key,
  secret_digest blob not null unique,
  robot_name text not null,
  department_id blob not null references departments (id),
  expires_at integer not null,
  used_at integer,
  created_at integer not null,
  created_by text not null
) strict;
create table trial_runs (
  task blob not null primary key,
  attempt blob not null unique,
  robot_id blob not null references robots (id),
  document text not null,
  state text not null,
  decision text,
  created_at integer not null,
  created_by text not null
) strict;
create index trial_runs_by_robot on trial_runs (robot_id, state, task);
create table robot_reports (
  task blob not null,
  attempt blob not null,
  seq integer not null,
  robot_id blob not null,
  token integer not null,
  kind text not null,
  body text not null,
  at integer not null,
  received_at integer not null,
  primary key (attempt, seq)
) strict, without rowid;
create unique index robots_name on robots (name);
