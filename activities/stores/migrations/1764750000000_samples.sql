-- Up Migration

-- Questions that were put to a model by an evaluation, by the sha256 of all that the answer depends on. A row says `asked` before
-- the question leaves, so that an answer that was lost with its process is known to be.
create table llm_pack.samples (
  key text primary key,
  state text not null check (state in ('waiting', 'asked', 'answered', 'failed')),
  -- The work that asked last, and pays.
  work_key text not null references llm_pack.work (work_key),
  -- Who waits for the answer, and until when others leave it to them.
  claim text,
  claimed_until timestamptz,
  asked integer not null default 0,
  -- Of these, because an answer was lost.
  again integer not null default 0,
  -- Failures that are of the question, as far as one can tell.
  tries integer not null default 0,
  -- Reserved while it is asked, used once it is answered.
  tokens bigint not null default 0,
  usd double precision not null default 0,
  answer jsonb,
  error jsonb,
  settled_at timestamptz
);

create index samples_of_claim on llm_pack.samples (claim) where state = 'asked';

-- What a piece of work has used up or reserved of its limits.
create table llm_pack.sample_budgets (
  work_key text primary key references llm_pack.work (work_key),
  calls bigint not null default 0,
  tokens bigint not null default 0,
  usd double precision not null default 0
);
