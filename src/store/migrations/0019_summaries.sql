-- What is told by itself: spent budgets, daily summaries.

create table summaries (
    id integer primary key,
    name text not null,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- Spent budgets that were told, so that none is told twice.
create table budgets_told (
    campaign_id integer not null,
    -- daily, total.
    budget text not null,
    -- Number of the day in the campaign's zone; 0 of a total.
    period integer not null,
    -- The highest one that was reached and told, in micro-units of the campaign's currency.
    amount integer not null,
    -- UTC milliseconds.
    at integer not null,
    primary key (campaign_id, budget, period)
) strict, without rowid;
