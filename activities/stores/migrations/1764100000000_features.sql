-- Up Migration

alter table llm_pack.version_counters drop constraint version_counters_kind_check;
alter table llm_pack.version_counters add constraint version_counters_kind_check
  check (kind in ('dataset', 'model', 'index', 'transform', 'features'));

create table llm_pack.transform_versions (
  name text not null,
  version integer not null check (version > 0),
  work_key text not null unique references llm_pack.work,
  artifact text not null references llm_pack.artifacts,
  published_at timestamptz not null default now(),
  primary key (name, version)
);
comment on table llm_pack.transform_versions is 'Fitted feature transforms: what was learnt of the rows that they were fitted on, to be applied to others.';

create table llm_pack.feature_versions (
  name text not null,
  version integer not null check (version > 0),
  work_key text not null unique references llm_pack.work,
  artifact text not null references llm_pack.artifacts,
  card text not null references llm_pack.artifacts,
  transform_name text not null,
  transform_version integer not null,
  rejects text references llm_pack.artifacts,
  counts jsonb not null,
  published_at timestamptz not null default now(),
  primary key (name, version),
  foreign key (transform_name, transform_version) references llm_pack.transform_versions
);
comment on table llm_pack.feature_versions is 'Published features and packed sequences, with the card that describes them and the transform that made them.';
