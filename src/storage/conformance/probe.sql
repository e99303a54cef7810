-- name: put_item
insert into probe_items (id, name, amount, note, payload) values (:id, :name, :amount, :note, :payload);

-- name: put_audit
insert into probe_audit (id, item, what) values (:id, :item, :what);

-- name: put_child
insert into probe_children (id, item) values (:id, :item);

-- name: item
select id, name, amount, note, payload from probe_items where id = :id;

-- name: item_named
select id, name, amount, note, payload from probe_items where name = :name;

-- name: items
select id, name, amount, note, payload from probe_items order by name;

-- name: items_and_audit
select i.id as id, (select count(*) from probe_audit a where a.item = i.id) as audits from probe_items i;

-- name: counts
select (select count(*) from probe_items) as items, (select count(*) from probe_audit) as audits,
  (select cast(coalesce(sum(amount), 0) as bigint) from probe_items) as amounts;

-- name: audits
select what from probe_audit order by what;

-- name: add_amount
update probe_items set amount = amount + :by where name = :name;

-- name: set_amount
update probe_items set amount = :amount where name = :name;

-- name: remove_item
delete from probe_items where name = :name;

-- name: bump_returning
update probe_items set amount = amount + 1 where name = :name returning name, amount;

-- name: typed [sqlite]
select cast(:number as integer) as number, cast(:text as text) as text, :bytes as bytes;
-- name: typed [postgres]
select cast(:number as bigint) as number, cast(:text as text) as text, cast(:bytes as bytea) as bytes;

-- name: backends [sqlite]
select 1 as ended where :name <> '';
-- name: backends [postgres]
select count(pg_terminate_backend(pid)) as ended from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and cast(:name as text) <> '';
