-- Bulk changes, so that they can be undone.

create table changes (
    id integer primary key,
    at integer not null,
    summary text not null,
    -- JSON array of {kind, id, version, before}: the document before, and the version that the
    -- change made.
    entries text not null,
    undone_at integer
) strict;
