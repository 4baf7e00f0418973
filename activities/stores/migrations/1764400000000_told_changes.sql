-- Up Migration

create table llm_pack.told_changes (
  batch text primary key,
  told_at timestamptz not null default clock_timestamp()
);
comment on table llm_pack.told_changes is 'Batches of changes that were signalled to a feed and are in the outbox: an attempt that is made again must not put them over what came later.';
create index told_changes_by_time on llm_pack.told_changes (told_at);
