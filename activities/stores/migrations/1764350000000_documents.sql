-- Up Migration

alter table llm_pack.work add column read_since timestamptz;
comment on column llm_pack.work.read_since is 'When the run began: its sources were read after that. Null for runs from before this was kept.';

create sequence llm_pack.document_versions as bigint;
comment on sequence llm_pack.document_versions is 'Versions of documents in indexes: a later write of a document has a higher one, and Elasticsearch refuses lower ones.';

alter table llm_pack.index_versions
  add column id integer generated always as identity unique,
  add column base_version bigint,
  add column receives_writes boolean not null default false,
  add column dataset_name text,
  add column dataset_version integer;
comment on column llm_pack.index_versions.base_version is 'Version of the documents that the build loads from its dataset; any update after it began has a higher one. Null for indexes without a ledger.';
comment on column llm_pack.index_versions.receives_writes is 'Updates go to it: while it is built, while it is live, and afterwards until its rollback window ends.';
comment on column llm_pack.index_versions.dataset_version is 'The watermark: the dataset version that was last loaded or applied in full.';

create table llm_pack.index_documents (
  index_id integer not null references llm_pack.index_versions (id),
  document_key text collate "C" not null check (document_key ~ '^[0-9a-f]{32}$'),
  document text not null,
  version bigint not null,
  content_hash text check (content_hash ~ '^[0-9a-f]{32}$'),
  chunks integer not null check (chunks >= 0),
  claimed integer not null check (claimed >= chunks),
  change_id bigint,
  as_of timestamptz not null,
  accepted_at timestamptz not null default clock_timestamp(),
  primary key (index_id, document_key)
);
comment on table llm_pack.index_documents is 'The document ledger: what each index has of each document, and since which write.';
comment on column llm_pack.index_documents.document_key is 'First 32 hexadecimal digits of the sha256 of the id, as in the ids of chunks: ids may be longer than an index entry can be.';
comment on column llm_pack.index_documents.content_hash is 'Null for a document that was deleted: its tombstone.';
comment on column llm_pack.index_documents.claimed is 'Chunks that some attempt may have written, finished or not: what a later write has to take away.';
comment on column llm_pack.index_documents.change_id is 'The near-line change that it was last written by; null where it came from a dataset.';
comment on column llm_pack.index_documents.as_of is 'Of a document from a dataset: when the run began that read the sources. Of a change: when it was recorded.';

create sequence llm_pack.change_ids as bigint;

create table llm_pack.changes (
  alias text not null check (alias <> ''),
  document_key text collate "C" not null,
  document text not null check (document <> ''),
  change_id bigint not null default nextval('llm_pack.change_ids'),
  source_version bigint,
  deleted boolean not null,
  source text,
  title text,
  body text,
  recorded_at timestamptz not null default clock_timestamp(),
  applied_at timestamptz,
  primary key (alias, document_key),
  check (deleted or applied_at is not null or body is not null)
);
comment on table llm_pack.changes is 'The outbox of near-line changes: the newest of each document. Write to it by record_change and record_deletion.';
comment on column llm_pack.changes.source_version is 'The writer''s own version of the document, where it has one: what is not newer is ignored.';
comment on column llm_pack.changes.body is 'The text; null for a deletion, and once a dataset that holds the change was applied.';
comment on column llm_pack.changes.applied_at is 'When it was searchable; null while it is pending.';
create index changes_pending on llm_pack.changes (alias, change_id) where applied_at is null;

create function llm_pack.document_key(document text) returns text immutable strict language sql
  return left(encode(sha256(convert_to(document, 'UTF8')), 'hex'), 32);

-- The row of the document is its lock: of two writers the second takes its number when the first has committed, so the
-- order of change_id is the order of commits for each document.
create function llm_pack.put_change(
  alias text, document text, deleted boolean, source text, title text, body text, source_version bigint
) returns bigint language sql as $$
  with put as (
    insert into llm_pack.changes as known (alias, document_key, document, source_version, deleted, source, title, body)
    values ($1, llm_pack.document_key($2), $2, $7, $3, $4, $5, $6)
    on conflict (alias, document_key) do update set
      change_id = nextval('llm_pack.change_ids'), source_version = excluded.source_version, deleted = excluded.deleted,
      source = excluded.source, title = excluded.title, body = excluded.body, recorded_at = clock_timestamp(),
      applied_at = null
    where excluded.source_version is null or known.source_version is null
      or excluded.source_version > known.source_version
    returning change_id
  ), told as (
    select pg_notify('llm_pack_changes', $1) from put
  )
  select put.change_id from put left join told on true
$$;

create function llm_pack.record_change(
  alias text, document text, title text, body text, source text default null, source_version bigint default null
) returns bigint language sql as $$
  select llm_pack.put_change($1, $2, false, coalesce($5, $2), coalesce($3, ''), $4, $6)
$$;
comment on function llm_pack.record_change is 'Puts a new or changed document into the outbox; call it in the transaction that changes the document. Returns the number of the change, or null where source_version is not newer than what is known.';

create function llm_pack.record_deletion(alias text, document text, source_version bigint default null)
returns bigint language sql as $$
  select llm_pack.put_change($1, $2, true, null, null, null, $3)
$$;
comment on function llm_pack.record_deletion is 'Puts the deletion of a document into the outbox, as record_change does with its text.';
