-- Up Migration

alter table llm_pack.dataset_versions add column signatures text references llm_pack.artifacts;
comment on column llm_pack.dataset_versions.signatures is 'The signature index: later runs find their documents among those of this version. Null for versions from before there was one.';
