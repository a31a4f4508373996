-- What an operator edits.
create table settings (
    name text primary key,
    value blob not null
) strict, without rowid;
