-- Sign-in: passwords, second factors, lock-outs, sessions and their tokens, API clients and their keys, nonces.
insert into epochs (name, value) values ('sign_in', 1);

create table set_up (
  id bigint primary key check (id = 1),
  code_hash bytea,
  expires_at bigint not null,
  done_at bigint
);

create table passwords (
  user_id bytea primary key references users (id),
  hash text collate "C" not null,
  must_change bigint not null,
  changed_at bigint not null
);
create table password_history (
  user_id bytea not null references users (id),
  changed_at bigint not null,
  hash text collate "C" not null,
  primary key (user_id, changed_at)
);
-- One-time links by which a person sets a password of his own.
create table password_links (
  hash bytea primary key check (length(hash) = 32),
  user_id bytea not null references users (id),
  expires_at bigint not null,
  used_at bigint,
  created_at bigint not null,
  created_by text collate "C" not null
);
create index password_links_by_user on password_links (user_id);
create index password_links_by_expires on password_links (expires_at);

-- account '' counts a source over all accounts, source '' an account over all strange sources.
create table sign_in_tries (
  account text collate "C" not null,
  source text collate "C" not null,
  since bigint not null,
  tries bigint not null,
  failed bigint not null,
  locked_until bigint not null,
  last_at bigint not null,
  primary key (account, source)
);
create index sign_in_tries_by_last on sign_in_tries (last_at);
-- Where somebody has signed in from.
create table known_sources (
  user_id bytea not null references users (id),
  source text collate "C" not null,
  last_at bigint not null,
  primary key (user_id, source)
);
create index known_sources_by_last on known_sources (last_at);

create table totp (
  user_id bytea primary key references users (id),
  state text collate "C" not null,
  sealed text collate "C" not null,
  last_used bigint not null,
  created_at bigint not null,
  confirmed_at bigint
);
create table recovery_codes (
  user_id bytea not null references users (id),
  hash bytea not null check (length(hash) = 32),
  used_at bigint,
  primary key (user_id, hash)
);

create table sessions (
  id bytea primary key check (length(id) = 16),
  user_id bytea not null references users (id),
  account text collate "C" not null,
  kind text collate "C" not null,
  address text collate "C" not null,
  agent text collate "C" not null,
  state text collate "C" not null,
  created_at bigint not null,
  last_seen_at bigint not null,
  expires_at bigint not null,
  ended_at bigint,
  end_reason text collate "C"
);
create index sessions_by_user_created on sessions (user_id, created_at, id);
create index sessions_by_created on sessions (created_at, id);
create index sessions_open on sessions (user_id) where state <> 'ended';
create index sessions_by_expires on sessions (expires_at);

create table api_clients (
  id bytea primary key check (length(id) = 16),
  department_id bytea not null references departments (id),
  name text collate "C" not null,
  title text collate "C",
  contact text collate "C",
  remark text collate "C",
  state text collate "C" not null,
  scopes text collate "C" not null,
  addresses text collate "C" not null,
  act_for bigint not null,
  always_ok bigint not null,
  rate_per_second bigint,
  expires_at bigint,
  last_used_at bigint,
  created_at bigint not null,
  created_by text collate "C" not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  revision bigint not null
);
create unique index api_clients_by_department_name on api_clients (department_id, name);
create index api_clients_by_created on api_clients (created_at, id);
create index api_clients_by_name on api_clients (name, id);
create index api_clients_by_department_created on api_clients (department_id, created_at, id);
create index api_clients_by_department_name_id on api_clients (department_id, name, id);

create table api_keys (
  access_key text collate "C" primary key,
  client_id bytea not null references api_clients (id),
  sealed text collate "C" not null,
  created_at bigint not null,
  retires_at bigint
);
create index api_keys_by_client on api_keys (client_id, created_at);

-- kind: cookie, access (a person's or a client's), refresh.
create table tokens (
  hash bytea primary key check (length(hash) = 32),
  kind text collate "C" not null,
  session_id bytea references sessions (id),
  client_id bytea references api_clients (id),
  acts_for bytea,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
create index tokens_by_session on tokens (session_id) where session_id is not null;
create index tokens_by_client on tokens (client_id) where client_id is not null;
create index tokens_by_expires on tokens (expires_at);

create table nonces (
  client_id bytea not null,
  nonce text collate "C" not null,
  at bigint not null,
  primary key (client_id, nonce)
);
create index nonces_by_at on nonces (at);
