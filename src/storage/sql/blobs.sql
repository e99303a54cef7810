-- Blobs, their names, and the chunks of those kept in the database.

-- name: blob_by_digest
select digest, sm3, size, crc32, place, whole from blobs where digest = :digest;

-- name: blob_put
insert into blobs (digest, sm3, size, crc32, place, whole, unnamed_since, created_at)
values (:digest, :sm3, :size, :crc32, :place, :whole, :now, :now)
on conflict (digest) do update set place = excluded.place,
  whole = case when excluded.place = blobs.place and blobs.whole > excluded.whole then blobs.whole else excluded.whole end,
  unnamed_since = case when blobs.unnamed_since is null then null else excluded.unnamed_since end;

-- A blob that is put again is as young as one that is new.
-- name: blob_touch
update blobs set unnamed_since = case when unnamed_since is null then null else cast(:now as bigint) end where digest = :digest and whole = 1;

-- name: blob_name
insert into blob_names (digest, what, id) values (:digest, :what, :id) on conflict (digest, what, id) do nothing;

-- name: blob_is_named
update blobs set unnamed_since = null where digest = :digest and unnamed_since is not null;

-- name: blob_unname
delete from blob_names where digest = :digest and what = :what and id = :id;

-- name: blob_unnamed
update blobs set unnamed_since = :now
where digest = :digest and unnamed_since is null and not exists (select 1 from blob_names n where n.digest = blobs.digest);

-- name: blobs_unnamed
select digest, place from blobs where unnamed_since is not null and unnamed_since < :before order by unnamed_since, digest limit :limit;

-- name: blob_delete
delete from blobs where digest = :digest and unnamed_since is not null and unnamed_since < :before
  and not exists (select 1 from blob_names n where n.digest = blobs.digest);

-- name: blob_chunk_put
insert into blob_chunks (digest, number, bytes) values (:digest, :number, :bytes) on conflict (digest, number) do nothing;

-- name: blob_chunk
select bytes from blob_chunks where digest = :digest and number = :number;

-- name: blob_chunks_delete
delete from blob_chunks where digest = :digest;
