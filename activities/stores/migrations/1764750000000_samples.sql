-- Up Migration

create table llm_pack.samples (
  key text primary key check (key <> ''),
  state text not null check (state in ('waiting', 'asked', 'answered', 'failed')),
  work_key text not null references llm_pack.work,
  claim text,
  claimed_until timestamptz,
  asked integer not null default 0,
  again integer not null default 0,
  tries integer not null default 0,
  tokens bigint not null default 0,
  usd double precision not null default 0,
  answer jsonb,
  error jsonb,
  settled_at timestamptz
);
comment on table llm_pack.samples is 'Questions that evaluations put to models, by the sha256 of all that the answer depends on. A row says asked before the question leaves, so that an answer that was lost with its process is known to be.';
comment on column llm_pack.samples.work_key is 'The work that asked last, and pays.';
comment on column llm_pack.samples.claim is 'The attempt that waits for the answer; until claimed_until others leave it to that.';
comment on column llm_pack.samples.again is 'How often of asked it was because an answer was lost.';
comment on column llm_pack.samples.tries is 'Failures that are of the question, as far as one can tell.';
comment on column llm_pack.samples.tokens is 'Reserved while it is asked, used once it is answered; so is usd.';
create index on llm_pack.samples (claim) where state = 'asked';

create table llm_pack.sample_budgets (
  work_key text primary key references llm_pack.work,
  calls bigint not null default 0,
  tokens bigint not null default 0,
  usd double precision not null default 0
);
comment on table llm_pack.sample_budgets is 'What a piece of work has used up, or reserved, of its limits.';
