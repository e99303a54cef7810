-- Data queues; what robots and callers do to many items at once takes its rows packed (services/packed_rows.h).

-- name: queue_by_id
select id, name, title, description, consumer, department_id, state, "order", lease_seconds, retries, back_off_seconds, back_off_factor,
  back_off_most_seconds, references_unique, reference_days, abandoned, payload_schema, created_at, created_by, updated_at, updated_by, revision
from queues where id = :id;
-- name: queue_named
select id from queues where department_id = :department_id and name = :name;
-- name: queue_insert
insert into queues (id, name, title, description, consumer, department_id, state, "order", lease_seconds, retries, back_off_seconds, back_off_factor,
  back_off_most_seconds, references_unique, reference_days, abandoned, payload_schema, created_at, created_by, updated_at, updated_by, revision)
values (:id, :name, :title, :description, :consumer, :department_id, :state, :order, :lease_seconds, :retries, :back_off_seconds, :back_off_factor,
  :back_off_most_seconds, :references_unique, :reference_days, :abandoned, :payload_schema, :created_at, :created_by, :updated_at, :updated_by, :revision);
-- name: queue_update
update queues set name = :name, title = :title, description = :description, consumer = :consumer, state = :state, lease_seconds = :lease_seconds,
  retries = :retries, back_off_seconds = :back_off_seconds, back_off_factor = :back_off_factor, back_off_most_seconds = :back_off_most_seconds,
  references_unique = :references_unique, reference_days = :reference_days, abandoned = :abandoned, payload_schema = :payload_schema,
  updated_at = :updated_at, updated_by = :updated_by, revision = revision + 1
where id = :id and revision = :revision;
-- name: queue_department_count
select count(1) as n from queues where department_id = :id and state <> 'deleted';
-- name: queue_live_count
select count(1) as n from queue_items where queue_id = :id and state in ('new', 'on_hold', 'in_progress');

-- The nearest queue of that name: in the department, else above it.
-- name: queue_named_upwards
with recursive above (id, parent_id, level) as (
  select d.id, d.parent_id, cast(0 as bigint) from departments d where d.id = :department_id
  union all
  select d.id, d.parent_id, a.level + 1 from departments d join above a on d.id = a.parent_id)
select q.id from above a join queues q on q.department_id = a.id where q.name = :name and q.state <> 'deleted' order by a.level limit 1;

-- ---- numbers by state ----
-- name: queue_counts_read
select state, cast(sum(n) as bigint) as n from queue_counts where queue_id = :queue_id group by state;
-- name: queue_counts_insert [sqlite]
insert into queue_counts (id, queue_id, state, n)
select substr(:ids, r.key * 16 + 1, 16), substr(:queues, r.key * 16 + 1, 16), json_extract(r.value, '$.state'), json_extract(r.value, '$.n')
from json_each(:rows) r;
-- name: queue_counts_insert [postgres]
insert into queue_counts (id, queue_id, state, n)
select substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16),
  substring(cast(:queues as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), r.value ->> 'state', cast(r.value ->> 'n' as bigint)
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k);
-- Queues whose numbers stand in many rows.
-- name: queue_counts_scattered
select queue_id, count(1) as n from queue_counts group by queue_id having count(1) > 64 order by count(1) desc limit 20;
-- name: queue_counts_take_out
delete from queue_counts where queue_id = :queue_id returning state, n;

-- ---- references ----
-- Rows of one statement differ in (queue, reference, bucket) and come in that order.
-- name: queue_references_claim [sqlite]
insert into queue_references (queue_id, reference, bucket, item_id, until)
select substr(:queues, r.key * 16 + 1, 16), json_extract(r.value, '$.reference'), json_extract(r.value, '$.bucket'),
  substr(:ids, r.key * 16 + 1, 16), json_extract(r.value, '$.until')
from json_each(:rows) r where true
on conflict (queue_id, reference, bucket) do update set item_id = excluded.item_id, until = excluded.until where queue_references.until <= :now
returning item_id;
-- name: queue_references_claim [postgres]
insert into queue_references (queue_id, reference, bucket, item_id, until)
select substring(cast(:queues as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), r.value ->> 'reference',
  cast(r.value ->> 'bucket' as bigint), substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16),
  cast(r.value ->> 'until' as bigint)
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k)
on conflict (queue_id, reference, bucket) do update set item_id = excluded.item_id, until = excluded.until where queue_references.until <= :now
returning item_id;
-- name: queue_references_free [sqlite]
delete from queue_references where item_id in (select substr(:ids, r.key * 16 + 1, 16) from json_each(:rows) r);
-- name: queue_references_free [postgres]
delete from queue_references where item_id in (
  select substring(cast(:ids as bytea) from cast(r * 16 + 1 as integer) for 16)
  from generate_series(cast(0 as bigint), cast(json_array_length(cast(:rows as json)) as bigint) - 1) r);

