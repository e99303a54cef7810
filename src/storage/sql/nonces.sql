-- Nonces of signed changes: a row each until their signature would be too old.

-- name: nonce_add
insert into nonces (client_id, nonce, at) values (:client_id, :nonce, :now) on conflict (client_id, nonce) do nothing;

-- name: nonces_sweep
delete from nonces where (client_id, nonce) in (select client_id, nonce from nonces where at < :before order by at limit :limit);
