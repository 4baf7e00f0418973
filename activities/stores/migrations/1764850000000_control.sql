-- Up Migration

create table llm_pack.control_loops (
  name text not null,
  knob text not null,
  holder text not null,
  claimed_at timestamptz not null default now(),
  primary key (name, knob)
);
comment on table llm_pack.control_loops is 'Who turns which knob: the workflow id and first run id. No row, nobody.';

create table llm_pack.control_steps (
  holder text not null,
  step integer not null check (step >= 0),
  name text not null,
  knob text not null,
  at timestamptz not null,
  metric double precision,
  observations double precision not null,
  held text,
  value double precision not null,
  sequence bigint not null,
  state jsonb not null,
  primary key (holder, step),
  check (metric is not null or held is not null)
);
create index on llm_pack.control_steps (name, knob, at);
comment on table llm_pack.control_steps is 'Every look at a metric and where the knob was set by it, written with the move of the pointer: an attempt that is made again finds its step here.';
comment on column llm_pack.control_steps.held is 'Why the knob was left as it was.';
comment on column llm_pack.control_steps.state is 'Of the controller, after the step.';
