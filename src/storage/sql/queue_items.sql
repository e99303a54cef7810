-- Items of data queues.

-- name: queue_items_insert [sqlite]
insert into queue_items (id, queue_id, reference, state, priority, not_before, deadline, partition_key, business_date, payload, attempt, root_id,
  rank, token, source, source_key, created_at, created_by, updated_at, updated_by, revision)
select substr(:ids, r.key * 16 + 1, 16), substr(:queues, r.key * 16 + 1, 16), json_extract(r.value, '$.reference'), 'new',
  json_extract(r.value, '$.priority'), json_extract(r.value, '$.not_before'), json_extract(r.value, '$.deadline'),
  json_extract(r.value, '$.partition'), json_extract(r.value, '$.date'), json_extract(r.value, '$.payload'), 1, substr(:ids, r.key * 16 + 1, 16),
  json_extract(r.value, '$.rank'), 0, json_extract(r.value, '$.source'), json_extract(r.value, '$.source_key'), :now,
  json_extract(r.value, '$.actor'), :now, json_extract(r.value, '$.actor'), 1
from json_each(:rows) r;
-- name: queue_items_insert [postgres]
insert into queue_items (id, queue_id, reference, state, priority, not_before, deadline, partition_key, business_date, payload, attempt, root_id,
  rank, token, source, source_key, created_at, created_by, updated_at, updated_by, revision)
select substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16),
  substring(cast(:queues as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), r.value ->> 'reference', 'new',
  cast(r.value ->> 'priority' as bigint), cast(r.value ->> 'not_before' as bigint), cast(r.value ->> 'deadline' as bigint),
  r.value ->> 'partition', cast(r.value ->> 'date' as bigint), r.value ->> 'payload', 1,
  substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), cast(r.value ->> 'rank' as bigint), 0, r.value ->> 'source',
  r.value ->> 'source_key', cast(:now as bigint), r.value ->> 'actor', cast(:now as bigint), r.value ->> 'actor', 1
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k);

-- The next try of an item: what people gave stays, what the try before it did does not.
-- name: queue_items_copy [sqlite]
insert into queue_items (id, queue_id, reference, state, priority, not_before, deadline, partition_key, business_date, payload, attempt, root_id,
  rank, token, remark, source, created_at, created_by, updated_at, updated_by, revision)
select substr(:ids, r.key * 16 + 1, 16), o.queue_id, o.reference, json_extract(r.value, '$.state'), o.priority,
  json_extract(r.value, '$.not_before'), json_extract(r.value, '$.deadline'), o.partition_key, o.business_date, o.payload, o.attempt + 1, o.root_id,
  json_extract(r.value, '$.rank'), 0, json_extract(r.value, '$.remark'), o.source, :now, json_extract(r.value, '$.actor'), :now,
  json_extract(r.value, '$.actor'), 1
from json_each(:rows) r join queue_items o on o.id = substr(:olds, r.key * 16 + 1, 16);
-- name: queue_items_copy [postgres]
insert into queue_items (id, queue_id, reference, state, priority, not_before, deadline, partition_key, business_date, payload, attempt, root_id,
  rank, token, remark, source, created_at, created_by, updated_at, updated_by, revision)
select substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), o.queue_id, o.reference, r.value ->> 'state', o.priority,
  cast(r.value ->> 'not_before' as bigint), cast(r.value ->> 'deadline' as bigint), o.partition_key, o.business_date, o.payload, o.attempt + 1,
  o.root_id, cast(r.value ->> 'rank' as bigint), 0, r.value ->> 'remark', o.source, cast(:now as bigint), r.value ->> 'actor',
  cast(:now as bigint), r.value ->> 'actor', 1
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k)
join queue_items o on o.id = substring(cast(:olds as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16);

-- Guarded by state and token: the ids answered are those that moved.
-- name: queue_items_move [sqlite]
update queue_items set state = json_extract(r.value, '$.state'),
  payload = case when json_extract(r.value, '$.state') = 'deleted' then null else payload end,
  output = case when json_extract(r.value, '$.state') = 'deleted' then null else coalesce(json_extract(r.value, '$.output'), output) end,
  error_kind = coalesce(json_extract(r.value, '$.error_kind'), error_kind), error_code = coalesce(json_extract(r.value, '$.error_code'), error_code),
  error_message = coalesce(json_extract(r.value, '$.error_message'), error_message), remark = coalesce(json_extract(r.value, '$.remark'), remark),
  not_before = coalesce(json_extract(r.value, '$.not_before'), not_before), lease_until = json_extract(r.value, '$.lease_until'),
  finished_at = coalesce(json_extract(r.value, '$.finished_at'), finished_at), updated_at = :now, updated_by = json_extract(r.value, '$.actor'),
  revision = revision + 1
from json_each(:rows) as r
where queue_items.id = substr(:ids, r.key * 16 + 1, 16) and queue_items.state = json_extract(r.value, '$.from')
  and queue_items.token = json_extract(r.value, '$.token')
returning id;
-- name: queue_items_move [postgres]
update queue_items set state = r.value ->> 'state',
  payload = case when r.value ->> 'state' = 'deleted' then null else payload end,
  output = case when r.value ->> 'state' = 'deleted' then null else coalesce(r.value ->> 'output', output) end,
  error_kind = coalesce(r.value ->> 'error_kind', error_kind), error_code = coalesce(r.value ->> 'error_code', error_code),
  error_message = coalesce(r.value ->> 'error_message', error_message), remark = coalesce(r.value ->> 'remark', remark),
  not_before = coalesce(cast(r.value ->> 'not_before' as bigint), not_before), lease_until = cast(r.value ->> 'lease_until' as bigint),
  finished_at = coalesce(cast(r.value ->> 'finished_at' as bigint), finished_at), updated_at = :now, updated_by = r.value ->> 'actor',
  revision = revision + 1
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k)
where queue_items.id = substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16) and queue_items.state = r.value ->> 'from'
  and queue_items.token = cast(r.value ->> 'token' as bigint)
