-- What an operator edits. A document is the truth; the columns beside it are for joins and for
-- people with the sqlite3 shell. Times are UTC milliseconds.

create table settings (
    name text primary key,
    value blob not null
) strict, without rowid;

-- Keys of the API: only their SHA-256, so that a copy of the database lets nobody in.
create table api_keys (
    id integer primary key,
    name text not null,
    hash blob not null unique,
    created_at integer not null
) strict;

create table networks (
    id integer primary key,
    name text not null,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table offers (
    id integer primary key,
    name text not null,
    network_id integer references networks (id),
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table landings (
    id integer primary key,
    name text not null,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table domains (
    id integer primary key,
    host text not null,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create unique index domains_host on domains (host) where state <> 'archived';

create table campaigns (
    id integer primary key,
    name text not null,
    alias text not null,
    domain_id integer references domains (id),
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create unique index campaigns_alias on campaigns (alias, coalesce(domain_id, 0))
    where state <> 'archived';

-- Flows stand in their campaign's document; here are their names. A flow taken out of its
-- campaign stays as an archived row, because its clicks still name it.
create table flows (
    id integer primary key,
    campaign_id integer not null references campaigns (id),
    position integer not null,
    name text not null,
    kind text not null,
    state text not null
) strict;

create index flows_campaign on flows (campaign_id);
