-- What routing needs beyond the first entities.

create table lists (
    id integer primary key,
    name text not null,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;
