-- The nodes that share this database (one, here); what storage needs of itself is made before the first migration.
create table nodes (
  id blob primary key check (length(id) = 16),
  address text not null,
  beat integer not null,
  epoch integer not null
) strict, without rowid;
