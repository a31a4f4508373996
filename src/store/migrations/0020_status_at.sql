-- For those who ask what became of conversions within a time, again and again.
create index conversions_status on conversions (status_at);
