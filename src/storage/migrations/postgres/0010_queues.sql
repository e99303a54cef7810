-- Data queues with their items and the keys items wait by, and human tasks. What is deleted or over stays for history, also when its
-- department goes: no foreign key.
create table queues (
  id bytea not null primary key,
  name text collate "C" not null,
  title text collate "C",
  description text collate "C",
  consumer text collate "C",
  department_id bytea not null,
  state text collate "C" not null,
  "order" text collate "C" not null,
  lease_seconds bigint not null,
  retries bigint not null,
  back_off_seconds bigint not null,
  back_off_factor bigint not null,
  back_off_most_seconds bigint not null,
  references_unique text collate "C" not null,
  reference_days bigint not null,
  abandoned text collate "C" not null,
  payload_schema text collate "C" not null,
  created_at bigint not null, created_by text collate "C" not null, updated_at bigint not null, updated_by text collate "C" not null, revision bigint not null
);
create unique index queues_name on queues (department_id, name);
create index queues_by_name on queues (name, created_at, id);
create index queues_by_created on queues (created_at, id);
create index queues_by_department on queues (department_id, created_at, id);

-- One row an attempt; a new try has the root_id of the first. rank and root_id are its place in the queue's order.
create table queue_items (
  id bytea not null primary key,
  queue_id bytea not null references queues (id),
  reference text collate "C",
  state text collate "C" not null,
  priority bigint not null,
  not_before bigint,
  deadline bigint,
  partition_key text collate "C",
  business_date bigint,
  payload text collate "C",
  output text collate "C",
  attempt bigint not null,
  root_id bytea not null,
  rank bigint not null,
  token bigint not null,
  lease_until bigint,
  holder text collate "C",
  task text collate "C",
  take_key text collate "C",
  error_kind text collate "C",
  error_code text collate "C",
  error_message text collate "C",
  remark text collate "C",
  source text collate "C",
  source_key text collate "C",
  finished_at bigint,
  created_at bigint not null, created_by text collate "C" not null, updated_at bigint not null, updated_by text collate "C" not null, revision bigint not null
);
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
  id bytea not null primary key,
  item_id bytea not null,
  at bigint not null,
  act text collate "C" not null,
  state text collate "C" not null,
  token bigint not null,
  actor text collate "C" not null,
  remark text collate "C"
);
create index queue_item_history_by_item on queue_item_history (item_id, id);

-- Keys only. A new item stands in exactly one of the three: ready, not yet due, or behind another of its partition.
create table queue_ready (
  queue_id bytea not null,
  rank bigint not null,
  age bytea not null,
  item_id bytea not null,
  deadline bigint not null,
  primary key (queue_id, rank, age, item_id)
);
create table queue_later (
  item_id bytea not null primary key,
  queue_id bytea not null,
  due bigint not null,
  rank bigint not null,
  age bytea not null,
  deadline bigint not null
);
create index queue_later_due on queue_later (queue_id, due);
create table queue_behind (
  queue_id bytea not null,
  partition_key text collate "C" not null,
  age bytea not null,
  item_id bytea not null,
  due bigint not null,
  deadline bigint not null,
  primary key (queue_id, partition_key, age, item_id)
);
-- A partition of a fifo queue in which something is not over yet: head is handed out before anything behind it.
create table queue_partitions (
  queue_id bytea not null,
  partition_key text collate "C" not null,
  head bytea not null,
  passes bigint not null,
  primary key (queue_id, partition_key)
);
create table queue_references (
  queue_id bytea not null,
  reference text collate "C" not null,
  bucket bigint not null,
  item_id bytea not null,
  until bigint not null,
  primary key (queue_id, reference, bucket)
);
create index queue_references_by_item on queue_references (item_id);
-- Sums to the numbers of items by state: each batch adds a row, the tick folds them. No row is hot.
create table queue_counts (
  id bytea not null primary key,
  queue_id bytea not null,
  state text collate "C" not null,
  n bigint not null
);
create index queue_counts_by_queue on queue_counts (queue_id, state);

create table human_tasks (
  id bytea not null primary key,
  kind text collate "C" not null,
  title text collate "C" not null,
  text text collate "C",
  shown text collate "C" not null,
  form text collate "C" not null,
  state text collate "C" not null,
  department_id bytea not null,
  role_id bytea,
  user_id bytea,
  expires_at bigint not null,
  task text collate "C",
  ask_key text collate "C",
  claimed_by_id bytea,
  claimed_by text collate "C",
  claimed_at bigint,
  answers text collate "C",
  ended_by text collate "C",
  ended_at bigint,
  reason text collate "C",
  created_at bigint not null, created_by text collate "C" not null, updated_at bigint not null, updated_by text collate "C" not null, revision bigint not null
);
create index human_tasks_by_created on human_tasks (created_at, id);
create index human_tasks_by_department on human_tasks (department_id, created_at, id);
create index human_tasks_by_state on human_tasks (state, created_at, id);
create index human_tasks_by_user on human_tasks (user_id, created_at, id);
create index human_tasks_by_task on human_tasks (task, created_at, id);
create index human_tasks_by_expiry on human_tasks (expires_at) where state in ('open', 'claimed');
create unique index human_tasks_by_key on human_tasks (task, ask_key);
