-- Traffic sources and groups, and what now names them.

create table traffic_sources (
    id integer primary key,
    name text not null,
    group_id integer,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- Names of groups repeat: each kind of entity has its own.
create table groups (
    id integer primary key,
    name text not null,
    kind text not null,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- Not checked by the database: campaigns of older versions name sources that never were.
alter table campaigns add column traffic_source_id integer;
alter table campaigns add column group_id integer;
alter table offers add column group_id integer;
alter table landings add column group_id integer;
alter table domains add column group_id integer;

update campaigns set traffic_source_id = document ->> 'traffic_source_id';
