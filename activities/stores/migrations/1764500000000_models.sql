-- Up Migration

alter table llm_pack.model_versions
  add column kind text check (kind <> ''),
  add column architecture text check (architecture <> ''),
  add column parameters bigint check (parameters > 0),
  add column licence text check (licence <> ''),
  add column source text check (source <> ''),
  add column base_name text,
  add column base_version integer,
  add foreign key (base_name, base_version) references llm_pack.model_versions,
  add check ((base_name is null) = (base_version is null)),
  add check (num_nulls(kind, architecture, parameters, licence, source) in (0, 5));
comment on column llm_pack.model_versions.kind is 'What a model in Hugging Face layout is for; null for a guard, which is of another layout.';
comment on column llm_pack.model_versions.architecture is 'Class in config.json, such as LlamaForCausalLM.';
comment on column llm_pack.model_versions.licence is 'As its card states it, or as somebody said at its import.';
comment on column llm_pack.model_versions.source is 'Where it comes from: a place that was imported, or the work that trained it.';
comment on column llm_pack.model_versions.base_name is 'With base_version the model that it was trained from.';
