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
    -- JSON array of the values of the rule's dimensions, null for an empty one.
    "group" text not null,
    -- Of the group, where the rule's dimensions or its conversion tell it.
    campaign_id integer,
    conversion_id integer,
    -- JSON object: the numbers that its conditions looked at, decimal texts or null.
    numbers text not null,
    -- The window, in UTC milliseconds; null where no numbers were looked at.
    window_from integer,
    window_to integer,
    -- pending, done, failed, dry_run, cooling_down, day_limit, conflict, undone.
    verdict text not null,
    -- For people: why it was not done, or not whole.
    reason text,
    -- JSON array: what was or would be done, one object per action.
    effects text not null,
    undone_at integer
) strict;

create index rule_runs_rule on rule_runs (rule_id, "group", at);
create index rule_runs_pending on rule_runs (id) where verdict = 'pending';

-- What rules have changed in documents, field by field.
create table rule_effects (
    run_id integer not null,
    number integer not null,
    rule_id integer not null,
    at integer not null,
    -- campaign, flow, landing, offer, list.
    what text not null,
    id integer not null,
    -- state, weight, daily budget, a value of a list.
    field text not null,
    before text,
    after text,
    primary key (run_id, number)
) strict, without rowid;

create index rule_effects_what on rule_effects (what, id, field, at);

-- Rules on numbers that a conversion made due; dropped when they were evaluated.
create table rule_dues (
    rule_id integer not null,
    "group" text not null,
    conversion_id integer not null,
    at integer not null,
    primary key (rule_id, "group")
) strict, without rowid;
