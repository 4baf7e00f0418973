import type { Query } from './registry-database';

/** How much the cache of embeddings may hold; see `index.embeddingCache` of the configuration. */
export interface EmbeddingBounds {
  maxVectors: number;
  keepDays: number;
}

/** Vectors of one statement: with 384 dimensions about 1.5 MB on the wire, sent as hexadecimal digits. */
const ROWS = 500;
const FLOAT_BYTES = 4;

const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');

/**
 * The vectors of those texts that the encoder has embedded before, by the texts' sha256. Each is marked as used today,
 * once a day, for that is all that the clean-up asks; rows that another worker is just marking are left to it.
 */
export async function findEmbeddings(
  query: Query,
  encoder: string,
  hashes: readonly string[],
): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  for (let at = 0; at < hashes.length; at += ROWS) {
    const rows = await query<{ hash: string; vector: Buffer }>(
      `with wanted as (
         select ctid, text_hash, vector, used_on from llm_pack.embeddings
         where encoder = $1 and text_hash = any($2::bytea[])
       ), marked as (
         update llm_pack.embeddings set used_on = current_date where ctid in (
           select e.ctid from llm_pack.embeddings e join wanted on e.ctid = wanted.ctid
           where wanted.used_on < current_date for update of e skip locked
         )
       )
       select encode(text_hash, 'hex') as hash, vector from wanted`,
      [bytesOf(encoder), hashes.slice(at, at + ROWS).map(bytesOf)],
    );
    for (const { hash, vector } of rows) found.set(hash, floatsOf(vector));
  }
  return found;
}

/** Keeps vectors by the sha256 of their texts. One that is there already stays: the first one wins. */
export async function keepEmbeddings(
  query: Query,
  encoder: string,
  vectors: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  // In one order everywhere: two workers with the same new texts then wait for each other and never in a circle.
  const entries = [...vectors].sort(([a], [b]) => (a < b ? -1 : 1));
  for (let at = 0; at < entries.length; at += ROWS) {
    const rows = entries.slice(at, at + ROWS);
    await query(
      `insert into llm_pack.embeddings (encoder, text_hash, vector)
       select $1, text_hash, vector from unnest($2::bytea[], $3::bytea[]) as made (text_hash, vector)
       on conflict do nothing`,
      [
        bytesOf(encoder),
        rows.map(([hash]) => bytesOf(hash)),
        rows.map(([, vector]) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)),
      ],
    );
  }
}

/**
 * Deletes what was not asked for in `keepDays` days, then of the rest the least recently used above `maxVectors`.
 * Returns how many vectors went. What a run is about to look for may be among them: then it embeds the text again.
 */
export async function pruneEmbeddings(query: Query, { maxVectors, keepDays }: EmbeddingBounds): Promise<number> {
  const [row] = await query<{ deleted: number }>(
    `with old as (
       delete from llm_pack.embeddings where used_on < current_date - $1::integer returning 1
     ), surplus as (
       delete from llm_pack.embeddings where ctid in (
         select ctid from llm_pack.embeddings where used_on >= current_date - $1::integer
         order by used_on desc, text_hash offset $2
       ) returning 1
     )
     select (select count(*) from old)::integer + (select count(*) from surplus)::integer as deleted`,
    [keepDays, maxVectors],
  );
  return row?.deleted ?? 0;
}

/** Copied, because floats need an offset that is a multiple of four, which a row of an answer has by chance only. */
const floatsOf = (bytes: Buffer): Float32Array =>
  new Float32Array(Uint8Array.from(bytes).buffer, 0, bytes.length / FLOAT_BYTES);
