-- API clients and their access keys.

-- name: api_client_add
insert into api_clients (id, department_id, name, title, contact, remark, state, scopes, addresses, act_for, always_ok, rate_per_second, expires_at,
  last_used_at, created_at, created_by, updated_at, updated_by, revision)
values (:id, :department_id, :name, :title, :contact, :remark, 'enabled', :scopes, :addresses, :act_for, :always_ok, :rate_per_second, :expires_at,
  null, :now, :actor, :now, :actor, 1);

-- name: api_client_by_id
select id, name, title, department_id, contact, remark, state, scopes, addresses, act_for, always_ok, rate_per_second, expires_at, last_used_at,
  created_at, created_by, updated_at, updated_by, revision from api_clients where id = :id;

-- name: api_client_by_name
select id from api_clients where department_id = :department_id and name = :name;

-- name: api_client_change
update api_clients set name = :name, title = :title, contact = :contact, remark = :remark, scopes = :scopes, addresses = :addresses,
  act_for = :act_for, always_ok = :always_ok, rate_per_second = :rate_per_second, expires_at = :expires_at,
  updated_at = :now, updated_by = :actor, revision = revision + 1
where id = :id and revision = :revision;

-- name: api_client_state
update api_clients set state = :state, updated_at = :now, updated_by = :actor, revision = revision + 1 where id = :id and revision = :revision;

-- name: api_client_touch
update api_clients set updated_at = :now, updated_by = :actor, revision = revision + 1 where id = :id and revision = :revision;

-- name: api_client_drop
delete from api_clients where id = :id and revision = :revision;

-- name: api_client_used
update api_clients set last_used_at = :at where id = :id and (last_used_at is null or last_used_at < :at);

-- name: api_keys_of
select access_key, created_at, retires_at from api_keys where client_id = :client_id order by created_at desc, access_key;

-- name: api_key_add
insert into api_keys (access_key, client_id, sealed, created_at, retires_at) values (:access_key, :client_id, :sealed, :now, null);

-- name: api_key_by_key
select client_id, sealed, retires_at from api_keys where access_key = :access_key;

-- name: api_key_retire
update api_keys set retires_at = :retires_at where access_key = :access_key;

-- name: api_key_drop
delete from api_keys where access_key = :access_key;

-- name: api_keys_of_client_drop
delete from api_keys where client_id = :client_id;
