-- What storage itself asks of its own tables.

-- name: schema_now
select version, min_binary from schema;

-- name: schema_set
update schema set version = :version, min_binary = case when min_binary > :min_binary then min_binary else :min_binary end;

-- name: migration_list
select number, name, checksum from schema_migrations order by number;

-- name: migration_done
insert into schema_migrations (number, name, checksum, applied_at) values (:number, :name, :checksum, :now);
