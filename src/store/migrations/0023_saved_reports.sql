-- Reports kept under a name, and links by which others look at one.

create table saved_reports (
    id integer primary key,
    name text not null,
    state text not null,
    version integer not null,
    document text not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table report_links (
    id integer primary key,
    saved_report_id integer not null,
    -- Whom it was made for.
    name text not null,
    -- SHA-256 of the token; the token itself is kept nowhere.
    hash blob not null unique,
    -- JSON array of words: what the link does not show.
    hides text not null,
    -- UTC milliseconds; null where it never expires.
    expires_at integer,
    created_at integer not null
) strict;

create index report_links_report on report_links (saved_report_id);
