-- Clicks and conversions by column, for reports. All of it follows from the raw rows and can be made
-- anew from them, but for segments that are archived.

create table segments (
    -- Never given out twice: whoever still reads one that was replaced finds it gone.
    id integer primary key autoincrement,
    -- 1 clicks, 2 conversions.
    kind integer not null,
    -- Every raw row of the kind with an id from here (included) to there (not) belongs to it.
    from_id integer not null,
    to_id integer not null,
    rows integer not null,
    min_id integer not null,
    max_id integer not null,
    -- UTC milliseconds: of the clicks, of the conversions, of their statuses. Of clicks three times
    -- the same.
    min_at integer not null,
    max_at integer not null,
    min_conversion_at integer not null,
    max_conversion_at integer not null,
    min_status_at integer not null,
    max_status_at integer not null,
    -- Micro-units: the costs of clicks as stated, the revenue of conversions.
    money integer not null,
    -- live: as its raw rows say. archived: raw rows of it may have been dropped, and it is the truth.
    state text not null,
    -- CRC-32 of its columns.
    checksum integer not null
) strict;

create unique index segments_from on segments (kind, from_id);

-- A block for each column that is not empty throughout.
create table segment_columns (
    segment_id integer not null,
    -- Its number.
    column integer not null,
    data blob not null,
    primary key (segment_id, column)
) strict;

-- From when on changes are noted: those of rows whose id is below that.
create table column_marks (
    kind integer primary key,
    noted_below integer not null
) strict;

insert into column_marks (kind, noted_below) values (1, 0), (2, 0);

-- The truth about these rows is their raw row, whatever a segment says. Clicks that are inserted
-- below the mark are noted by the writer, all other changes by triggers.
create table loose (
    seq integer primary key autoincrement,
    kind integer not null,
    id integer not null
) strict;

create index loose_id on loose (kind, id, seq);

-- What a click says stands in the segments of its conversions, too.
create trigger clicks_updated after update on clicks begin
    insert into loose (kind, id)
    select 1, old.id where old.id < (select noted_below from column_marks where kind = 1);
    insert into loose (kind, id)
    select 2, id from conversions
    where click_id = old.id and id < (select noted_below from column_marks where kind = 2);
end;

create trigger clicks_deleted after delete on clicks begin
    insert into loose (kind, id)
    select 1, old.id where old.id < (select noted_below from column_marks where kind = 1);
    insert into loose (kind, id)
    select 2, id from conversions
    where click_id = old.id and id < (select noted_below from column_marks where kind = 2);
end;

-- A step changes its click, if that is there: a click without a raw row stays as it was archived.
create trigger offer_clicks_inserted after insert on offer_clicks begin
    insert into loose (kind, id)
    select 1, id from clicks
    where id = new.click_id and id < (select noted_below from column_marks where kind = 1);
    insert into loose (kind, id)
    select 2, id from conversions
    where click_id = new.click_id and id < (select noted_below from column_marks where kind = 2);
end;

create trigger offer_clicks_updated after update on offer_clicks begin
    insert into loose (kind, id)
    select 1, id from clicks
    where id in (old.click_id, new.click_id)
        and id < (select noted_below from column_marks where kind = 1);
    insert into loose (kind, id)
    select 2, id from conversions
    where click_id in (old.click_id, new.click_id)
        and id < (select noted_below from column_marks where kind = 2);
end;

create trigger offer_clicks_deleted after delete on offer_clicks begin
    insert into loose (kind, id)
    select 1, id from clicks
    where id = old.click_id and id < (select noted_below from column_marks where kind = 1);
    insert into loose (kind, id)
    select 2, id from conversions
    where click_id = old.click_id and id < (select noted_below from column_marks where kind = 2);
end;

-- Which conversion makes a customer depends on the earlier ones of its click.
create trigger conversions_inserted after insert on conversions
when new.id < (select noted_below from column_marks where kind = 2) begin
    insert into loose (kind, id) values (2, new.id);
    insert into loose (kind, id)
    select 2, id from conversions
    where click_id = new.click_id and id > new.id
        and id < (select noted_below from column_marks where kind = 2);
end;

create trigger conversions_updated after update on conversions
when old.id < (select noted_below from column_marks where kind = 2) begin
    insert into loose (kind, id) values (2, old.id);
    insert into loose (kind, id)
    select 2, id from conversions
    where click_id in (old.click_id, new.click_id) and id > old.id
        and id < (select noted_below from column_marks where kind = 2);
end;

create trigger conversions_deleted after delete on conversions
when old.id < (select noted_below from column_marks where kind = 2) begin
    insert into loose (kind, id) values (2, old.id);
    insert into loose (kind, id)
    select 2, id from conversions
    where click_id = old.click_id and id > old.id
        and id < (select noted_below from column_marks where kind = 2);
end;
