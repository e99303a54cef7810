-- Credentials and assets. What is secret stands in columns named `sealed`, under the keyring, and nowhere else.
create table credentials (
  id blob not null primary key,
  name text not null,
  title text,
  type text not null,
  department_id blob not null references departments (id),
  owner_id blob not null references users (id),
  deputy_id blob references users (id),
  tags text not null,
  data_level integer not null,
  system_id text,
  operator_no text,
  username text,
  certificate text,
  rights_note text,
  remark text,
  exclusive integer not null,
  state text not null,
  refusals integer not null,
  breaker_open integer not null,
  expires_at integer,
  remind_at integer,
  reminder_due integer,
  review_due integer,
  latest_version integer not null,
  algorithm text not null,
  last_rotated_at integer,
  last_used_at integer,
  last_used_by text,
  created_at integer not null, created_by text not null, updated_at integer not null, updated_by text not null, revision integer not null
) strict;
create unique index credentials_by_department_name on credentials (department_id, name, id);
create unique index credentials_name on credentials (department_id, name);
create index credentials_by_name on credentials (name, id);
create index credentials_by_created on credentials (created_at, id);
create index credentials_by_department_created on credentials (department_id, created_at, id);
create index credentials_by_owner on credentials (owner_id);
create index credentials_by_reminder on credentials (reminder_due) where reminder_due is not null;
create table credential_versions (
  id blob not null primary key,
  credential_id blob not null references credentials (id),
  number integer not null,
  sealed text not null,
  secret_fields text not null,
  effective_from integer not null,
  write_key text,
  created_at integer not null,
  created_by text not null
) strict;
create unique index credential_versions_by_number on credential_versions (credential_id, number, id);
create unique index credential_versions_number on credential_versions (credential_id, number);
create index credential_versions_by_bare_number on credential_versions (number, id);
create index credential_versions_in_force on credential_versions (credential_id, effective_from, number);
create unique index credential_versions_by_write on credential_versions (credential_id, write_key) where write_key is not null;
create table credential_check_outs (
  credential_id blob not null primary key references credentials (id),
  task blob not null,
  attempt blob not null,
  token integer not null,
  robot_id blob not null,
  since integer not null
) strict;
create index credential_check_outs_by_attempt on credential_check_outs (attempt);
create table credential_uses (
  id blob not null primary key,
  credential_id blob not null,
  at integer not null,
  kind text not null,
  version integer not null,
  field text,
  task blob,
  attempt blob,
  robot_id blob,
  flow text,
  actor text not null,
  detail text
) strict;
create index credential_uses_by_credential on credential_uses (credential_id, at, id);
create index credential_uses_by_at on credential_uses (at, id);
-- Who may use a credential or an asset besides its own department: subject is the id text of a user, role, department, robot or flow.
create table vault_grants (
  id blob not null primary key,
  resource blob not null,
  kind text not null,
  subject text not null,
  created_at integer not null,
  created_by text not null
) strict;
create unique index vault_grants_by_resource on vault_grants (resource, kind, subject);
create index vault_grants_by_subject on vault_grants (subject, resource);

create table assets (
  id blob not null primary key,
  name text not null,
  title text,
  type text not null,
  department_id blob not null references departments (id),
  owner_id blob not null references users (id),
  deputy_id blob references users (id),
  tags text not null,
  data_level integer not null,
  remark text,
  latest_version integer not null,
  created_at integer not null, created_by text not null, updated_at integer not null, updated_by text not null, revision integer not null
) strict;
create unique index assets_by_department_name on assets (department_id, name, id);
create unique index assets_name on assets (department_id, name);
create index assets_by_name on assets (name, id);
create index assets_by_created on assets (created_at, id);
create index assets_by_department_created on assets (department_id, created_at, id);
create index assets_by_owner on assets (owner_id);
create table asset_values (
  id blob not null primary key,
  asset_id blob not null references assets (id),
  version integer not null,
  scope text not null,
  scope_id text not null,
  cleared integer not null,
  value text,
  seal blob,
  sealed text,
  effective_from integer not null,
  rolled_back_to integer,
  write_key text,
  created_at integer not null,
  created_by text not null
) strict;
create unique index asset_values_by_version on asset_values (asset_id, version, id);
create unique index asset_values_version on asset_values (asset_id, version);
create index asset_values_by_bare_version on asset_values (version, id);
create index asset_values_in_force on asset_values (asset_id, scope, scope_id, effective_from, version);
create unique index asset_values_by_write on asset_values (asset_id, write_key) where write_key is not null;
