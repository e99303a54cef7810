-- The nodes that share this database; what storage needs of itself is made before the first migration.
create table nodes (
  id bytea primary key check (length(id) = 16),
  address text not null,
  beat bigint not null,
  epoch bigint not null
);
