-- Audit and its seals, idempotency keys, the call log with its roll-ups, and the outbox of events.

-- Never updated. The order of the log (its "place") is seq; PostgreSQL has a column of its own for that.
create table audit (
  seq integer primary key autoincrement,
  id blob not null unique check (length(id) = 16),
  at integer not null,
  operation text not null,
  audit text not null,
  result integer not null,
  count integer not null,
  caller_kind text not null,
  channel text not null,
  actor text not null,
  account text not null,
  on_behalf_of text not null,
  address text not null,
  request_id text not null,
  target text not null,
  target_name text not null,
  department blob check (department is null or length(department) = 16),
  before_digest text not null,
  after_digest text not null,
  before_document text not null,
  after_document text not null,
  reason text not null,
  approval text not null,
  algorithm text not null,
  key_id text not null,
  mac blob not null
) strict;
create index audit_at on audit (at, id);
create index audit_actor on audit (actor, at, id);
create index audit_target on audit (target, at, id);
create index audit_audit on audit (audit, at, id);

create table audit_seals (
  number integer primary key,
  first_place integer not null,
  end_place integer not null,
  count integer not null,
  total integer not null,
  at integer not null,
  root blob not null,
  members blob not null,
  previous blob not null,
  algorithm text not null,
  key_id text not null,
  mac blob not null
) strict;

create table audit_checkpoints (
  number integer primary key,
  block integer not null,
  at integer not null,
  document text not null
) strict;

-- One row: which node seals now.
create table audit_sealer (
  one integer primary key check (one = 1),
  holder blob not null,
  until integer not null
) strict;
insert into audit_sealer (one, holder, until) values (1, x'', 0);

-- Refusals past the tenth of a minute, waiting for their common row.
create table audit_refusals (
  minute integer not null,
  actor text not null,
  account text not null,
  operation text not null,
  audit text not null,
  result integer not null,
  caller_kind text not null,
  channel text not null,
  on_behalf_of text not null,
  address text not null,
  target text not null,
  count integer not null,
  primary key (minute, actor, account, operation, result, target)
) strict, without rowid;

create table idempotency (
  client text not null,
  operation text not null,
  idempotency_key text not null,
  body blob not null,
  answer text not null,
  thing text not null,
  revision integer not null,
  status integer not null,
  without_secrets integer not null,
  at integer not null,
  primary key (client, operation, idempotency_key)
) strict;
create index idempotency_at on idempotency (at);

create table call_log (
  id blob primary key check (length(id) = 16),
  at integer not null,
  actor text not null,
  account text not null,
  operation text not null,
  verb text not null,
  path text not null,
  status integer not null,
  code integer not null,
  took_micros integer not null,
  address text not null,
  request_id text not null
) strict, without rowid;
create index call_log_at on call_log (at, id);
create index call_log_actor on call_log (actor, at, id);
create index call_log_operation on call_log (operation, at, id);

-- run: one life of one node's process, so that a node never overwrites what another, or its own former life, counted.
create table call_minutes (
  minute integer not null,
  run blob not null,
  actor text not null,
  operation text not null,
  code integer not null,
  account text not null,
  count integer not null,
  histogram blob not null,
  primary key (minute, run, actor, operation, code)
) strict, without rowid;

create table events (
  seq integer primary key autoincrement,
  id blob not null unique check (length(id) = 16),
  type text not null,
  at integer not null,
  subject text not null,
  body text not null
) strict;
create index events_at on events (at);
