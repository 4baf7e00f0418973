-- Up Migration

create table llm_pack.decisions (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('model', 'index', 'strategy')),
  name text not null,
  version integer not null check (version > 0),
  reference_version integer check (reference_version > 0),
  work_key text not null references llm_pack.work,
  verdict text not null check (verdict in ('promote', 'reject', 'hold')),
  reasons text[] not null check (cardinality(reasons) > 0),
  gate text not null check (gate <> ''),
  intervals json not null,
  inputs text[] not null check (array_to_string(inputs, ',') ~ '^([0-9a-f]{64}(,[0-9a-f]{64})*)?$'),
  approved boolean,
  approved_by text,
  note text,
  decided_at timestamptz not null default now(),
  unique (work_key, kind, name, version),
  check ((approved is null) = (approved_by is null))
);
comment on table llm_pack.decisions is 'Every verdict on a candidate, also those that promote nothing, with what it rests on.';
comment on column llm_pack.decisions.reference_version is 'What it was measured against; null where that was nothing of the same name.';
comment on column llm_pack.decisions.gate is 'What the candidate had to show, in words.';
comment on column llm_pack.decisions.intervals is 'What was measured, as the stage that did so writes it.';
comment on column llm_pack.decisions.inputs is 'sha256 of the data that it was measured on.';
comment on column llm_pack.decisions.approved is 'What the person said who was asked; null where nobody was.';
create index on llm_pack.decisions (kind, name, id desc);

alter table llm_pack.promotions add column decision_id bigint references llm_pack.decisions;
comment on column llm_pack.promotions.decision_id is 'The verdict that it follows; null where somebody promoted without one.';

create function llm_pack.tell_promotion() returns trigger language plpgsql as $$
begin
  perform pg_notify('llm_pack_production',
    json_build_object('kind', new.kind, 'name', new.name, 'version', new.version)::text);
  return null;
end $$;
comment on function llm_pack.tell_promotion is 'Tells who listens what went live, once the transaction is through.';
create trigger tell_promotion after insert on llm_pack.promotions
  for each row execute function llm_pack.tell_promotion();