returning queue_items.id;

-- Those whose keys this caller took out of `ready`.
-- name: queue_items_grant [sqlite]
update queue_items set state = 'in_progress', token = token + 1, lease_until = json_extract(r.value, '$.lease_until'),
  holder = json_extract(r.value, '$.holder'), task = json_extract(r.value, '$.task'), take_key = json_extract(r.value, '$.take_key'),
  updated_at = :now, updated_by = json_extract(r.value, '$.actor'), revision = revision + 1
from json_each(:rows) as r
where queue_items.id = substr(:ids, r.key * 16 + 1, 16) and queue_items.state = 'new'
returning id, queue_id, reference, payload, attempt, priority, deadline, partition_key, business_date, token, lease_until, rank, root_id;
-- name: queue_items_grant [postgres]
update queue_items set state = 'in_progress', token = token + 1, lease_until = cast(r.value ->> 'lease_until' as bigint),
  holder = r.value ->> 'holder', task = r.value ->> 'task', take_key = r.value ->> 'take_key', updated_at = :now, updated_by = r.value ->> 'actor',
  revision = revision + 1
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k)
where queue_items.id = substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16) and queue_items.state = 'new'
returning queue_items.id, queue_items.queue_id, queue_items.reference, queue_items.payload, queue_items.attempt, queue_items.priority,
  queue_items.deadline, queue_items.partition_key, queue_items.business_date, queue_items.token, queue_items.lease_until, queue_items.rank,
  queue_items.root_id;

-- name: queue_item_history_insert [sqlite]
insert into queue_item_history (id, item_id, at, act, state, token, actor, remark)
select substr(:ids, r.key * 16 + 1, 16), substr(:items, r.key * 16 + 1, 16), :now, json_extract(r.value, '$.act'),
  json_extract(r.value, '$.state'), json_extract(r.value, '$.token'), json_extract(r.value, '$.actor'), json_extract(r.value, '$.remark')
from json_each(:rows) r;
-- name: queue_item_history_insert [postgres]
insert into queue_item_history (id, item_id, at, act, state, token, actor, remark)
select substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16),
  substring(cast(:items as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16), cast(:now as bigint), r.value ->> 'act', r.value ->> 'state',
  cast(r.value ->> 'token' as bigint), r.value ->> 'actor', r.value ->> 'remark'
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k);
-- name: queue_item_history_read
select at, act, state, token, actor, remark from queue_item_history where item_id = :item_id order by id limit 200;

-- name: queue_items_to_act_on [sqlite]
select i.id, i.queue_id, i.state, i.token, i.attempt, i.root_id, i.rank, i.priority, i.not_before, i.deadline, i.lease_until, i.partition_key,
  i.business_date, i.reference, i.holder, i.task
from json_each(:rows) r join queue_items i on i.id = substr(:ids, r.key * 16 + 1, 16);
-- name: queue_items_to_act_on [postgres]
select i.id, i.queue_id, i.state, i.token, i.attempt, i.root_id, i.rank, i.priority, i.not_before, i.deadline, i.lease_until, i.partition_key,
  i.business_date, i.reference, i.holder, i.task
from json_array_elements(cast(:rows as json)) with ordinality as r (value, k)
join queue_items i on i.id = substring(cast(:ids as bytea) from cast((r.k - 1) * 16 + 1 as integer) for 16);

-- name: queue_items_leases_over
select id, queue_id, state, token, attempt, root_id, rank, priority, not_before, deadline, lease_until, partition_key, business_date, reference,
  holder, task
from queue_items where lease_until <= :now order by lease_until limit :limit;
-- name: queue_items_past_deadline
select id, queue_id, state, token, attempt, root_id, rank, priority, not_before, deadline, lease_until, partition_key, business_date, reference,
  holder, task
from queue_items where state = 'new' and deadline is not null and deadline <= :now order by deadline limit :limit;
-- name: queue_items_held_by
select id, queue_id, state, token, attempt, root_id, rank, priority, not_before, deadline, lease_until, partition_key, business_date, reference,
  holder, task
from queue_items where holder = :holder and state = 'in_progress' order by id limit 1000;
-- name: queue_items_taken_by_key
select id from queue_items where holder = :holder and take_key = :take_key order by id limit 1;
-- name: queue_items_renew_held
update queue_items set lease_until = :lease_until where holder = :holder and state = 'in_progress' and lease_until < :lease_until;
-- name: queue_items_of_source
select id, source_key from queue_items where source_key >= :from and source_key < :to order by source_key limit 1000;

-- name: queue_item_by_id
select id, queue_id, reference, state, priority, not_before, deadline, partition_key, business_date, payload, output, attempt, root_id, token,
  lease_until, holder, task, error_kind, error_code, error_message, remark, source, finished_at, created_at, created_by, updated_at, updated_by,
  revision
from queue_items where id = :id;
-- name: queue_item_tries
select id, attempt, state, finished_at, error_code, error_message from queue_items where id = :root_id
union all
select id, attempt, state, finished_at, error_code, error_message from queue_items where root_id = :root_id and attempt > 1
order by attempt limit 200;
