-- name: grant_by_id
select g.id, g.user_id, g.role_id, r.name as role_name, g.department_id, g.inherit, g.created_at, g.created_by, g.updated_at, g.updated_by, g.revision
from grants g join roles r on r.id = g.role_id where g.id = :id;

-- name: grants_of_user
select g.id, g.user_id, g.role_id, r.name as role_name, g.department_id, g.inherit, g.created_at, g.created_by, g.updated_at, g.updated_by, g.revision
from grants g join roles r on r.id = g.role_id where g.user_id = :user_id order by g.created_at, g.id;

-- name: grant_same
select id from grants where user_id = :user_id and role_id = :role_id and department_id = :department_id;

-- What authority is made of.
-- name: grant_rights
select g.role_id, g.department_id, g.inherit, r.permissions from grants g join roles r on r.id = g.role_id where g.user_id = :user_id;

-- name: grant_insert
insert into grants (id, user_id, role_id, department_id, inherit, created_at, created_by, updated_at, updated_by, revision)
values (:id, :user_id, :role_id, :department_id, :inherit, :created_at, :created_by, :updated_at, :updated_by, :revision);

-- name: grant_delete
delete from grants where id = :id;

-- name: grants_delete_of_user
delete from grants where user_id = :user_id;

-- Others who may come in and hold the role there.
-- name: grant_other_holders
select count(distinct u.id) as n from grants g join users u on u.id = g.user_id
where g.role_id = :role_id and g.department_id = :department_id and u.id <> :user_id and u.state = 'enabled' and (u.expires_at is null or u.expires_at > :now);

-- name: grant_held_in
select count(1) as n from grants where user_id = :user_id and role_id = :role_id and department_id = :department_id;

-- name: grant_held_anywhere
select count(1) as n from grants where user_id = :user_id and role_id = :role_id;
