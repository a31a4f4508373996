-- What the click path records. One row per click, as small as can be: what repeats lies in
-- `agents` and `places`, and an id that is a plain number is kept as one (column type `any`;
-- `cast(... as text)` gives back exactly what was sent).

-- A user agent and all that follows from it.
create table agents (
    id integer primary key,
    fingerprint blob not null unique,
    user_agent text not null,
    device_type text not null,
    brand text,
    model text,
    os text,
    os_version text,
    browser text,
    browser_version text,
    in_app text,
    x_requested_with text,
    bot_reason text,
    bot_detail text
) strict;

-- A network location and all that follows from it.
create table places (
    id integer primary key,
    fingerprint blob not null unique,
    country text,
    region text,
    city text,
    isp text,
    asn integer,
    connection_type text,
    proxy text
) strict;

create table clicks (
    -- Milliseconds since 2024-01-01 (41 bits), node (6), sequence (16).
    id integer primary key,
    -- UTC milliseconds.
    at integer not null,
    campaign_id integer not null,
    flow_id integer,
    landing_id integer,
    offer_id integer,
    traffic_source_id integer,
    domain_id integer,
    agent_id integer not null,
    place_id integer not null,
    -- 4 or 16 bytes.
    ip blob not null,
    language text,
    referrer text,
    source any,
    keyword any,
    creative_id any,
    ad_group_id any,
    ad_campaign_id any,
    external_id any,
    -- JSON array: element N-1 is sub id N, a number 0 where it is empty.
    sub_ids text,
    -- JSON array of [name, value] that no parameter of ours claims.
    others text,
    -- Micro-units, and the currency they are in.
    cost integer,
    cost_currency text,
    -- 1: the link's cost was unreadable and the fixed value counts.
    cost_fell_back integer,
    bot_reason text
) strict;

-- Records that could not be stored for a reason of their own: nothing vanishes silently.
create table set_aside (
    id integer primary key,
    at integer not null,
    kind text not null,
    record text not null,
    error text not null
) strict;

-- What is counted and not recorded: HEAD requests, browser prefetches, unknown aliases, ...
create table tallies (
    day text not null,
    what text not null,
    campaign_id integer not null,
    count integer not null,
    primary key (day, what, campaign_id)
) strict, without rowid;

-- The click as people read it; sub ids are `sub_ids ->> 0` to `->> 29`.
create view clicks_readable as
select
    clicks.id,
    strftime('%Y-%m-%d %H:%M:%f', clicks.at / 1000.0, 'unixepoch') as at_utc,
    clicks.campaign_id,
    clicks.flow_id,
    clicks.landing_id,
    clicks.offer_id,
    clicks.traffic_source_id,
    clicks.domain_id,
    case length(clicks.ip)
        when 4 then
            printf(
                '%d.%d.%d.%d',
                (instr('0123456789ABCDEF', substr(hex(clicks.ip), 1, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(hex(clicks.ip), 2, 1)) - 1,
                (instr('0123456789ABCDEF', substr(hex(clicks.ip), 3, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(hex(clicks.ip), 4, 1)) - 1,
                (instr('0123456789ABCDEF', substr(hex(clicks.ip), 5, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(hex(clicks.ip), 6, 1)) - 1,
                (instr('0123456789ABCDEF', substr(hex(clicks.ip), 7, 1)) - 1) * 16 + instr('0123456789ABCDEF', substr(hex(clicks.ip), 8, 1)) - 1
            )
        else lower(hex(clicks.ip))
    end as ip,
    places.country,
    places.region,
    places.city,
    places.isp,
    places.asn,
    places.connection_type,
    places.proxy,
    agents.device_type,
    agents.brand,
    agents.model,
    agents.os,
    agents.os_version,
    agents.browser,
    agents.browser_version,
    agents.in_app,
    agents.x_requested_with,
    agents.user_agent,
    clicks.language,
    clicks.referrer,
    cast(clicks.source as text) as source,
    cast(clicks.keyword as text) as keyword,
    cast(clicks.creative_id as text) as creative_id,
    cast(clicks.ad_group_id as text) as ad_group_id,
    cast(clicks.ad_campaign_id as text) as ad_campaign_id,
    cast(clicks.external_id as text) as external_id,
    clicks.sub_ids,
    clicks.others,
    clicks.cost / 1000000.0 as cost,
    clicks.cost_currency,
    clicks.bot_reason is not null as is_bot,
    clicks.bot_reason
from clicks
join agents on agents.id = clicks.agent_id
join places on places.id = clicks.place_id;
