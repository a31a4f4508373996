-- What is to be done by itself, and what was done.

create table rules (
    id integer primary key,
    name text not null,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- Each time that the conditions of a rule held of a group.
create table rule_runs (
    -- By the generator of clicks.
    id integer primary key,
    -- UTC milliseconds.
    at integer not null,
    rule_id integer not null,
    rule_version integer not null,
    -- What makes it the same run: rule, group, and the round or the conversion and its status.
    key text not null unique,
    -- JSON object: the values of the rule's dimensions, null for an empty one.
    "group" text not null,
    -- Of the group, where the rule's dimensions or its conversion tell it.
    campaign_id integer,
    conversion_id integer,
    -- JSON object: the numbers that its conditions looked at, decimal texts or null.
    numbers text not null,
    -- The window, in UTC milliseconds; null where no numbers were looked at.
    window_from integer,
    window_to integer,
    -- pending: a conversion left it, and it is to be done;
    -- done: all of it was done, or was so already in part;
    -- unchanged: everything was so already;
    -- failed: no document was changed, and its messages say why;
    -- conflict: the same, because another rule had just done the opposite;
    -- dry_run: only noted;
    -- cooling_down, day_limit: not done, because it had acted shortly before, or often enough;
    -- undone: it was done, and an operator took it back.
    verdict text not null,
    -- For people: why it was not done.
    reason text,
    -- JSON array: what was or would be done, one object per field that changes, message and note.
    effects text not null,
    undone_at integer
) strict;

create index rule_runs_group on rule_runs (rule_id, "group", at);
create index rule_runs_rule on rule_runs (rule_id, at);
create index rule_runs_pending on rule_runs (id) where verdict = 'pending';
create index rule_runs_undone on rule_runs (rule_id, "group", undone_at) where undone_at is not null;

-- What rules have changed in documents, field by field.
create table rule_effects (
    run_id integer not null,
    number integer not null,
    rule_id integer not null,
    -- When it was done, or undone, in UTC milliseconds.
    at integer not null,
    -- campaign, flow, landing, offer, list.
    what text not null,
    id integer not null,
    -- state, weight, budget.daily, values.
    field text not null,
    -- Of values the value; of the weight of a landing or an offer the flow; else empty.
    item text not null,
    -- As texts; null for no budget, and where a value is not on the list.
    before text,
    after text,
    -- 1: resumed, raised, added; -1: paused, lowered, taken off. The other way round once undone.
    direction integer not null,
    undone integer not null default 0,
    primary key (run_id, number)
) strict, without rowid;

create index rule_effects_field on rule_effects (what, id, field, item, at);

-- Rules on numbers that a conversion made due; dropped when they were evaluated.
create table rule_dues (
    rule_id integer not null,
    "group" text not null,
    conversion_id integer not null,
    -- When it came or moved to what made the group due.
    at integer not null,
    primary key (at, rule_id, "group", conversion_id)
) strict, without rowid;

-- When each rule of every so many minutes was last looked at, and what it asked then.
create table rule_looks (
    rule_id integer primary key,
    -- Of all that it asks and does.
    fingerprint integer not null,
    -- UTC milliseconds.
    at integer not null
) strict;
