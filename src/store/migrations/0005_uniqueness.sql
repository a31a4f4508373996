-- Which clicks were their visitor's first. In `flags` of a click: bit 1 of the campaign, bit 2 of the
-- flow, bit 3 of all, each within the campaign's window.

-- The visitor's key, where a cookie brought one that does not follow from address and user agent.
alter table clicks add column visitor integer;
