-- In `flags` of a click, bit 5: the operator's own visit, for a test.

drop view clicks_readable;

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
        when 0 then iif(clicks.flags >> 7 & 1, 'converted', null)
        when 1 then 'crawler'
        when 2 then 'tool'
        when 3 then 'empty_user_agent'
        when 4 then 'prefetch'
        when 5 then 'ip_list'
        when 6 then 'user_agent_list'
    end as bot_reason,
    clicks.flags >> 4 & 1 or (clicks.flags & 1 and clicks.flags & 14) as cost_fell_back,
    clicks.flags & 15 = 1 or clicks.flags >> 1 & 1 as is_unique_campaign,
    clicks.flags & 15 = 1 or clicks.flags >> 2 & 1 as is_unique_flow,
    clicks.flags & 15 = 1 or clicks.flags >> 3 & 1 as is_unique_global,
    clicks.flags >> 5 & 1 as is_test,
    jumps.parent_id as parent_click_id
from clicks
join routes on routes.id = clicks.route_id
left join currencies on currencies.id = clicks.currency_id
join agents on agents.id = clicks.agent_id
join places on places.id = clicks.place_id
left join jumps on jumps.click_id = clicks.id;
