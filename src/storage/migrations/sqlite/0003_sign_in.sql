-- Sign-in: passwords, second factors, lock-outs, sessions and their tokens, API clients and their keys, nonces.
insert into epochs (name, value) values ('sign_in', 1);

create table set_up (
  id integer primary key check (id = 1),
  code_hash blob,
  expires_at integer not null,
  done_at integer
) strict;

create table passwords (
  user_id blob primary key references users (id),
  hash text not null,
  must_change integer not null,
  changed_at integer not null
) strict, without rowid;
create table password_history (
  user_id blob not null references users (id),
  changed_at integer not null,
  hash text not null,
  primary key (user_id, changed_at)
) strict, without rowid;
-- One-time links by which a person sets a password of his own.
create table password_links (
  hash blob primary key check (length(hash) = 32),
  user_id blob not null references users (id),
  expires_at integer not null,
  used_at integer,
  created_at integer not null,
  created_by text not null
) strict, without rowid;
create index password_links_by_user on password_links (user_id);
create index password_links_by_expires on password_links (expires_at);

-- account '' counts a source over all accounts, source '' an account over all strange sources.
create table sign_in_tries (
  account text not null,
  source text not null,
  since integer not null,
  tries integer not null,
  failed integer not null,
  locked_until integer not null,
  last_at integer not null,
  primary key (account, source)
) strict, without rowid;
create index sign_in_tries_by_last on sign_in_tries (last_at);
-- Where somebody has signed in from.
create table known_sources (
  user_id blob not null references users (id),
  source text not null,
  last_at integer not null,
  primary key (user_id, source)
) strict, without rowid;
create index known_sources_by_last on known_sources (last_at);

create table totp (
  user_id blob primary key references users (id),
  state text not null,
  sealed text not null,
  last_used integer not null,
  created_at integer not null,
  confirmed_at integer
) strict, without rowid;
create table recovery_codes (
  user_id blob not null references users (id),
  hash blob not null check (length(hash) = 32),
  used_at integer,
  primary key (user_id, hash)
) strict, without rowid;

create table sessions (
  id blob primary key check (length(id) = 16),
  user_id blob not null references users (id),
  account text not null,
  kind text not null,
  address text not null,
  agent text not null,
  state text not null,
  created_at integer not null,
  last_seen_at integer not null,
  expires_at integer not null,
  ended_at integer,
  end_reason text
) strict, without rowid;
create index sessions_by_user_created on sessions (user_id, created_at, id);
create index sessions_by_created on sessions (created_at, id);
create index sessions_open on sessions (user_id) where state <> 'ended';
create index sessions_by_expires on sessions (expires_at);

create table api_clients (
  id blob primary key check (length(id) = 16),
  department_id blob not null references departments (id),
  name text not null,
  title text,
  contact text,
  remark text,
  state text not null,
  scopes text not null,
  addresses text not null,
  act_for integer not null,
  always_ok integer not null,
  rate_per_second integer,
  expires_at integer,
  last_used_at integer,
  created_at integer not null,
  created_by text not null,
  updated_at integer not null,
  updated_by text not null,
  revision integer not null
) strict, without rowid;
create unique index api_clients_by_department_name on api_clients (department_id, name);
create index api_clients_by_created on api_clients (created_at, id);
create index api_clients_by_name on api_clients (name, id);
create index api_clients_by_department_created on api_clients (department_id, created_at, id);
create index api_clients_by_department_name_id on api_clients (department_id, name, id);

create table api_keys (
  access_key text primary key,
  client_id blob not null references api_clients (id),
  sealed text not null,
  created_at integer not null,
  retires_at integer
) strict, without rowid;
create index api_keys_by_client on api_keys (client_id, created_at);

-- kind: cookie, access (a person's or a client's), refresh.
create table tokens (
  hash blob primary key check (length(hash) = 32),
  kind text not null,
  session_id blob references sessions (id),
  client_id blob references api_clients (id),
  acts_for blob,
  created_at integer not null,
  expires_at integer not null,
  used_at integer
) strict, without rowid;
create index tokens_by_session on tokens (session_id) where session_id is not null;
create index tokens_by_client on tokens (client_id) where client_id is not null;
create index tokens_by_expires on tokens (expires_at);

create table nonces (
  client_id blob not null,
  nonce text not null,
  at integer not null,
  primary key (client_id, nonce)
) strict, without rowid;
create index nonces_by_at on nonces (at);
