-- What traffic sources are told of conversions. At most one row per conversion, status and target.
create table outbox (
    -- By the generator of clicks; its time is when the conversion came or moved.
    id integer primary key,
    at integer not null,
    conversion_id integer not null,
    click_id integer not null,
    campaign_id integer not null,
    traffic_source_id integer,
    event text not null,
    -- lead, sale, rejected, trash.
    status text not null,
    -- Of method, address and body as they stand in the document: the same target told twice, by the
    -- campaign and by its traffic source, is told once.
    target text not null,
    -- The request, expanded: what was true of the conversion then.
    method text not null,
    url text not null,
    host text not null,
    -- JSON array of [name, value].
    headers text not null,
    body text not null,
    -- What an answer has to hold and must not hold; empty for neither.
    success_contains text not null,
    success_lacks text not null,
    -- waiting, sent, expired, skipped; and why it was skipped.
    state text not null,
    reason text,
    -- In all, and since it was last asked for.
    attempts integer not null default 0,
    tries integer not null default 0,
    -- UTC milliseconds.
    next_at integer not null,
    finished_at integer,
    -- An attempt was under way when the tracker ended: nobody knows whether it arrived.
    possibly_repeated integer not null default 0,
    unique (conversion_id, status, target)
) strict;

create index outbox_due on outbox (next_at) where state = 'waiting';
create index outbox_click on outbox (click_id);

create table outbox_attempts (
    outbox_id integer not null,
    number integer not null,
    -- Committed before the request leaves.
    at integer not null,
    -- null while nobody knows how it ended.
    finished_at integer,
    http_status integer,
    -- The beginning of the answer.
    body text,
    error text,
    possibly_repeated integer not null,
    primary key (outbox_id, number)
) strict, without rowid;
