-- A rate that was restated in another reporting currency is a quotient of entered ones, kept as a
-- fraction so that it goes back exactly: `rate / per`.
alter table currency_rates add column per integer not null default 1000000000;

-- The first day with amounts, which a new reporting currency needs a rate for.
create index conversions_at on conversions (at);
create index conversions_charged on conversions (click_id) where cost_amount is not null;
