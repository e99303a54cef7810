-- The outbox of events.

-- name: event_insert [sqlite]
insert into events (id, type, at, subject, body) values (:id, :type, :at, :subject, :body);
-- name: event_insert [postgres]
insert into events (place, id, type, at, subject, body)
values ((select base from audit_base where one = 1) + pg_current_xact_id()::text::bigint, :id, :type, :at, :subject, :body);
-- name: events_sweep [sqlite]
delete from events where seq in (select seq from events where at < :before order by at limit :limit);
-- name: events_sweep [postgres]
delete from events where ctid = any(array(select ctid from events where at < :before order by at limit :limit));
