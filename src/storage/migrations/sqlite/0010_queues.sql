-- Data queues with their items and the keys items wait by, and human tasks. What is deleted or over stays for history, also when its
-- department goes: no foreign key.
create table queues (
  id blob not null primary key,
  name text not null,
  title text,
  description text,
  consumer text,
  department_id blob not null,
  state text not null,
  "order" text not null,
  lease_seconds integer not null,
  retries integer not null,
  back_off_seconds integer not null,
  back_off_factor integer not null,
  back_off_most_seconds integer not null,
  references_unique text not null,
  reference_days integer not null,
  abandoned text not null,
  payload_schema text not null,
  created_at integer not null, created_by text not null, updated_at integer not null, updated_by text not null, revision integer not null
) strict;
create unique index queues_name on queues (department_id, name);
create index queues_by_name on queues (name, created_at, id);
create index queues_by_created on queues (created_at, id);
create index queues_by_department on queues (department_id, created_at, id);

-- One row an attempt; a new try has the root_id of the first. rank and root_id are its place in the queue's order.
create table queue_items (
  id blob not null primary key,
  queue_id blob not null references queues (id),
  reference text,
  state text not null,
  priority integer not null,
  not_before integer,
  deadline integer,
  partition_key text,
  business_date integer,
  payload text,
  output text,
  attempt integer not null,
  root_id blob not null,
  rank integer not null,
  token integer not null,
  lease_until integer,
  holder text,
  task text,
  take_key text,
  error_kind text,
  error_code text,
  error_message text,
  remark text,
  source text,
  source_key text,
  finished_at integer,
  created_at integer not null, created_by text not null, updated_at integer not null, updated_by text not null, revision integer not null
) strict;
create index queue_items_by_queue on queue_items (queue_id, id);
create index queue_items_by_state on queue_items (queue_id, state, id);
create index queue_items_by_reference on queue_items (queue_id, reference, id) where reference is not null;
create index queue_items_by_date on queue_items (queue_id, business_date, id) where business_date is not null;
create index queue_items_by_root on queue_items (root_id, attempt) where attempt > 1;
create index queue_items_by_lease on queue_items (lease_until) where lease_until is not null;
create index queue_items_by_deadline on queue_items (deadline) where state = 'new' and deadline is not null;
create index queue_items_by_holder on queue_items (holder, take_key) where holder is not null;
create unique index queue_items_by_source on queue_items (source_key) where source_key is not null;

-- Never updated: the record of machine traffic.
create table queue_item_history (
  id blob not null primary key,
  item_id blob not null,
  at integer not null,
  act text not null,
  state text not null,
  token integer not null,
  actor text not null,
  remark text
) strict, without rowid;
create index queue_item_history_by_item on queue_item_history (item_id, id);

-- Keys only. A new item stands in exactly one of the three: ready, not yet due, or behind another of its partition.
create table queue_ready (
  queue_id blob not null,
  rank integer not null,
  age blob not null,
  item_id blob not null,
  deadline integer not null,
  primary key (queue_id, rank, age, item_id)
) strict, without rowid;
create table queue_later (
  item_id blob not null primary key,
  queue_id blob not null,
  due integer not null,
  rank integer not null,
  age blob not null,
  deadline integer not null
) strict, without rowid;
create index queue_later_due on queue_later (queue_id, due);
create table queue_behind (
  queue_id blob not null,
  partition_key text not null,
  age blob not null,
  item_id blob not null,
  due integer not null,
  deadline integer not null,
  primary key (queue_id, partition_key, age, item_id)
) strict, without rowid;
-- A partition of a fifo queue in which something is not over yet: head is handed out before anything behind it.
create table queue_partitions (
  queue_id blob not null,
  partition_key text not null,
  head blob not null,
  passes integer not null,
  primary key (queue_id, partition_key)
) strict, without rowid;
create table queue_references (
  queue_id blob not null,
  reference text not null,
  bucket integer not null,
  item_id blob not null,
  until integer not null,
  primary key (queue_id, reference, bucket)
) strict, without rowid;
create index queue_references_by_item on queue_references (item_id);
-- Sums to the numbers of items by state: each batch adds a row, the tick folds them. No row is hot.
create table queue_counts (
  id blob not null primary key,
  queue_id blob not null,
  state text not null,
  n integer not null
) strict, without rowid;
create index queue_counts_by_queue on queue_counts (queue_id, state);

create table human_tasks (
  id blob not null primary key,
  kind text not null,
  title text not null,
  text text,
  shown text not null,
  form text not null,
  state text not null,
  department_id blob not null,
  role_id blob,
  user_id blob,
  expires_at integer not null,
  task text,
  ask_key text,
  claimed_by_id blob,
  claimed_by text,
  claimed_at integer,
  answers text,
  ended_by text,
  ended_at integer,
  reason text,
  created_at integer not null, created_by text not null, updated_at integer not null, updated_by text not null, revision integer not null
) strict;
create index human_tasks_by_created on human_tasks (created_at, id);
create index human_tasks_by_department on human_tasks (department_id, created_at, id);
create index human_tasks_by_state on human_tasks (state, created_at, id);
create index human_tasks_by_user on human_tasks (user_id, created_at, id);
create index human_tasks_by_task on human_tasks (task, created_at, id);
create index human_tasks_by_expiry on human_tasks (expires_at) where state in ('open', 'claimed');
create unique index human_tasks_by_key on human_tasks (task, ask_key);
