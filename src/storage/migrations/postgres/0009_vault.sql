-- Credentials and assets. What is secret stands in columns named `sealed`, under the keyring, and nowhere else.
create table credentials (
  id bytea not null primary key,
  name text collate "C" not null,
  title text collate "C",
  type text collate "C" not null,
  department_id bytea not null references departments (id),
  owner_id bytea not null references users (id),
  deputy_id bytea references users (id),
  tags text collate "C" not null,
  data_level bigint not null,
  system_id text collate "C",
  operator_no text collate "C",
  username text collate "C",
  certificate text collate "C",
  rights_note text collate "C",
  remark text collate "C",
  exclusive bigint not null,
  state text collate "C" not null,
  refusals bigint not null,
  breaker_open bigint not null,
  expires_at bigint,
  remind_at bigint,
  reminder_due bigint,
  review_due bigint,
  latest_version bigint not null,
  algorithm text collate "C" not null,
  last_rotated_at bigint,
  last_used_at bigint,
  last_used_by text collate "C",
  created_at bigint not null, created_by text collate "C" not null, updated_at bigint not null, updated_by text collate "C" not null, revision bigint not null
);
create unique index credentials_by_department_name on credentials (department_id, name, id);
create unique index credentials_name on credentials (department_id, name);
create index credentials_by_name on credentials (name, id);
create index credentials_by_created on credentials (created_at, id);
create index credentials_by_department_created on credentials (department_id, created_at, id);
create index credentials_by_owner on credentials (owner_id);
create index credentials_by_reminder on credentials (reminder_due) where reminder_due is not null;
create table credential_versions (
  id bytea not null primary key,
  credential_id bytea not null references credentials (id),
  number bigint not null,
  sealed text collate "C" not null,
  secret_fields text collate "C" not null,
  effective_from bigint not null,
  write_key text collate "C",
  created_at bigint not null,
  created_by text collate "C" not null
);
create unique index credential_versions_by_number on credential_versions (credential_id, number, id);
create unique index credential_versions_number on credential_versions (credential_id, number);
create index credential_versions_by_bare_number on credential_versions (number, id);
create index credential_versions_in_force on credential_versions (credential_id, effective_from, number);
create unique index credential_versions_by_write on credential_versions (credential_id, write_key) where write_key is not null;
create table credential_check_outs (
  credential_id bytea not null primary key references credentials (id),
  task bytea not null,
  attempt bytea not null,
  token bigint not null,
  robot_id bytea not null,
  since bigint not null
);
create index credential_check_outs_by_attempt on credential_check_outs (attempt);
create table credential_uses (
  id bytea not null primary key,
  credential_id bytea not null,
  at bigint not null,
  kind text collate "C" not null,
  version bigint not null,
  field text collate "C",
  task bytea,
  attempt bytea,
  robot_id bytea,
  flow text collate "C",
  actor text collate "C" not null,
  detail text collate "C"
);
create index credential_uses_by_credential on credential_uses (credential_id, at, id);
create index credential_uses_by_at on credential_uses (at, id);
-- Who may use a credential or an asset besides its own department: subject is the id text of a user, role, department, robot or flow.
create table vault_grants (
  id bytea not null primary key,
  resource bytea not null,
  kind text collate "C" not null,
  subject text collate "C" not null,
  created_at bigint not null,
  created_by text collate "C" not null
);
create unique index vault_grants_by_resource on vault_grants (resource, kind, subject);
create index vault_grants_by_subject on vault_grants (subject, resource);

create table assets (
  id bytea not null primary key,
  name text collate "C" not null,
  title text collate "C",
  type text collate "C" not null,
  department_id bytea not null references departments (id),
  owner_id bytea not null references users (id),
  deputy_id bytea references users (id),
  tags text collate "C" not null,
  data_level bigint not null,
  remark text collate "C",
  latest_version bigint not null,
  created_at bigint not null, created_by text collate "C" not null, updated_at bigint not null, updated_by text collate "C" not null, revision bigint not null
);
create unique index assets_by_department_name on assets (department_id, name, id);
create unique index assets_name on assets (department_id, name);
create index assets_by_name on assets (name, id);
create index assets_by_created on assets (created_at, id);
create index assets_by_department_created on assets (department_id, created_at, id);
create index assets_by_owner on assets (owner_id);
create table asset_values (
  id bytea not null primary key,
  asset_id bytea not null references assets (id),
  version bigint not null,
  scope text collate "C" not null,
  scope_id text collate "C" not null,
  cleared bigint not null,
  value text collate "C",
  seal bytea,
  sealed text collate "C",
  effective_from bigint not null,
  rolled_back_to bigint,
  write_key text collate "C",
  created_at bigint not null,
  created_by text collate "C" not null
);
create unique index asset_values_by_version on asset_values (asset_id, version, id);
create unique index asset_values_version on asset_values (asset_id, version);
create index asset_values_by_bare_version on asset_values (version, id);
create index asset_values_in_force on asset_values (asset_id, scope, scope_id, effective_from, version);
create unique index asset_values_by_write on asset_values (asset_id, write_key) where write_key is not null;