-- ---- partitions of fifo queues ----
-- passes 0: nothing of the partition was there, and the item is its head.
-- name: queue_partitions_claim [sqlite]
insert into queue_partitions (queue_id, partition_key, head, passes)
select substr(:queues, r.key * 16 + 1, 16), json_extract(r.value, '$.partition'), substr(:ids, r.key * 16 + 1, 16), 0
from json_each(:rows) r where true
on conflict (queue_id, partition_key) do update set passes = queue_partitions.passes + 1
returning queue_id, partition_key, passes;
-- name: queue_partitions_claim [postgres]
insert into queue_partitions (queue_id, partition_key, head, passes)
select substring(cast(:queues as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), r.value ->> 'partition',
  substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), 0
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k)
on conflict (queue_id, partition_key) do update set passes = queue_partitions.passes + 1
returning queue_id, partition_key, passes;
-- name: queue_partition_lock [sqlite]
select head from queue_partitions where queue_id = :queue_id and partition_key = :partition_key;
-- name: queue_partition_lock [postgres]
select head from queue_partitions where queue_id = :queue_id and partition_key = :partition_key for update;
-- name: queue_partition_head
update queue_partitions set head = :head where queue_id = :queue_id and partition_key = :partition_key;
-- name: queue_partition_over
delete from queue_partitions where queue_id = :queue_id and partition_key = :partition_key;
-- name: queue_behind_next
delete from queue_behind where queue_id = :queue_id and partition_key = :partition_key and item_id = (
  select b.item_id from queue_behind b where b.queue_id = :queue_id and b.partition_key = :partition_key order by b.age, b.item_id limit 1)
returning item_id, age, due, deadline;

-- ---- keys of waiting items ----
-- name: queue_ready_insert [sqlite]
insert into queue_ready (queue_id, rank, age, item_id, deadline)
select substr(:queues, r.key * 16 + 1, 16), json_extract(r.value, '$.rank'), substr(:ages, r.key * 16 + 1, 16), substr(:ids, r.key * 16 + 1, 16),
  json_extract(r.value, '$.deadline')
from json_each(:rows) r;
-- name: queue_ready_insert [postgres]
insert into queue_ready (queue_id, rank, age, item_id, deadline)
select substring(cast(:queues as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), cast(r.value ->> 'rank' as bigint),
  substring(cast(:ages as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16),
  substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), cast(r.value ->> 'deadline' as bigint)
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k);
-- name: queue_later_insert [sqlite]
insert into queue_later (item_id, queue_id, due, rank, age, deadline)
select substr(:ids, r.key * 16 + 1, 16), substr(:queues, r.key * 16 + 1, 16), json_extract(r.value, '$.due'), json_extract(r.value, '$.rank'),
  substr(:ages, r.key * 16 + 1, 16), json_extract(r.value, '$.deadline')
from json_each(:rows) r;
-- name: queue_later_insert [postgres]
insert into queue_later (item_id, queue_id, due, rank, age, deadline)
select substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16),
  substring(cast(:queues as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), cast(r.value ->> 'due' as bigint),
  cast(r.value ->> 'rank' as bigint), substring(cast(:ages as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16),
  cast(r.value ->> 'deadline' as bigint)
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k);
-- name: queue_behind_insert [sqlite]
insert into queue_behind (queue_id, partition_key, age, item_id, due, deadline)
select substr(:queues, r.key * 16 + 1, 16), json_extract(r.value, '$.partition'), substr(:ages, r.key * 16 + 1, 16),
  substr(:ids, r.key * 16 + 1, 16), json_extract(r.value, '$.due'), json_extract(r.value, '$.deadline')
from json_each(:rows) r;
-- name: queue_behind_insert [postgres]
insert into queue_behind (queue_id, partition_key, age, item_id, due, deadline)
select substring(cast(:queues as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), r.value ->> 'partition',
  substring(cast(:ages as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16),
  substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), cast(r.value ->> 'due' as bigint),
  cast(r.value ->> 'deadline' as bigint)
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k);

-- What a new item waits by, wherever that is.
-- name: queue_ready_remove
delete from queue_ready where queue_id = :queue_id and rank = :rank and age = :age and item_id = :id;
-- name: queue_later_remove
delete from queue_later where item_id = :id;
-- name: queue_behind_remove
delete from queue_behind where queue_id = :queue_id and partition_key = :partition_key and age = :age and item_id = :id;

-- name: queue_later_due [sqlite]
delete from queue_later where item_id in (
  select l.item_id from queue_later l where l.queue_id = :queue_id and l.due <= :now order by l.due limit :limit)
returning item_id, rank, age, deadline;
-- name: queue_later_due [postgres]
with picked as materialized (
  select l.item_id from queue_later l where l.queue_id = :queue_id and l.due <= :now order by l.due limit :limit for update skip locked)
delete from queue_later l using picked p where l.item_id = p.item_id returning l.item_id, l.rank, l.age, l.deadline;

-- name: queue_ready_take [sqlite]
delete from queue_ready where (queue_id, rank, age, item_id) in (
  select r.queue_id, r.rank, r.age, r.item_id from queue_ready r
  where r.queue_id = :queue_id and r.deadline > :now order by r.rank, r.age, r.item_id limit :limit)
returning item_id, rank, age;
-- name: queue_ready_take [postgres]
with picked as materialized (
  select r.queue_id, r.rank, r.age, r.item_id from queue_ready r
  where r.queue_id = :queue_id and r.deadline > :now order by r.rank, r.age, r.item_id limit :limit for update skip locked)
delete from queue_ready r using picked p
where r.queue_id = p.queue_id and r.rank = p.rank and r.age = p.age and r.item_id = p.item_id
returning r.item_id, r.rank, r.age;
