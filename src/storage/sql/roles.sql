-- name: role_by_id
select id, name, title, preset, permissions, remark, created_at, created_by, updated_at, updated_by, revision from roles where id = :id;

-- name: role_named
select id from roles where name = :name;

-- name: role_all
select id, name, title, preset, permissions, remark, created_at, created_by, updated_at, updated_by, revision from roles order by name;

-- name: role_insert
insert into roles (id, name, title, preset, permissions, remark, created_at, created_by, updated_at, updated_by, revision)
values (:id, :name, :title, :preset, :permissions, :remark, :created_at, :created_by, :updated_at, :updated_by, :revision);

-- name: role_update
update roles set name = :name, title = :title, permissions = :permissions, remark = :remark, updated_at = :updated_at, updated_by = :updated_by,
  revision = revision + 1
where id = :id and revision = :revision and preset = 0;

-- name: role_delete
delete from roles where id = :id and revision = :revision and preset = 0;

-- name: role_holders
select distinct g.user_id, u.account from grants g join users u on u.id = g.user_id where g.role_id = :role_id order by u.account;
