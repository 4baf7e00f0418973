-- Up Migration

create table llm_pack.embeddings (
  encoder bytea not null check (octet_length(encoder) = 32),
  text_hash bytea not null check (octet_length(text_hash) = 32),
  vector bytea not null check (octet_length(vector) % 4 = 0),
  used_on date not null default current_date,
  primary key (encoder, text_hash)
);
comment on table llm_pack.embeddings is 'Vectors made before, so that no text is embedded twice. Only a cache: deleting rows costs time and nothing else.';
comment on column llm_pack.embeddings.encoder is 'Fingerprint of the encoder.';
comment on column llm_pack.embeddings.text_hash is 'sha256 of exactly what the encoder was given.';
comment on column llm_pack.embeddings.vector is 'Little-endian 32-bit floats.';
comment on column llm_pack.embeddings.used_on is 'The day it was last asked for: what was not for long goes first.';
create index on llm_pack.embeddings (used_on);
