-- Where messages go, and an outbox that takes them beside the calls to traffic sources.

create table channels (
    id integer primary key,
    name text not null,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null,
    -- Its secret, encrypted with millrace.key; no part of the document.
    sealed blob
) strict;

create table outbox_of_all (
    -- By the generator of clicks; its time is when what it tells of happened.
    id integer primary key,
    at integer not null,
    -- postback, webhook, telegram, call.
    kind text not null,
    -- What makes a message the same; a postback is the same by conversion, status and target.
    key text,
    channel_id integer,
    rule_id integer,
    run_id integer,
    conversion_id integer,
    click_id integer,
    campaign_id integer,
    traffic_source_id integer,
    event text,
    -- lead, sale, rejected, trash.
    status text,
    -- Of method, address and body as they stand in the document: the same target told twice, by the
    -- campaign and by its traffic source, is told once.
    target text,
    -- The request, expanded: what was true then. Of a message to a channel the body is what it says;
    -- its address and its secret are looked up when it is sent. An empty url: forgotten.
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

insert into outbox_of_all (id, at, kind, conversion_id, click_id, campaign_id, traffic_source_id, event,
    status, target, method, url, host, headers, body, success_contains, success_lacks, state, reason,
    attempts, tries, next_at, finished_at, possibly_repeated)
select id, at, 'postback', conversion_id, click_id, campaign_id, traffic_source_id, event,
    status, target, method, url, host, headers, body, success_contains, success_lacks, state, reason,
    attempts, tries, next_at, finished_at, possibly_repeated
from outbox order by id;

-- Its indexes go with it; one by click is not made again: each postback would touch a random page.
drop table outbox;
alter table outbox_of_all rename to outbox;

create unique index outbox_key on outbox (key) where key is not null;
-- Host by host, so that what is due of one is found without reading over what waits for another.
create index outbox_waiting on outbox (host, next_at, at) where state = 'waiting';
