-- Up Migration

alter table llm_pack.version_counters drop constraint version_counters_kind_check;
alter table llm_pack.version_counters add constraint version_counters_kind_check
  check (kind in ('dataset', 'model', 'index', 'transform', 'features', 'strategy'));

create table llm_pack.strategy_versions (
  name text not null,
  version integer not null check (version > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  body json not null,
  work_key text not null references llm_pack.work,
  published_at timestamptz not null default now(),
  refused_until timestamptz,
  refused_because text,
  primary key (name, version),
  unique (name, sha256),
  check ((refused_until is null) = (refused_because is null))
);
comment on table llm_pack.strategy_versions is 'What a service is told to do: JSON of its own. Equal content is the same version.';
comment on column llm_pack.strategy_versions.refused_until is 'It was rolled back, and is not tried again before then unless somebody forces it.';

create table llm_pack.strategy_pointers (
  name text primary key,
  live integer,
  candidate integer,
  share double precision not null default 0 check (share between 0 and 1),
  knobs jsonb not null default '{}',
  sequence bigint not null check (sequence > 0),
  rollout text,
  moved_at timestamptz not null default now(),
  foreign key (name, live) references llm_pack.strategy_versions,
  foreign key (name, candidate) references llm_pack.strategy_versions,
  check (candidate is not null or share = 0),
  check (candidate is null or rollout is not null)
);
comment on table llm_pack.strategy_pointers is 'What services read: one row a name, moved in one transaction that notifies llm_pack_strategies.';
comment on column llm_pack.strategy_pointers.sequence is 'One more with each move. A service logs it with each first exposure of a user.';
comment on column llm_pack.strategy_pointers.rollout is 'Workflow id and first run id of the rollout that may move the candidate; null where none is under way.';

create table llm_pack.strategy_moves (
  name text not null references llm_pack.strategy_pointers,
  sequence bigint not null,
  move_key text not null unique,
  live integer,
  candidate integer,
  share double precision not null,
  knobs jsonb not null,
  rollout text,
  reason text not null check (reason <> ''),
  moved_at timestamptz not null default now(),
  primary key (name, sequence)
);
comment on table llm_pack.strategy_moves is 'Every move of a pointer, as it stood after it. The key makes an attempt that is made again find its move.';

alter table llm_pack.promotions drop constraint promotions_kind_check;
alter table llm_pack.promotions add constraint promotions_kind_check check (kind in ('model', 'index', 'strategy'));
alter table llm_pack.promotions
  add column strategy_name text generated always as (case when kind = 'strategy' then name end) stored,
  add foreign key (strategy_name, version) references llm_pack.strategy_versions,
  add foreign key (strategy_name, previous_version) references llm_pack.strategy_versions;
