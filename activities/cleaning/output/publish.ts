import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import { failure } from '../../errors';
import type { Report } from '../../kit/heartbeat';
import { unitKey } from '../../kit/unit';
import { canonicalJson } from '../../kit/canonical-json';
import { namingFullDisk } from '../../stores/disk';
import type { ArtifactStore } from '../../stores/artifact-store';
import { publishArtifact } from '../../stores/content-address';
import { publishSignatures } from '../dedup/signature-index';
import { unitMeta } from '../dedup/unit-files';
import { place } from '../place';
import { inScratch } from '../scratch';
import { datasetCard, rejectsCard } from './card';
import { collectReport, type AboutRun } from './report';
import { reportPage } from './report-page';
import { CUT_COLUMNS, DATA_COLUMNS, REJECT_COLUMNS, SHARD, type ShardMeta } from './shard';

export interface PublishTask extends AboutRun {
  workKey: string;
  units: number;
}

/** A Parquet file of a unit, on this host. */
interface Shard {
  unit: number;
  file: string;
  rows: number;
}

/** The files that are not empty, in the order of units. */
interface Shards {
  data: Shard[];
  rejected: Shard[];
  /** What was cut out of documents that stay. */
  cut: Shard[];
}

/** Publishes dataset, rejects, report and signature index. Nothing in them depends on the time, the host or the run. */
export async function publishCleaned(
  store: ArtifactStore,
  task: PublishTask,
  report: Report,
  signal: AbortSignal,
): Promise<{ artifact: ArtifactRef; rejects: ArtifactRef; report: ArtifactRef; signatures: ArtifactRef }> {
  const { workKey: _workKey, units: _units, ...aboutRun } = task;
  const { name, recipe, counts } = task;
  const { data, rejected, cut } = await findShards(store, task, report, signal);
  const about = { name, recipe, counts };
  const once = (part: Part, make: () => Promise<ArtifactRef>) => rememberPart(store, task, part, make);
  const rejects = await once('rejects', () =>
    gather(store, 'rejects', { shards: rejected, cut }, REJECT_COLUMNS, task, rejectsCard(about)),
  );
  const page = await once('report', () => publishReport(store, aboutRun, data, rejected));
  if (counts.kept === 0) {
    throw failure('NothingKept', `None of ${counts.read} documents was kept; read why: llm-pack report ${page.uri}`);
  }
  const artifact = await once('dataset', () =>
    gather(store, 'dataset', { shards: data }, DATA_COLUMNS, task, datasetCard(about)),
  );
  const signatures = await once('signatures', () =>
    inScratch(store, (dir) => namingFullDisk(dir, () => publishSignatures(store, task, dir, report))),
  );
  return { artifact, rejects, report: page, signatures };
}

const PARTS = ['rejects', 'report', 'dataset', 'signatures'] as const;
type Part = (typeof PARTS)[number];

/**
 * Makes one of the artifacts, and notes with the run's work that it is made: an attempt that follows a killed one goes
 * on with the next. What was made of another task, as after a version in between that the report compares with, is
 * made anew.
 */
async function rememberPart(
  store: ArtifactStore,
  task: PublishTask,
  part: Part,
  make: () => Promise<ArtifactRef>,
): Promise<ArtifactRef> {
  const key = unitKey({ workKey: task.workKey, phase: 'publish', unit: PARTS.indexOf(part) });
  const of = createHash('sha256').update(canonicalJson(task)).digest('hex');
  const standing = (await store.manifest(key))?.meta as { of: string; made: ArtifactRef } | undefined;
  if (standing?.of === of) return standing.made;
  const made = await make();
  await inScratch(store, (dir) => store.publish(key, dir, { of, made }));
  return made;
}

/** The shards that are not empty, in the order of units. @throws `InvariantBroken` where they do not add up. */
async function findShards(
  store: ArtifactStore,
  { workKey, units, counts }: PublishTask,
  report: Report,
  signal: AbortSignal,
): Promise<Shards> {
  const found: Shards = { data: [], rejected: [], cut: [] };
  let [kept, dropped] = [0, 0];
  for (let unit = 0; unit < units; unit++) {
    signal.throwIfAborted();
    const key = unitKey({ workKey, phase: 'write', unit });
    const meta = await unitMeta<ShardMeta>(store, key);
    kept += meta.kept;
    dropped += meta.rejected;
    if (meta.kept > 0) found.data.push({ unit, file: await store.localFile(key, SHARD.data), rows: meta.kept });
    if (meta.rejected > 0)
      found.rejected.push({ unit, file: await store.localFile(key, SHARD.rejects), rows: meta.rejected });
    const { documents } = meta.cut ?? { documents: 0 };
    if (documents > 0) found.cut.push({ unit, file: await store.localFile(key, SHARD.cuts), rows: documents });
    report(unit + 1, 2 * units);
  }
  if (kept !== counts.kept || dropped !== counts.rejected || counts.read !== kept + dropped) {
    const counted = `${counts.read} read, ${counts.kept} kept, ${counts.rejected} rejected`;
    throw failure(
      'InvariantBroken',
      `The shards hold ${kept} documents and ${dropped} rejects, but counted were ${counted}.`,
    );
  }
  return found;
}

/**
 * One artifact of all shards of a kind: `data-00000.parquet` and on, and in its meta their rows, their units, and the
 * rules. What was cut out of documents goes with the rejects, as `cuts-00000.parquet` and on.
 */
async function gather(
  store: ArtifactStore,
  kind: 'dataset' | 'rejects',
  { shards, cut = [] }: { shards: Shard[]; cut?: Shard[] },
  columns: readonly string[],
  { recipe, rules }: Pick<PublishTask, 'recipe' | 'rules'>,
  card: string,
): Promise<ArtifactRef> {
  return inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      const files = await placeShards('data', shards, dir);
      const cuts = cut.length > 0 ? { cuts: { ...(await placeShards('cuts', cut, dir)), columns: CUT_COLUMNS } } : {};
      await writeFile(path.join(dir, 'README.md'), card);
      const total = shards.reduce((sum, shard) => sum + shard.rows, 0);
      return publishArtifact(store, kind, dir, { ...files, columns, recipe, rules, ...cuts }, total);
    }),
  );
}

/** Names the files by their place in the order of units; returns the rows and the unit of each name. */
async function placeShards(prefix: string, shards: readonly Shard[], dir: string) {
  const rows: Record<string, number> = {};
  const units: Record<string, number> = {};
  for (const [number, shard] of shards.entries()) {
    const name = `${prefix}-${String(number).padStart(5, '0')}.parquet`;
    await place(shard.file, path.join(dir, name));
    rows[name] = shard.rows;
    units[name] = shard.unit;
  }
  return { rows, units };
}

async function publishReport(
  store: ArtifactStore,
  about: AboutRun,
  data: Shard[],
  rejected: Shard[],
): Promise<ArtifactRef> {
  return inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      const files = (shards: Shard[]) => shards.map((shard) => shard.file);
      const content = await collectReport(about, files(data), files(rejected));
      await writeFile(path.join(dir, 'report.json'), `${JSON.stringify(content, null, 2)}\n`);
      await writeFile(path.join(dir, 'report.html'), reportPage(content));
      return publishArtifact(store, 'report', dir, { name: about.name }, about.counts.read);
    }),
  );
}
