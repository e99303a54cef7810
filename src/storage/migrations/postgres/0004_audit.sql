-- Audit and its seals, idempotency keys, the call log with its roll-ups, and the outbox of events.

-- Added to transaction numbers, so that places go on rising when the database is restored into a cluster that counts from the start.
create table audit_base (
  one bigint primary key check (one = 1),
  base bigint not null
);
insert into audit_base (one, base) values (1, 0);

-- Never updated. The order of the log is (place, seq): numbers are drawn before they commit, transactions are known to be over.
create table audit (
  seq bigint generated always as identity primary key,
  place bigint not null,
  id bytea not null unique check (length(id) = 16),
  at bigint not null,
  operation text not null,
  audit text not null,
  result bigint not null,
  count bigint not null,
  caller_kind text not null,
  channel text not null,
  actor text not null,
  account text not null,
  on_behalf_of text not null,
  address text not null,
  request_id text not null,
  target text not null,
  target_name text not null,
  department bytea check (department is null or length(department) = 16),
  before_digest text not null,
  after_digest text not null,
  before_document text not null,
  after_document text not null,
  reason text not null,
  approval text not null,
  algorithm text not null,
  key_id text not null,
  mac bytea not null
);
create index audit_place on audit (place, seq);
create index audit_at on audit (at, id);
create index audit_actor on audit (actor, at, id);
create index audit_target on audit (target, at, id);
create index audit_audit on audit (audit, at, id);

create table audit_seals (
  number bigint primary key,
  first_place bigint not null,
  end_place bigint not null,
  count bigint not null,
  total bigint not null,
  at bigint not null,
  root bytea not null,
  members bytea not null,
  previous bytea not null,
  algorithm text not null,
  key_id text not null,
  mac bytea not null
);

create table audit_checkpoints (
  number bigint primary key,
  block bigint not null,
  at bigint not null,
  document text not null
);

-- One row: which node seals now.
create table audit_sealer (
  one bigint primary key check (one = 1),
  holder bytea not null,
  until bigint not null
);
insert into audit_sealer (one, holder, until) values (1, ''::bytea, 0);

-- Refusals past the tenth of a minute, waiting for their common row.
create table audit_refusals (
  minute bigint not null,
  actor text not null,
  account text not null,
  operation text not null,
  audit text not null,
  result bigint not null,
  caller_kind text not null,
  channel text not null,
  on_behalf_of text not null,
  address text not null,
  target text not null,
  count bigint not null,
  primary key (minute, actor, account, operation, result, target)
);

create table idempotency (
  client text not null,
  operation text not null,
  idempotency_key text not null,
  body bytea not null,
  answer text not null,
  thing text not null,
  revision bigint not null,
  status bigint not null,
  without_secrets bigint not null,
  at bigint not null,
  primary key (client, operation, idempotency_key)
);
create index idempotency_at on idempotency (at);

create table call_log (
  id bytea primary key check (length(id) = 16),
  at bigint not null,
  actor text not null,
  account text not null,
  operation text not null,
  verb text not null,
  path text not null,
  status bigint not null,
  code bigint not null,
  took_micros bigint not null,
  address text not null,
  request_id text not null
);
create index call_log_at on call_log (at, id);
create index call_log_actor on call_log (actor, at, id);
create index call_log_operation on call_log (operation, at, id);

-- run: one life of one node's process, so that a node never overwrites what another, or its own former life, counted.
create table call_minutes (
  minute bigint not null,
  run bytea not null,
  actor text not null,
  operation text not null,
  code bigint not null,
  account text not null,
  count bigint not null,
  histogram bytea not null,
  primary key (minute, run, actor, operation, code)
);

create table events (
  seq bigint generated always as identity primary key,
  place bigint not null,
  id bytea not null unique check (length(id) = 16),
  type text not null,
  at bigint not null,
  subject text not null,
  body text not null
);
create index events_place on events (place, seq);
create index events_at on events (at);
