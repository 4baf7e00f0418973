-- Up Migration

create table llm_pack.guard_cases (
  guard text not null check (guard <> ''),
  text_hash bytea not null check (octet_length(text_hash) = 32),
  text text not null check (text <> ''),
  family text not null,
  mutation text not null,
  surface text not null check (surface in ('input', 'tool', 'document')),
  work_key text not null references llm_pack.work,
  approved_by text not null,
  added_at timestamptz not null default now(),
  primary key (guard, text_hash)
);
comment on table llm_pack.guard_cases is 'Attacks that have got past a guard, and that a person has approved: later runs try them, and the next guard learns from them.';
comment on column llm_pack.guard_cases.guard is 'Name of the guard, without a version; "rules" where the rules alone were attacked.';
comment on column llm_pack.guard_cases.text_hash is 'sha256 of the text.';
comment on column llm_pack.guard_cases.family is 'What the attack tries.';
comment on column llm_pack.guard_cases.mutation is 'What was done to it; the text is what came of that.';

create table llm_pack.guard_risk (
  user_hash bytea primary key check (octet_length(user_hash) = 32),
  risk double precision not null check (risk >= 0),
  as_of timestamptz not null
);
comment on table llm_pack.guard_risk is 'How risky the turns of a user have been: the sum of their scores, each halved once a half-life.';
comment on column llm_pack.guard_risk.user_hash is 'sha256 of the id that the caller knows the user by.';
comment on column llm_pack.guard_risk.as_of is 'The time of the last turn: the risk is what it was then.';

create table llm_pack.guard_risk_events (
  user_hash bytea not null references llm_pack.guard_risk on delete cascade,
  event text not null check (event <> ''),
  at timestamptz not null,
  primary key (user_hash, event)
);
comment on table llm_pack.guard_risk_events is 'Turns that were counted, so that none counts twice. Old ones may be deleted: no retry comes that late.';
create index on llm_pack.guard_risk_events (at);
