-- The steps from landings to offers. One row per step; a click may have several.

create table offer_clicks (
    -- Made as the ids of clicks are, and by the same generator.
    id integer primary key,
    -- UTC milliseconds: the time of the id, shifted.
    at integer not null generated always as ((id >> 22) + 1704067200000 + (flags >> 16)) virtual,
    -- Null where nobody knows which click it was.
    click_id integer,
    -- Null where no offer was live and the visitor took the fallback.
    offer_id integer,
    -- Which offer of the flow the page asked for, from 1; null for the one that was drawn.
    n integer,
    -- Only where no stored click says it.
    no_entry_campaign_id integer,
    -- Bit 0: a preview made the step, nobody went on yet. Bits 16 and up, signed: how far the time
    -- lies from that of the id, in milliseconds; 0 unless the clock was set back.
    flags integer not null
) strict;

create index offer_clicks_click on offer_clicks (click_id) where click_id is not null;

create view offer_clicks_readable as
select
    offer_clicks.id,
    strftime('%Y-%m-%d %H:%M:%f', offer_clicks.at / 1000.0, 'unixepoch') as at_utc,
    offer_clicks.click_id,
    coalesce(routes.campaign_id, offer_clicks.no_entry_campaign_id) as campaign_id,
    routes.flow_id,
    routes.landing_id,
    offer_clicks.offer_id,
    offers.name as offer,
    offer_clicks.n,
    offer_clicks.no_entry_campaign_id is not null as no_entry,
    offer_clicks.flags & 1 as is_preview
from offer_clicks
left join clicks on clicks.id = offer_clicks.click_id
left join routes on routes.id = clicks.route_id
left join offers on offers.id = offer_clicks.offer_id;
