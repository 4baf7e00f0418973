-- Up Migration

create table llm_pack.work (
  work_key text primary key check (work_key ~ '^[0-9a-f]{64}$'),
  stage text not null check (stage <> ''),
  subject text not null check (subject <> ''),
  workflow_id text not null,
  run_id text not null,
  inputs text[] not null check (array_to_string(inputs, ',') ~ '^([0-9a-f]{64}(,[0-9a-f]{64})*)?$'),
  recipe json not null,
  code_version integer not null check (code_version > 0),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  result json,
  check ((finished_at is null) = (result is null))
);
comment on table llm_pack.work is 'The done-once ledger: each piece of work by its key, and its result once it is published.';
comment on column llm_pack.work.work_key is 'sha256 of stage, code version, input artifacts and recipe.';
comment on column llm_pack.work.run_id is 'The last run that took up the work; after the end, the one that finished it.';
comment on column llm_pack.work.result is 'json, not jsonb: a reused result is the same text, key order included.';
create index on llm_pack.work (stage, subject, started_at desc);

create table llm_pack.artifacts (
  uri text primary key check (uri like 'artifact:_%'),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint not null check (bytes >= 0),
  rows bigint not null check (rows >= 0),
  kind text not null check (kind <> ''),
  work_key text not null references llm_pack.work,
  added_at timestamptz not null default now()
);
comment on table llm_pack.artifacts is 'Immutable file sets in the artifact store that something published refers to.';
comment on column llm_pack.artifacts.work_key is 'The first work that published it; equal content made again is the same artifact.';

create table llm_pack.version_counters (
  kind text not null check (kind in ('dataset', 'model', 'index')),
  name text not null check (name <> ''),
  latest integer not null check (latest >= 0),
  primary key (kind, name)
);
comment on table llm_pack.version_counters is 'The last version number given to each name. Its row is the lock under which the next is given, so numbers have no gaps.';

create table llm_pack.dataset_versions (
  name text not null,
  version integer not null check (version > 0),
  work_key text not null unique references llm_pack.work,
  artifact text not null references llm_pack.artifacts,
  rejects text references llm_pack.artifacts,
  report text references llm_pack.artifacts,
  counts jsonb not null,
  published_at timestamptz not null default now(),
  primary key (name, version)
);
comment on table llm_pack.dataset_versions is 'Published datasets, with what was rejected and the report on both.';

create table llm_pack.model_versions (
  name text not null,
  version integer not null check (version > 0),
  work_key text not null unique references llm_pack.work,
  artifact text not null references llm_pack.artifacts,
  metrics jsonb not null,
  published_at timestamptz not null default now(),
  primary key (name, version)
);
comment on table llm_pack.model_versions is 'Published models, with what was measured while they were made.';

create table llm_pack.index_versions (
  alias text not null,
  version integer not null check (version > 0),
  physical text not null unique,
  work_key text not null unique references llm_pack.work,
  encoder_name text not null,
  encoder_fingerprint text not null check (encoder_fingerprint ~ '^[0-9a-f]{64}$'),
  dimensions integer not null check (dimensions > 0),
  reserved_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (alias, version)
);
comment on table llm_pack.index_versions is 'Physical search indexes, from before they are built until after they are deleted.';
comment on column llm_pack.index_versions.encoder_fingerprint is 'Vectors of different encoders can not be compared: an index is searched with the one that built it.';

create table llm_pack.evaluations (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('model', 'index')),
  name text not null,
  version integer not null,
  index_alias text generated always as (case when kind = 'index' then name end) stored,
  model_name text generated always as (case when kind = 'model' then name end) stored,
  work_key text not null references llm_pack.work,
  metrics jsonb not null,
  passed boolean not null,
  measured_at timestamptz not null default now(),
  unique (work_key, kind, name, version),
  foreign key (index_alias, version) references llm_pack.index_versions,
  foreign key (model_name, version) references llm_pack.model_versions
);
comment on table llm_pack.evaluations is 'What was measured of a version, and whether it passed its gate.';
comment on column llm_pack.evaluations.index_alias is 'The name where it is an index: what the foreign key stands on.';

create table llm_pack.promotions (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('model', 'index')),
  name text not null,
  version integer not null,
  previous_version integer,
  index_alias text generated always as (case when kind = 'index' then name end) stored,
  model_name text generated always as (case when kind = 'model' then name end) stored,
  work_key text not null references llm_pack.work,
  reason text not null check (reason <> ''),
  approved_by text,
  undo json,
  promoted_at timestamptz not null default now(),
  check (previous_version <> version),
  check ((previous_version is null) = (undo is null)),
  foreign key (index_alias, version) references llm_pack.index_versions,
  foreign key (index_alias, previous_version) references llm_pack.index_versions,
  foreign key (model_name, version) references llm_pack.model_versions,
  foreign key (model_name, previous_version) references llm_pack.model_versions
);
comment on table llm_pack.promotions is 'Every move of a production pointer. The last row of a name is what is live.';
comment on column llm_pack.promotions.undo is 'What to point at to take the promotion back; null for the first of a name.';
create index on llm_pack.promotions (kind, name, id desc);

create table llm_pack.lineage (
  output text not null check (output ~ '^[a-z]+:.'),
  input text not null check (input ~ '^[a-z]+:.'),
  work_key text not null references llm_pack.work,
  primary key (output, input, work_key),
  check (output <> input)
);
comment on table llm_pack.lineage is 'Which published thing was made from which, by which work. Names are URIs: artifact:…, index:…, model:….';
create index on llm_pack.lineage (input);
