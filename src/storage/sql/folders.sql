-- Folders.

-- name: folder_by_id
select id, department_id, parent_id, name, path, depth, remark, created_at, created_by, updated_at, updated_by, revision from folders where id = :id;

-- name: folder_named_below
select id from folders where parent_id = :parent_id and name = :name;

-- name: folder_named_at_top
select id from folders where department_id = :department_id and name = :name and parent_id is null;

-- name: folder_insert
insert into folders (id, department_id, parent_id, name, path, depth, remark, created_at, created_by, updated_at, updated_by, revision)
values (:id, :department_id, :parent_id, :name, :path, :depth, :remark, :created_at, :created_by, :updated_at, :updated_by, :revision);

-- name: folder_update
update folders set parent_id = :parent_id, name = :name, path = :path, depth = :depth, remark = :remark, updated_at = :updated_at,
  updated_by = :updated_by, revision = revision + 1
where id = :id and revision = :revision;

-- name: folder_delete
delete from folders where id = :id and revision = :revision;

-- name: folder_contents
select (select count(*) from folders f where f.parent_id = :id) as folders, (select count(*) from files f where f.folder_id = :id) as files;

-- name: folder_subtree
with recursive below (id, level) as (
  select f.id, cast(0 as bigint) from folders f where f.id = :id
  union all
  select f.id, b.level + 1 from folders f join below b on f.parent_id = b.id)
select id, level from below order by level;

-- name: folder_repath_below
with recursive below (id) as (
  select f.id from folders f where f.parent_id = :id
  union all
  select f.id from folders f join below b on f.parent_id = b.id)
update folders set path = cast(:new_path as text) || substr(path, cast(:old_length as integer) + 1), depth = depth + :levels
where id in (select id from below);

-- name: department_folder_count
select count(*) as n from folders where department_id = :id;

-- name: department_file_count
select count(*) as n from files where department_id = :id;
