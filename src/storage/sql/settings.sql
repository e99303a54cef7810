-- name: setting_all
select name, value, created_at, created_by, updated_at, updated_by, revision from settings;

-- name: setting_by_name
select name, value, created_at, created_by, updated_at, updated_by, revision from settings where name = :name;

-- name: setting_put
insert into settings (name, value, created_at, created_by, updated_at, updated_by, revision) values (:name, :value, :now, :actor, :now, :actor, 1)
on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by,
  revision = settings.revision + 1;
