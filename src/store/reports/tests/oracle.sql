-- What reports are compared with: each fact of a click and of a conversion as a column, by plain SQL
-- over the raw rows.

create temp table addresses (ip blob primary key, text text, near text, far text);
create temp table referrers (referrer text primary key, host text);
create temp table groups_of_campaigns (campaign_id integer primary key, group_id integer);
create temp table networks_of_offers (offer_id integer primary key, network_id integer);
create temp table own_events (key text primary key, counts integer, pays integer);
create temp table rates (code text, day integer, numerator integer, denominator integer);
-- What the clocks of the report's zone show.
create temp table moments (at integer primary key, hour text, day text, week text, month text,
    year text, weekday text, hour_of_day text);

insert into own_events values ('deposit', 1, 0), ('call', 0, 1);
insert into groups_of_campaigns values (1, 4), (2, 5), (3, null);
insert into networks_of_offers values (7, 30), (8, 31), (9, null);

create temp view seen as
select
    clicks.id as click_id,
    clicks.at as click_at,
    clicks.flags >> 8 & 255 > 0 as bot,
    clicks.flags & 15 = 1 or clicks.flags >> 1 & 1 as unique_campaign,
    clicks.flags & 15 = 1 or clicks.flags >> 2 & 1 as unique_flow,
    clicks.flags & 15 = 1 or clicks.flags >> 3 & 1 as unique_global,
    clicks.flags as flags,
    routes.*,
    places.country, places.region, places.city, places.isp, places.asn, places.connection_type,
    agents.device_type, agents.brand, agents.model, agents.os, agents.os_version, agents.browser,
    agents.browser_version, agents.in_app, agents.user_agent,
    clicks.language, clicks.referrer, clicks.source, clicks.keyword, clicks.creative_id,
    clicks.ad_group_id, clicks.ad_campaign_id, clicks.external_id, clicks.sub_ids, clicks.ip,
    coalesce(
        (select step.offer_id from offer_clicks as step
            where step.click_id = clicks.id and step.flags & 1 = 0 and step.offer_id is not null
            order by step.id desc limit 1),
        routes.offer_id) as last_offer,
    (select count(*) from offer_clicks as step
        where step.click_id = clicks.id and step.flags & 1 = 0) as steps,
    (select code from currencies where currencies.id = clicks.currency_id) as stated,
    coalesce(clicks.cost, 0) as amount
from clicks
join routes on routes.id = clicks.route_id
join places on places.id = clicks.place_id
join agents on agents.id = clicks.agent_id
where clicks.flags >> 5 & 1 = 0;

-- Money without a click has a campaign and a time, and all else is empty.
create temp view spent as
select
    null as click_id, at as click_at, null as bot, null as unique_campaign, null as unique_flow,
    null as unique_global, null as flags, null as id, campaign_id, null as flow_id,
    null as landing_id, null as offer_id, null as traffic_source_id, null as domain_id,
    null as country, null as region, null as city, null as isp, null as asn,
    null as connection_type, null as device_type, null as brand, null as model, null as os,
    null as os_version, null as browser, null as browser_version, null as in_app,
    null as user_agent, null as language, null as referrer, null as source, null as keyword,
    null as creative_id, null as ad_group_id, null as ad_campaign_id, null as external_id,
    null as sub_ids, null as ip, null as last_offer, null as steps, currency as stated, amount
from unassigned_costs where replaced_by is null;

create temp view priced as
select paid.*, amount * numerator / denominator as whole, amount * numerator % denominator as rest,
    denominator
from (select * from seen union all select * from spent) as paid left join rates on rates.rowid = (
    select rowid from rates
    where code = stated and day <= click_at / 86400000 order by day desc limit 1);

create temp view counted as
select priced.*, last_offer as offer,
    coalesce(whole + (rest * 2 > denominator or (rest * 2 = denominator and whole % 2 = 1)), 0) as worth
from priced;

create temp view results as
select
    seen.*,
    conversions.id as conversion_id,
    conversions.at as came_at,
    conversions.status_at,
    conversions.event,
    conversions.tid,
    conversions.status,
    conversions.kept,
    conversions.revenue,
    coalesce(conversions.cost, 0) as paid,
    coalesce(conversions.offer_id, seen.last_offer) as offer,
    conversions.event = 'conversion' and conversions.flags & 1 = 0 as is_first,
    conversions.event = 'rebill' or (conversions.event = 'conversion' and conversions.flags & 1)
        as is_again,
    conversions.event not in ('conversion', 'rebill') as is_own,
    conversions.flags & 2 = 0 as once,
    conversions.status <= 2 as is_good,
    coalesce(own_events.counts, 0) as counts,
    conversions.event in ('conversion', 'rebill') or coalesce(own_events.pays, 0) as pays,
    conversions.id = (
        select min(id) from conversions as sale
        where sale.click_id = seen.click_id and sale.event = 'conversion' and sale.status = 2
            and sale.flags & 7 = 0) as is_customer
from conversions
join seen on seen.click_id = conversions.click_id
left join own_events on own_events.key = conversions.event
where conversions.status is not null and conversions.flags & 4 = 0;
