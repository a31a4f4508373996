-- Files of conversions that were imported, and what became of each row.

create table imports (
    id integer primary key,
    -- UTC milliseconds.
    at integer not null,
    network_id integer,
    -- IANA zone of times that name none.
    timezone text not null,
    -- What the file was taken for; the delimiter is null where it has none.
    format text not null,
    delimiter text,
    -- JSON array: what each column was taken for.
    columns text not null,
    -- JSON array of what was odd about the file as a whole.
    remarks text not null,
    -- Whether the conversions are to be told to traffic sources.
    send_postbacks integer not null,
    -- running, finished, interrupted, failed.
    state text not null,
    -- How many rows there are, and how many of them are done with.
    rows integer not null,
    done integer not null,
    -- JSON object: rows by verdict.
    totals text not null,
    finished_at integer,
    error text
) strict;

-- Dropped after 30 days.
create table import_rows (
    import_id integer not null,
    -- Of the file, from 1.
    line integer not null,
    raw text not null,
    verdict text not null,
    reason text,
    click_id integer,
    conversion_id integer,
    primary key (import_id, line)
) strict, without rowid;

-- Rows that another import of them would repeat: those that count each time, and those that wait.
create table import_marks (
    -- Of the network, of all that the row says, and of which of several identical rows it is.
    fingerprint integer primary key,
    import_id integer not null,
    line integer not null,
    -- Its entry in `postbacks`, if it has one.
    postback_id integer
) strict;

-- When an imported row says it happened; null where it says nothing.
alter table postbacks add column occurred_at integer;
