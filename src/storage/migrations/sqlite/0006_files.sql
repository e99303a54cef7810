-- Blobs, folders, files, uploads in parts and one-time tickets.

-- Contents by their digest. unnamed_since: since when nobody needs it; null while somebody does. whole: 0 while its chunks arrive.
create table blobs (
  digest blob not null primary key check (length(digest) = 32),
  sm3 blob not null,
  size integer not null,
  crc32 integer not null,
  place text not null,
  whole integer not null,
  unnamed_since integer,
  created_at integer not null
) strict, without rowid;
create index blobs_by_unnamed on blobs (unnamed_since, digest) where unnamed_since is not null;
-- Who needs a blob: the id of a file, a part of an upload, a package version …
create table blob_names (
  digest blob not null references blobs (digest),
  what text not null,
  id blob not null,
  primary key (digest, what, id)
) strict, without rowid;
create table blob_chunks (
  digest blob not null,
  number integer not null,
  bytes blob not null,
  primary key (digest, number)
) strict;

create table folders (
  id blob not null primary key check (length(id) = 16),
  department_id blob not null references departments (id),
  parent_id blob references folders (id),
  name text not null,
  path text not null,
  depth integer not null,
  remark text,
  created_at integer not null,
  created_by text not null,
  updated_at integer not null,
  updated_by text not null,
  revision integer not null
) strict, without rowid;
create unique index folders_top_name on folders (department_id, name) where parent_id is null;
create unique index folders_by_parent_name on folders (parent_id, name) where parent_id is not null;
create index folders_by_parent on folders (parent_id, path, id);
create index folders_by_department on folders (department_id, path, id);
create index folders_by_parent_created on folders (parent_id, created_at, id);
create index folders_by_department_created on folders (department_id, created_at, id);
create index folders_by_path on folders (path, id);
create index folders_by_created on folders (created_at, id);

create table files (
  id blob not null primary key check (length(id) = 16),
  department_id blob not null references departments (id),
  folder_id blob references folders (id),
  name text not null,
  kind text not null,
  digest blob not null references blobs (digest),
  sha256 text not null,
  sm3 text not null,
  size integer not null,
  content_type text not null,
  business_date integer,
  task_id blob,
  expires_at integer,
  remark text,
  created_at integer not null,
  created_by text not null,
  updated_at integer not null,
  updated_by text not null,
  revision integer not null
) strict, without rowid;
create unique index files_by_folder_name on files (folder_id, name) where folder_id is not null;
create index files_by_created on files (created_at, id);
create index files_by_department on files (department_id, created_at, id);
create index files_by_folder on files (folder_id, created_at, id) where folder_id is not null;
create index files_by_task on files (task_id, created_at, id) where task_id is not null;
create index files_by_business_date on files (business_date, created_at, id) where business_date is not null;
create index files_by_kind on files (kind, created_at, id);
create index files_by_name on files (name, created_at, id);
create index files_by_digest on files (sha256, created_at, id);
create index files_by_expiry on files (expires_at, id) where expires_at is not null;

create table file_uploads (
  id blob not null primary key check (length(id) = 16),
  department_id blob not null references departments (id),
  wanted text not null,
  size integer not null,
  part_bytes integer not null,
  expires_at integer not null,
  created_at integer not null,
  created_by text not null
) strict, without rowid;
create index file_uploads_by_expiry on file_uploads (expires_at, id);
create index file_uploads_by_maker on file_uploads (created_by);
create table file_upload_parts (
  upload_id blob not null references file_uploads (id),
  number integer not null,
  id blob not null,
  digest blob not null references blobs (digest),
  size integer not null,
  primary key (upload_id, number)
) strict, without rowid;

create table file_tickets (
  secret_digest blob not null primary key,
  file_id blob not null references files (id),
  expires_at integer not null,
  used_at integer,
  created_at integer not null,
  created_by text not null
) strict, without rowid;
create index file_tickets_by_file on file_tickets (file_id);
create index file_tickets_by_expiry on file_tickets (expires_at);
