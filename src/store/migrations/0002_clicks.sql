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

-- What was decided about a click: a few hundred combinations for millions of clicks.
create table routes (
    id integer primary key,
    campaign_id integer not null,
    flow_id integer,
    landing_id integer,
    offer_id integer,
    traffic_source_id integer,
    domain_id integer
) strict;

create table currencies (
    id integer primary key,
    code text not null unique
) strict;

insert into currencies (id, code) values (1, 'USD');

create table clicks (
    -- Milliseconds since 2024-01-01 (41 bits), node (6), sequence (16).
    id integer primary key,
    -- UTC milliseconds: the time of the id, shifted.
    at integer not null generated always as ((id >> 22) + 1704067200000 + (flags >> 16)) virtual,
    route_id integer not null,
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
    -- JSON array: element N-1 is sub id N; the number 0 where it is empty.
    sub_ids text,
    -- JSON array of [name, value] that no parameter of ours claims.
    others text,
    -- Micro-units, and the currency they are in.
    cost integer,
    currency_id integer,
    -- Bit 0: the link's cost was unreadable and the fixed value counts. Bits 8 to 15: why the
    -- visitor is held to be a bot, 0 for no bot; `clicks_readable` spells it out. Bits 16 and up,
    -- signed: how far the click's time lies from that of its id, in milliseconds; 0 unless the
    -- clock was set back or the ids of a millisecond were used up. (0 takes no room in a row.)
    flags integer not null
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
    routes.campaign_id,
    routes.flow_id,
    routes.landing_id,
    routes.offer_id,
    routes.traffic_source_id,
    routes.domain_id,
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
    currencies.code as cost_currency,
    clicks.flags >> 8 & 255 > 0 as is_bot,
    case clicks.flags >> 8 & 255
        when 0 then null
        when 1 then 'crawler'
        when 2 then 'tool'
        when 3 then 'empty_user_agent'
        when 4 then 'prefetch'
        when 5 then 'ip_list'
        when 6 then 'user_agent_list'
    end as bot_reason,
    clicks.flags & 1 as cost_fell_back
from clicks
join routes on routes.id = clicks.route_id
left join currencies on currencies.id = clicks.currency_id
join agents on agents.id = clicks.agent_id
join places on places.id = clicks.place_id;
