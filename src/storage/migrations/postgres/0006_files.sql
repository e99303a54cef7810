-- Blobs, folders, files, uploads in parts and one-time tickets.

-- Contents by their digest. unnamed_since: since when nobody needs it; null while somebody does. whole: 0 while its chunks arrive.
create table blobs (
  digest bytea not null primary key check (length(digest) = 32),
  sm3 bytea not null,
  size bigint not null,
  crc32 bigint not null,
  place text collate "C" not null,
  whole bigint not null,
  unnamed_since bigint,
  created_at bigint not null
);
create index blobs_by_unnamed on blobs (unnamed_since, digest) where unnamed_since is not null;
-- Who needs a blob: the id of a file, a part of an upload, a package version …
create table blob_names (
  digest bytea not null references blobs (digest),
  what text collate "C" not null,
  id bytea not null,
  primary key (digest, what, id)
);
create table blob_chunks (
  digest bytea not null,
  number bigint not null,
  bytes bytea not null,
  primary key (digest, number)
);

create table folders (
  id bytea not null primary key check (length(id) = 16),
  department_id bytea not null references departments (id),
  parent_id bytea references folders (id),
  name text collate "C" not null,
  path text collate "C" not null,
  depth bigint not null,
  remark text collate "C",
  created_at bigint not null,
  created_by text collate "C" not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  revision bigint not null
);
create unique index folders_top_name on folders (department_id, name) where parent_id is null;
create unique index folders_by_parent_name on folders (parent_id, name) where parent_id is not null;
create index folders_by_parent on folders (parent_id, path, id);
create index folders_by_department on folders (department_id, path, id);
create index folders_by_parent_created on folders (parent_id, created_at, id);
create index folders_by_department_created on folders (department_id, created_at, id);
create index folders_by_path on folders (path, id);
create index folders_by_created on folders (created_at, id);

create table files (
  id bytea not null primary key check (length(id) = 16),
  department_id bytea not null references departments (id),
  folder_id bytea references folders (id),
  name text collate "C" not null,
  kind text collate "C" not null,
  digest bytea not null references blobs (digest),
  sha256 text collate "C" not null,
  sm3 text collate "C" not null,
  size bigint not null,
  content_type text collate "C" not null,
  business_date bigint,
  task_id bytea,
  expires_at bigint,
  remark text collate "C",
  created_at bigint not null,
  created_by text collate "C" not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  revision bigint not null
);
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
  id bytea not null primary key check (length(id) = 16),
  department_id bytea not null references departments (id),
  wanted text collate "C" not null,
  size bigint not null,
  part_bytes bigint not null,
  expires_at bigint not null,
  created_at bigint not null,
  created_by text collate "C" not null
);
create index file_uploads_by_expiry on file_uploads (expires_at, id);
create index file_uploads_by_maker on file_uploads (created_by);
create table file_upload_parts (
  upload_id bytea not null references file_uploads (id),
  number bigint not null,
  id bytea not null,
  digest bytea not null references blobs (digest),
  size bigint not null,
  primary key (upload_id, number)
);

create table file_tickets (
  secret_digest bytea not null primary key,
  file_id bytea not null references files (id),
  expires_at bigint not null,
  used_at bigint,
  created_at bigint not null,
  created_by text collate "C" not null
);
create index file_tickets_by_file on file_tickets (file_id);
create index file_tickets_by_expiry on file_tickets (expires_at);
