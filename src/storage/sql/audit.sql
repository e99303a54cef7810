-- The audit log, its seals and its checkpoints.

-- name: audit_insert [sqlite]
insert into audit (id, at, operation, audit, result, count, caller_kind, channel, actor, account, on_behalf_of, address, request_id, target,
                   target_name, department, before_digest, after_digest, before_document, after_document, reason, approval, algorithm,
                   key_id, mac)
values (:id, :at, :operation, :audit, :result, :count, :caller_kind, :channel, :actor, :account, :on_behalf_of, :address, :request_id, :target,
        :target_name, :department, :before_digest, :after_digest, :before_document, :after_document, :reason, :approval, :algorithm,
        :key_id, :mac);
-- name: audit_insert [postgres]
insert into audit (place, id, at, operation, audit, result, count, caller_kind, channel, actor, account, on_behalf_of, address, request_id,
                   target, target_name, department, before_digest, after_digest, before_document, after_document, reason, approval, algorithm,
                   key_id, mac)
values ((select base from audit_base where one = 1) + pg_current_xact_id()::text::bigint, :id, :at, :operation, :audit, :result, :count,
        :caller_kind, :channel, :actor, :account, :on_behalf_of, :address, :request_id, :target, :target_name, :department, :before_digest,
        :after_digest, :before_document, :after_document, :reason, :approval, :algorithm, :key_id, :mac);

-- name: audit_by_id
select id, seq, at, operation, audit, result, count, caller_kind, channel, actor, account, on_behalf_of, address, request_id, target,
       target_name, department as department_id, before_digest, after_digest, before_document, after_document, reason, approval, algorithm,
       key_id
  from audit where id = :id;

-- Whole rows in the order of the log, for export and verification; (place, seq) beyond the given ones.
-- name: audit_rows_after [sqlite]
select seq as place, seq, id, at, operation, audit, result, count, caller_kind, channel, actor, account, on_behalf_of, address, request_id,
       target, target_name, department, before_digest, after_digest, before_document, after_document, reason, approval, algorithm, key_id, mac
  from audit where seq > :seq and seq >= :place order by seq limit :limit;
-- name: audit_rows_after [postgres]
select place, seq, id, at, operation, audit, result, count, caller_kind, channel, actor, account, on_behalf_of, address, request_id, target,
       target_name, department, before_digest, after_digest, before_document, after_document, reason, approval, algorithm, key_id, mac
  from audit where (place, seq) > (:place, :seq) order by place, seq limit :limit;

-- What may be sealed: leaves from the last seal on whose transactions are over, oldest first.
-- name: audit_leaves [sqlite]
select seq as place, seq, mac from audit where seq >= :place order by seq limit :limit;
-- name: audit_leaves [postgres]
select place, seq, mac from audit
 where place >= :place
   and place < (select base from audit_base where one = 1) + pg_snapshot_xmin(pg_current_snapshot())::text::bigint
 order by place, seq limit :limit;
-- All leaves of one place: a transaction that wrote more rows than a block holds.
-- name: audit_leaves_of_place [sqlite]
select seq as place, seq, mac from audit where seq = :place;
-- name: audit_leaves_of_place [postgres]
select place, seq, mac from audit where place = :place order by seq;

-- name: audit_seal_last
select number, first_place, end_place, count, total, at, root, members, previous, algorithm, key_id, mac
  from audit_seals order by number desc limit 1;
-- name: audit_seals_after
select number, first_place, end_place, count, total, at, root, members, previous, algorithm, key_id, mac
  from audit_seals where number > :number order by number limit :limit;
-- name: audit_seal_insert
insert into audit_seals (number, first_place, end_place, count, total, at, root, members, previous, algorithm, key_id, mac)
values (:number, :first_place, :end_place, :count, :total, :at, :root, :members, :previous, :algorithm, :key_id, :mac);

-- name: audit_checkpoint_last
select number, block, at, document from audit_checkpoints order by number desc limit 1;
-- name: audit_checkpoints_after
select number, block, at, document from audit_checkpoints where number > :number order by number limit :limit;
-- name: audit_checkpoint_insert
insert into audit_checkpoints (number, block, at, document) values (:number, :block, :at, :document);

-- name: audit_sealer_take
update audit_sealer set holder = :holder, until = :until where one = 1 and (holder = :holder or until <= :now);

-- After a restore: places must stand behind every sealed one.
-- name: audit_base_raise [sqlite]
update audit_sealer set until = until where one = 1 and :end_place < 0;
-- name: audit_base_raise [postgres]
update audit_base set base = :end_place - pg_current_xact_id()::text::bigint
 where one = 1 and base + pg_current_xact_id()::text::bigint < :end_place;

-- name: audit_refusal_count
insert into audit_refusals (minute, actor, account, operation, audit, result, caller_kind, channel, on_behalf_of, address, target, count)
values (:minute, :actor, :account, :operation, :audit, :result, :caller_kind, :channel, :on_behalf_of, :address, :target, :count)
on conflict (minute, actor, account, operation, result, target)
do update set count = audit_refusals.count + excluded.count, address = excluded.address;
-- name: audit_refusals_past
select minute, actor, account, operation, audit, result, caller_kind, channel, on_behalf_of, address, target, count
  from audit_refusals where minute < :minute order by minute, actor, account, operation, result, target limit :limit;
-- name: audit_refusal_done
delete from audit_refusals
 where minute = :minute and actor = :actor and account = :account and operation = :operation and result = :result and target = :target;
