-- Assets, their values by scope, and the grants of assets and credentials.

-- name: asset_by_id
select id, name, title, type, department_id, owner_id, deputy_id, tags, data_level, remark, latest_version, created_at, created_by, updated_at,
  updated_by, revision
from assets where id = :id;

-- name: asset_named
select id from assets where department_id = :department_id and name = :name;

-- name: assets_called
select id, department_id from assets where name = :name order by id;

-- name: asset_insert
insert into assets (id, name, title, type, department_id, owner_id, deputy_id, tags, data_level, remark, latest_version, created_at, created_by,
  updated_at, updated_by, revision)
values (:id, :name, :title, :type, :department_id, :owner_id, :deputy_id, :tags, :data_level, :remark, :latest_version, :created_at, :created_by,
  :updated_at, :updated_by, :revision);

-- name: asset_update
update assets set name = :name, title = :title, department_id = :department_id, owner_id = :owner_id, deputy_id = :deputy_id, tags = :tags,
  data_level = :data_level, remark = :remark, latest_version = :latest_version, updated_at = :updated_at, updated_by = :updated_by,
  revision = revision + 1
where id = :id and revision = :revision;

-- name: asset_delete
delete from assets where id = :id and revision = :revision;

-- name: asset_value_insert
insert into asset_values (id, asset_id, version, scope, scope_id, cleared, value, seal, sealed, effective_from, rolled_back_to, write_key, created_at,
  created_by)
values (:id, :asset_id, :version, :scope, :scope_id, :cleared, :value, :seal, :sealed, :effective_from, :rolled_back_to, :write_key, :now, :actor);

-- name: asset_value_in_force
select version, cleared, value, seal, sealed, effective_from from asset_values
where asset_id = :asset_id and scope = :scope and scope_id = :scope_id and effective_from <= :now order by effective_from desc, version desc limit 1;

-- name: asset_value_by_version
select version, scope, scope_id, cleared, value, seal, sealed, effective_from from asset_values where asset_id = :asset_id and version = :version;

-- name: asset_value_written
select version from asset_values where asset_id = :asset_id and write_key = :write_key;

-- name: asset_values_drop
delete from asset_values where asset_id = :asset_id;

-- name: assets_owned_count
select count(1) as n from assets where owner_id = :user_id or deputy_id = :user_id;

-- name: assets_owned_transfer
update assets set owner_id = case when owner_id = :user_id then :to else owner_id end,
  deputy_id = case when deputy_id = :user_id then null else deputy_id end, updated_at = :now, updated_by = :actor, revision = revision + 1
where owner_id = :user_id or deputy_id = :user_id;

-- name: assets_in_department_count
select count(1) as n from assets where department_id = :id;

-- name: vault_grant_insert
insert into vault_grants (id, resource, kind, subject, created_at, created_by) values (:id, :resource, :kind, :subject, :now, :actor);

-- name: vault_grant_by_id
select id, kind, subject, created_at, created_by from vault_grants where id = :id and resource = :resource;

-- name: vault_grant_same
select id from vault_grants where resource = :resource and kind = :kind and subject = :subject;

-- name: vault_grants_of
select id, kind, subject, created_at, created_by from vault_grants where resource = :resource order by kind, subject;

-- name: vault_grant_drop
delete from vault_grants where id = :id;

-- name: vault_grants_drop
delete from vault_grants where resource = :resource;

-- The department and all above it, nearest first.
-- name: department_upwards
with recursive above (id, parent_id, level) as (
  select d.id, d.parent_id, cast(0 as bigint) from departments d where d.id = :id
  union all
  select d.id, d.parent_id, a.level + 1 from departments d join above a on d.id = a.parent_id)
select id from above order by level;

-- name: robot_department
select department_id from robots where id = :id;
