-- Set-up, passwords, second factors, lock-outs.

-- name: set_up_row
select code_hash, expires_at, done_at from set_up where id = 1;

-- name: set_up_begin
insert into set_up (id, code_hash, expires_at, done_at) values (1, :code_hash, :expires_at, null)
on conflict (id) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at where set_up.done_at is null;

-- name: set_up_done
insert into set_up (id, code_hash, expires_at, done_at) values (1, null, :now, :now)
on conflict (id) do update set code_hash = null, done_at = excluded.done_at where set_up.done_at is null;

-- name: password_of
select hash, must_change, changed_at from passwords where user_id = :user_id;

-- name: password_set
insert into passwords (user_id, hash, must_change, changed_at) values (:user_id, :hash, :must_change, :now)
on conflict (user_id) do update set hash = excluded.hash, must_change = excluded.must_change, changed_at = excluded.changed_at;

-- name: password_rehash
update passwords set hash = :hash where user_id = :user_id and hash = :former;

-- name: password_drop
delete from passwords where user_id = :user_id;

-- name: password_history_of
select changed_at, hash from password_history where user_id = :user_id order by changed_at desc;

-- name: password_history_add
insert into password_history (user_id, changed_at, hash) values (:user_id, :now, :hash) on conflict (user_id, changed_at) do nothing;

-- name: password_history_trim
delete from password_history where user_id = :user_id and changed_at < :before;

-- name: password_link_add
insert into password_links (hash, user_id, expires_at, used_at, created_at, created_by)
values (:hash, :user_id, :expires_at, null, :now, :created_by);

-- name: password_link_by_hash
select user_id, expires_at, used_at from password_links where hash = :hash;

-- name: password_link_use
update password_links set used_at = :now where hash = :hash and used_at is null and expires_at > :now;

-- name: password_links_drop
delete from password_links where user_id = :user_id and used_at is null;

-- name: password_links_sweep
delete from password_links where hash in (select hash from password_links where expires_at < :before order by expires_at limit :limit);

-- name: try_row
select since, tries, failed, locked_until from sign_in_tries where account = :account and source = :source;

-- name: try_put
insert into sign_in_tries (account, source, since, tries, failed, locked_until, last_at)
values (:account, :source, :since, :tries, :failed, :locked_until, :now)
on conflict (account, source) do update set since = excluded.since, tries = excluded.tries, failed = excluded.failed,
  locked_until = excluded.locked_until, last_at = excluded.last_at;

-- name: try_drop
delete from sign_in_tries where account = :account and source = :source;

-- name: tries_drop
delete from sign_in_tries where account = :account;

-- name: tries_sweep
delete from sign_in_tries where last_at < :before and account in (
  select account from sign_in_tries where last_at < :before order by last_at limit :limit);

-- name: known_source
select last_at from known_sources where user_id = :user_id and source = :source and last_at > :after;

-- name: known_source_put
insert into known_sources (user_id, source, last_at) values (:user_id, :source, :now)
on conflict (user_id, source) do update set last_at = excluded.last_at;

-- name: known_sources_sweep
delete from known_sources where last_at < :before;

-- name: totp_of
select state, sealed, last_used from totp where user_id = :user_id;

-- name: totp_put
insert into totp (user_id, state, sealed, last_used, created_at, confirmed_at) values (:user_id, 'pending', :sealed, -1, :now, null)
on conflict (user_id) do update set sealed = excluded.sealed, last_used = -1, created_at = excluded.created_at where totp.state = 'pending';

-- name: totp_confirm
update totp set state = 'on', last_used = :counter, confirmed_at = :now where user_id = :user_id and state = 'pending' and sealed = :sealed;

-- name: totp_use
update totp set last_used = :counter where user_id = :user_id and last_used < :counter and sealed = :sealed;

-- name: totp_drop
delete from totp where user_id = :user_id;

-- name: recovery_codes_of
select hash from recovery_codes where user_id = :user_id and used_at is null;

-- name: recovery_code_add
insert into recovery_codes (user_id, hash, used_at) values (:user_id, :hash, null);

-- name: recovery_code_use
update recovery_codes set used_at = :now where user_id = :user_id and hash = :hash and used_at is null;

-- name: recovery_codes_drop
delete from recovery_codes where user_id = :user_id;

-- name: user_by_employee_no
select id from users where employee_no = :employee_no and state <> 'deleted';

-- name: sign_in_epoch
select value from epochs where name = 'sign_in';

-- name: sign_in_epoch_raise
update epochs set value = value + 1 where name = 'sign_in' returning value;
