-- What traffic sources call the ads, ad groups and ad campaigns whose ids clicks carry.
create table ad_names (
    -- creative, ad_group, ad_campaign.
    kind text not null,
    id text not null,
    -- The latest that a click brought.
    name text not null,
    -- UTC milliseconds of that click.
    at integer not null,
    primary key (kind, id)
) strict, without rowid;
