-- Tables of the conformance suite.
create table probe_items (
  id blob primary key,
  name text not null unique,
  amount integer not null default 0 check (amount >= -1000),
  note text,
  payload blob
) strict;
create table probe_audit (id blob primary key, item blob not null, what text not null) strict;
create index probe_audit_item on probe_audit (item);
create table probe_children (id blob primary key, item blob not null references probe_items (id)) strict;
create table probe_tasks (
  id blob primary key,
  department blob not null,
  state text not null,
  name text not null,
  title text not null,
  created_at integer not null
) strict;
create index probe_tasks_created on probe_tasks (created_at, id);
create index probe_tasks_name on probe_tasks (name, id);
create index probe_tasks_state on probe_tasks (state, created_at, id);
create index probe_tasks_state_name on probe_tasks (state, name, id);
