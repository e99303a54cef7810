-- Departments, and the epochs that tell of changed rights and settings.

-- name: epoch_now
select value from epochs where name = :name;

-- name: epoch_raise
update epochs set value = value + 1 where name = :name returning value;

-- name: department_by_id
select id, parent_id, name, code, leader_id, region, remark, "order", path, depth, legal_entity, state, created_at, created_by, updated_at,
  updated_by, revision
from departments where id = :id;

-- name: department_named
select id from departments where parent_id = :parent_id and name = :name;

-- name: department_coded
select id, path from departments where code = :code;

-- name: department_links
select id, parent_id from departments;

-- name: department_tree
select id, parent_id, name, depth, state,
  (select count(1) from users u where u.department_id = d.id and u.state <> 'deleted') as users
from departments d order by depth, "order", name;

-- name: department_insert
insert into departments (id, parent_id, name, code, leader_id, region, remark, "order", path, depth, legal_entity, state, created_at, created_by,
  updated_at, updated_by, revision)
values (:id, :parent_id, :name, :code, :leader_id, :region, :remark, :order, :path, :depth, :legal_entity, :state, :created_at, :created_by,
  :updated_at, :updated_by, :revision);

-- name: department_update
update departments set parent_id = :parent_id, name = :name, code = :code, leader_id = :leader_id, region = :region, remark = :remark,
  "order" = :order, path = :path, depth = :depth, legal_entity = :legal_entity, state = :state, updated_at = :updated_at,
  updated_by = :updated_by, revision = revision + 1
where id = :id and revision = :revision;

-- name: department_delete
delete from departments where id = :id and revision = :revision;

-- The department and all below it, nearest first.
-- name: department_subtree
with recursive below (id, level) as (
  select d.id, cast(0 as bigint) from departments d where d.id = :id
  union all
  select d.id, b.level + 1 from departments d join below b on d.parent_id = b.id)
select id, level from below order by level;

-- What stands below a department that was moved or renamed: the new path in place of the old one in front, and so many levels down or up.
-- name: department_repath_below
with recursive below (id) as (
  select d.id from departments d where d.parent_id = :id
  union all
  select d.id from departments d join below b on d.parent_id = b.id)
update departments set path = cast(:new_path as text) || substr(path, cast(:old_length as integer) + 1), depth = depth + :levels
where id in (select id from below);

-- name: department_child_count
select count(1) as n from departments where parent_id = :id;

-- name: department_member_count
select count(1) as n from users where department_id = :id and state <> 'deleted';

-- name: department_grant_count
select count(1) as n from grants where department_id = :id;

-- name: department_pending_approval_count
select count(1) as n from approvals where department_id = :id and state = 'pending' and expires_at > :now;

-- Deleted users stay for history: they are shown under the department above when theirs goes.
-- name: department_deleted_members_up
update users set department_id = :parent_id where department_id = :id and state = 'deleted';

-- name: departments_led_count
select count(1) as n from departments where leader_id = :user_id;

-- name: departments_led_transfer
update departments set leader_id = :to, updated_at = :now, updated_by = :actor, revision = revision + 1 where leader_id = :user_id;

-- name: department_paths
select id, parent_id, path from departments order by path, id;
