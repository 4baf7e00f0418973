-- Up Migration

create table llm_pack.training_claims (
  job text primary key check (job <> ''),
  work_key text not null references llm_pack.work,
  workflow_id text not null,
  run_id text not null,
  launcher text not null,
  cpus integer not null check (cpus >= 0),
  gpus integer not null check (gpus >= 0),
  priority integer not null check (priority between 1 and 5),
  fairness_key text not null,
  asked_at timestamptz default now(),
  granted_at timestamptz,
  submission text,
  seen_at timestamptz not null default now()
);
comment on table llm_pack.training_claims is 'Runs that train, or wait for devices: each holds the folder of its job, and from granted_at on its devices.';
comment on column llm_pack.training_claims.run_id is 'The first run of the workflow: those that continue it as new are the same.';
comment on column llm_pack.training_claims.asked_at is 'Since when it waits for devices, or had waited when it got them; null while it wants none, as in a pause.';
comment on column llm_pack.training_claims.submission is 'Id of the last attempt at its launcher, to be asked for when the run is silent.';
comment on column llm_pack.training_claims.seen_at is 'When the run was last heard of. A silent one loses its claim once its launcher says that its job is gone.';
create index on llm_pack.training_claims (launcher);
