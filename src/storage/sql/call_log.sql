-- The call log and the counts of calls a minute.

-- Rows come as one JSON array: [[at, actor, account, operation, verb, path, status, code, took, address, request id], …], their ids as
-- 16 bytes each in the same order.
-- name: call_log_insert [sqlite]
insert into call_log (id, at, actor, account, operation, verb, path, status, code, took_micros, address, request_id)
select substr(:ids, 1 + 16 * key, 16), value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
       value ->> 8, value ->> 9, value ->> 10
  from json_each(:rows);
-- name: call_log_insert [postgres]
insert into call_log (id, at, actor, account, operation, verb, path, status, code, took_micros, address, request_id)
select substring(cast(:ids as bytea) from (1 + 16 * (place - 1))::integer for 16), (value ->> 0)::bigint, value ->> 1, value ->> 2, value ->> 3,
       value ->> 4, value ->> 5, (value ->> 6)::bigint, (value ->> 7)::bigint, (value ->> 8)::bigint, value ->> 9, value ->> 10
  from jsonb_array_elements(cast(:rows as text)::jsonb) with ordinality as given(value, place);
-- name: call_log_sweep [sqlite]
delete from call_log where id in (select id from call_log where at < :before order by at limit :limit);
-- name: call_log_sweep [postgres]
delete from call_log where ctid = any(array(select ctid from call_log where at < :before order by at limit :limit));

-- name: call_minute_put
insert into call_minutes (minute, run, actor, operation, code, account, count, histogram)
values (:minute, :run, :actor, :operation, :code, :account, :count, :histogram)
on conflict (minute, run, actor, operation, code) do update set count = excluded.count, histogram = excluded.histogram,
                                                                account = excluded.account;
-- name: call_minutes_between
select minute, actor, operation, code, account, count, histogram from call_minutes
 where minute >= :from and minute < :to order by minute limit :limit;
-- name: call_minutes_sweep [sqlite]
delete from call_minutes where (minute, run, actor, operation, code) in
  (select minute, run, actor, operation, code from call_minutes where minute < :before order by minute limit :limit);
-- name: call_minutes_sweep [postgres]
delete from call_minutes where ctid = any(array(select ctid from call_minutes where minute < :before order by minute limit :limit));
