-- name: installation_read
select keyring, authority_certificate, authority_key, server_certificate, server_key, server_until from installation where id = 1;
-- name: installation_insert
insert into installation (id, keyring, authority_certificate, authority_key, server_certificate, server_key, server_until, created_at)
values (1, :keyring, :authority_certificate, :authority_key, :server_certificate, :server_key, :server_until, :created_at);
-- name: installation_renew_server
update installation set server_certificate = :server_certificate, server_key = :server_key, server_until = :server_until where id = 1;
