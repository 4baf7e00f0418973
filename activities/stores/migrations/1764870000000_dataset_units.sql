-- Up Migration

alter table llm_pack.dataset_versions add column keeps_units boolean not null default false;
comment on column llm_pack.dataset_versions.keeps_units is 'Whether the artifact store holds, under units/<work_key>/, what later runs take over of this version. Only the newest version of a name keeps it.';
