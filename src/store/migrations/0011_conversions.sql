-- What clicks earn, and every word that networks have said about it.

create table events (
    id integer primary key,
    name text not null,
    key text not null,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- Every postback that came in, whatever became of it. Old ones are dropped, unless something can
-- still become of them.
create table postbacks (
    -- Made as the ids of clicks are, and by the same generator.
    id integer primary key,
    -- UTC milliseconds.
    at integer not null,
    -- 4 or 16 bytes; null for an imported row.
    ip blob,
    -- GET, POST, or IMPORT.
    method text not null,
    -- The key in its path, and the network that has it.
    network_key text,
    network_id integer,
    -- JSON array of [name, value], in the order in which they came.
    parameters text not null,
    -- The click id that was found, and the parameter it was in.
    click_id integer,
    found_in text,
    -- A word for what became of it, the reason for people, and the conversion that it changed.
    verdict text not null,
    reason text,
    conversion_id integer,
    -- The word that nobody has mapped yet, in lower case.
    unmapped text,
    -- Of all that makes two requests the same, the time apart.
    fingerprint integer not null,
    -- Bit 0: an identical request soon after is the network's retry. Bit 1: its sender may not have
    -- been told what became of it, so an identical request is its retry. Bit 2: it has been replayed.
    flags integer not null
) strict;

create index postbacks_click on postbacks (click_id) where click_id is not null;
create index postbacks_retry on postbacks (fingerprint) where flags & 3 > 0;
create index postbacks_unmapped on postbacks (network_id, unmapped) where unmapped is not null;
create index postbacks_at on postbacks (at);

-- Postbacks whose click has not arrived yet.
create table parked (
    postback_id integer primary key,
    click_id integer not null
) strict;

create index parked_click on parked (click_id);

create table conversions (
    id integer primary key,
    -- UTC milliseconds: the first postback, and when it became what it is.
    at integer not null,
    status_at integer not null,
    click_id integer,
    campaign_id integer,
    offer_id integer,
    network_id integer,
    -- conversion, rebill, or the key of an event.
    event text not null,
    tid text,
    -- 1 lead, 2 sale, 3 rejected, 4 trash; null while the network's word is not mapped.
    status integer,
    previous_status integer,
    original_status text,
    -- Micro-units as stated, their currency, the rate in billionths (null: unknown), and what it is
    -- worth in the reporting currency.
    amount integer not null,
    currency text not null,
    rate integer,
    revenue integer not null,
    sale_amount integer,
    cost_amount integer,
    cost_currency text,
    cost_rate integer,
    cost integer,
    -- Bit 0: a further one of its click. Bit 1: a correction. Bit 2: a test. Bit 3: its last payout
    -- could not be read.
    flags integer not null,
    cap_day integer,
    -- JSON objects.
    kept text,
    others text
) strict;

create index conversions_click on conversions (click_id) where click_id is not null;
create index conversions_tid on conversions (tid, network_id) where tid is not null;
create index conversions_unrated on conversions (currency) where rate is null;

-- What became of each conversion, one row per change, as it was after it.
create table conversion_changes (
    -- By the same generator.
    id integer primary key,
    conversion_id integer not null,
    at integer not null,
    -- postback, replay, import, edit, rate.
    origin text not null,
    postback_id integer,
    status integer,
    original_status text,
    amount integer not null,
    currency text not null,
    revenue integer not null,
    tid text,
    offer_id integer,
    -- Places of the cap of the offer taken (1) or freed (-1) on `cap_day`.
    cap_change integer not null,
    cap_day integer,
    -- What the campaign of the click was charged, in the currency of its cost.
    spent integer not null
) strict;

create index conversion_changes_conversion on conversion_changes (conversion_id);

create view conversions_readable as
select
    conversions.id,
    strftime('%Y-%m-%d %H:%M:%f', conversions.at / 1000.0, 'unixepoch') as at_utc,
    strftime('%Y-%m-%d %H:%M:%f', conversions.status_at / 1000.0, 'unixepoch') as status_at_utc,
    conversions.click_id,
    conversions.campaign_id,
    conversions.offer_id,
    conversions.network_id,
    conversions.event,
    conversions.tid,
    case conversions.status
        when 1 then 'lead'
        when 2 then 'sale'
        when 3 then 'rejected'
        when 4 then 'trash'
    end as status,
    conversions.original_status,
    conversions.amount / 1000000.0 as amount,
    conversions.currency,
    conversions.revenue / 1000000.0 as revenue,
    conversions.cost / 1000000.0 as cost,
    conversions.flags & 1 as is_repeat,
    conversions.flags >> 1 & 1 as is_correction,
    conversions.flags >> 2 & 1 as is_test,
    conversions.kept,
    conversions.others
from conversions;
