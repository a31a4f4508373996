-- Long work on stored rows, and what clicks are said to have cost afterwards.

create table jobs (
    id integer primary key,
    -- UTC milliseconds.
    at integer not null,
    -- cost_update, cost_update_undo, clean_up, bot_update, prune.
    kind text not null,
    -- JSON object.
    asked text not null,
    -- queued, running, done, failed, cancelled.
    state text not null,
    -- JSON: where it goes on; null at the beginning.
    cursor text,
    -- Rows that are done with, and of how many where that is known.
    done integer not null default 0,
    total integer,
    -- JSON object: what came of it so far.
    result text not null default '{}',
    started_at integer,
    finished_at integer,
    error text
) strict;

create index jobs_open on jobs (id) where state in ('queued', 'running');

create table cost_updates (
    id integer primary key,
    -- UTC milliseconds.
    at integer not null,
    job_id integer not null,
    -- The last one that was to undo it.
    undo_job_id integer,
    -- SHA-256 of all that it says.
    fingerprint blob not null,
    -- When the last of its periods ends.
    ends_at integer not null,
    undone_at integer
) strict;

create index cost_updates_fingerprint on cost_updates (fingerprint);

-- Each states the cost of some clicks.
create table cost_update_lines (
    update_id integer not null,
    number integer not null,
    -- JSON object.
    document text not null,
    -- How many were found.
    clicks integer not null default 0,
    primary key (update_id, number)
) strict, without rowid;

-- The clicks of lines in the order in which they were found, a few hundred in a row. Dropped when an
-- update can no more be undone.
create table cost_update_pieces (
    update_id integer not null,
    number integer not null,
    line integer not null,
    -- How many clicks of the line stand in rows before this one.
    first integer not null,
    -- Ids, packed as those of column segments are.
    ids blob not null,
    lowest integer not null,
    highest integer not null,
    -- What they had cost until then and in which currency, a block of a column each; null as long as
    -- that was not changed.
    costs blob,
    currencies blob,
    primary key (update_id, number)
) strict;

-- For those who ask which later update is about the same clicks.
create index cost_update_pieces_ids on cost_update_pieces (highest, lowest, update_id);

-- Money that no click was charged with, on the day on which it was spent.
create table unassigned_costs (
    id integer primary key,
    update_id integer not null,
    -- Of the clicks that it would have been for: a later statement about the same takes its place.
    selection blob not null,
    campaign_id integer not null,
    -- UTC milliseconds.
    at integer not null,
    -- Micro-units.
    amount integer not null,
    currency text not null,
    -- The update that has taken its place; such a row counts nowhere.
    replaced_by integer
) strict;

create index unassigned_costs_at on unassigned_costs (at);
create index unassigned_costs_selection on unassigned_costs (selection);
create index unassigned_costs_update on unassigned_costs (update_id);
create index unassigned_costs_replaced on unassigned_costs (replaced_by) where replaced_by is not null;
