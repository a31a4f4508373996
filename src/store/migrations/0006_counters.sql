-- Counters that outlive a save and a restart: limits, caps, budgets. The program keeps them in
-- memory and writes them every few seconds; old periods are dropped.
create table counters (
    -- flow_clicks_per_hour, offer_conversions_per_day, campaign_cost_per_day, ...
    what text not null,
    -- Of the flow, offer or campaign.
    id integer not null,
    -- Number of the hour or day since 1970 in the zone of whoever counts; 0 for a total.
    period integer not null,
    -- Clicks, conversions, or micro-units of money.
    count integer not null,
    primary key (what, id, period)
) strict, without rowid;

-- What one unit of a currency is worth in the reporting currency, in billionths. A rate counts
-- from its day until the next one of its currency.
create table currency_rates (
    currency text not null,
    day text not null,
    rate integer not null,
    primary key (currency, day)
) strict, without rowid;
