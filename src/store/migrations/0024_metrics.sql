-- Numbers of the operator's own, worked out from others by a formula.

create table metrics (
    id integer primary key,
    name text not null,
    -- What reports and formulas call it.
    key text not null unique,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;
