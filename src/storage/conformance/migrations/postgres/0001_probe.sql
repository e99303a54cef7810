-- Tables of the conformance suite.
create table probe_items (
  id bytea primary key,
  name text not null unique,
  amount bigint not null default 0 check (amount >= -1000),
  note text,
  payload bytea
);
create table probe_audit (id bytea primary key, item bytea not null, what text not null);
create index probe_audit_item on probe_audit (item);
create table probe_children (id bytea primary key, item bytea not null references probe_items (id));
create table probe_tasks (
  id bytea primary key,
  department bytea not null,
  state text not null,
  name text not null,
  title text not null,
  created_at bigint not null
);
create index probe_tasks_created on probe_tasks (created_at, id);
create index probe_tasks_name on probe_tasks (name, id);
create index probe_tasks_state on probe_tasks (state, created_at, id);
create index probe_tasks_state_name on probe_tasks (state, name, id);
