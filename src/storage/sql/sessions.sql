-- Sessions of people and the tokens of people and clients.

-- name: session_add
insert into sessions (id, user_id, account, kind, address, agent, state, created_at, last_seen_at, expires_at, ended_at, end_reason)
values (:id, :user_id, :account, :kind, :address, :agent, 'open', :now, :now, :expires_at, null, null);

-- name: session_by_id
select id, user_id, account, kind, state, address, agent, created_at, last_seen_at, expires_at, ended_at, end_reason from sessions where id = :id;

-- name: session_end
update sessions set state = 'ended', ended_at = :now, end_reason = :reason where id = :id and state <> 'ended';

-- name: sessions_open_of
select id from sessions where user_id = :user_id and state <> 'ended';

-- name: session_seen
update sessions set last_seen_at = :at where id = :id and state <> 'ended' and last_seen_at <= :at;

-- name: session_unlock
update sessions set state = 'open', last_seen_at = :now where id = :id and state <> 'ended' and expires_at > :now;

-- name: sessions_past
select id from sessions where state <> 'ended' and expires_at < :now order by expires_at limit :limit;

-- name: sessions_old
select id from sessions where state = 'ended' and expires_at < :before order by expires_at limit :limit;

-- name: session_drop
delete from sessions where id = :id;

-- name: token_add
insert into tokens (hash, kind, session_id, client_id, acts_for, created_at, expires_at, used_at)
values (:hash, :kind, :session_id, :client_id, :acts_for, :now, :expires_at, null);

-- name: token_by_hash
select kind, session_id, client_id, acts_for, expires_at, used_at from tokens where hash = :hash;

-- name: token_use
update tokens set used_at = :now where hash = :hash and used_at is null and expires_at > :now;

-- name: token_drop
delete from tokens where hash = :hash;

-- name: tokens_of_session
select hash, kind from tokens where session_id = :session_id;

-- name: tokens_of_session_drop
delete from tokens where session_id = :session_id;

-- name: access_tokens_of_session_drop
delete from tokens where session_id = :session_id and kind = 'access';

-- name: cookies_of_session_drop
delete from tokens where session_id = :session_id and kind = 'cookie';

-- name: tokens_of_client_drop
delete from tokens where client_id = :client_id;

-- name: tokens_sweep
delete from tokens where hash in (select hash from tokens where expires_at < :before order by expires_at limit :limit);
