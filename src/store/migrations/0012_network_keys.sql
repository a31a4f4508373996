-- Networks of older versions get the key of their postback URL: 64 random bits.
update networks
set document = json_set(document, '$.key', lower(hex(randomblob(8))))
where coalesce(document ->> '$.key', '') = '';
