-- Idempotency keys.

-- name: idempotency_find
select body, answer, thing, revision, status, without_secrets, at from idempotency
 where client = :client and operation = :operation and idempotency_key = :idempotency_key;
-- name: idempotency_insert
insert into idempotency (client, operation, idempotency_key, body, answer, thing, revision, status, without_secrets, at)
values (:client, :operation, :idempotency_key, :body, :answer, :thing, :revision, :status, :without_secrets, :at)
on conflict (client, operation, idempotency_key) do nothing;
-- name: idempotency_delete
delete from idempotency where client = :client and operation = :operation and idempotency_key = :idempotency_key;
-- name: idempotency_sweep [sqlite]
delete from idempotency where rowid in (select rowid from idempotency where at < :before order by at limit :limit);
-- name: idempotency_sweep [postgres]
delete from idempotency where ctid = any(array(select ctid from idempotency where at < :before order by at limit :limit));
