-- Files, uploads in parts, tickets.

-- name: file_by_id
select id, department_id, folder_id, name, kind, size, sha256, sm3, content_type, business_date, task_id, expires_at, remark, created_at, created_by,
  updated_at, updated_by, revision
from files where id = :id;

-- name: files_of_task
select id, department_id, folder_id, name, kind, size, sha256, sm3, content_type, business_date, task_id, expires_at, remark, created_at, created_by,
  updated_at, updated_by, revision
from files where task_id = :task_id order by created_at, id limit 1000;

-- name: files_expired
select id, department_id, folder_id, name, kind, size, sha256, sm3, content_type, business_date, task_id, expires_at, remark, created_at, created_by,
  updated_at, updated_by, revision
from files where expires_at is not null and expires_at <= :now order by expires_at, id limit :limit;

-- name: file_named
select id from files where folder_id = :folder_id and name = :name;

-- name: file_insert
insert into files (id, department_id, folder_id, name, kind, digest, sha256, sm3, size, content_type, business_date, task_id, expires_at, remark,
  created_at, created_by, updated_at, updated_by, revision)
values (:id, :department_id, :folder_id, :name, :kind, :digest, :sha256, :sm3, :size, :content_type, :business_date, :task_id, :expires_at, :remark,
  :created_at, :created_by, :updated_at, :updated_by, :revision);

-- name: file_update
update files set department_id = :department_id, folder_id = :folder_id, name = :name, kind = :kind, business_date = :business_date,
  task_id = :task_id, expires_at = :expires_at, remark = :remark, updated_at = :updated_at, updated_by = :updated_by, revision = revision + 1
where id = :id and revision = :revision;

-- name: file_delete
delete from files where id = :id and revision = :revision;

-- name: upload_insert
insert into file_uploads (id, department_id, wanted, size, part_bytes, expires_at, created_at, created_by)
values (:id, :department_id, :wanted, :size, :part_bytes, :expires_at, :created_at, :created_by);

-- name: upload_by_id
select id, department_id, wanted, size, part_bytes, expires_at, created_at, created_by from file_uploads where id = :id;

-- name: uploads_open
select count(*) as n from file_uploads where created_by = :created_by;

-- name: uploads_expired
select id from file_uploads where expires_at <= :now order by expires_at, id limit :limit;

-- name: upload_delete
delete from file_uploads where id = :id;

-- name: upload_parts
select number, id, digest, size from file_upload_parts where upload_id = :upload_id order by number;

-- name: upload_part
select number, id, digest, size from file_upload_parts where upload_id = :upload_id and number = :number;

-- name: upload_part_insert
insert into file_upload_parts (upload_id, number, id, digest, size) values (:upload_id, :number, :id, :digest, :size);

-- name: upload_part_delete
delete from file_upload_parts where upload_id = :upload_id and number = :number;

-- name: file_ticket_insert
insert into file_tickets (secret_digest, file_id, expires_at, used_at, created_at, created_by)
values (:secret_digest, :file_id, :expires_at, null, :now, :actor);

-- name: file_ticket_take
update file_tickets set used_at = :now where secret_digest = :secret_digest and used_at is null and expires_at > :now returning file_id, created_by;

-- name: file_tickets_delete
delete from file_tickets where file_id = :file_id;

-- name: file_tickets_sweep
delete from file_tickets where expires_at < :before;
