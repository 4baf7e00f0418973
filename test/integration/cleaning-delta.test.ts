import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCleaningActivities } from '../../activities/cleaning';
import { keptPrefix, workPrefix } from '../../activities/kit/unit';
import { FileArtifactStore } from '../../activities/stores/file-store';
import type { KeptVersion } from '../../activities/stores/registry-units';
import { RECIPES, type CleaningRules } from '../../schemas/recipes';
import { writeDocuments } from '../support/documents';
import { type Random, seededRandom } from '../support/random';
import { type Activities, clean, type Cleaned } from './cleaning-run';

/** Changes of the source after which both ways of cleaning are compared; `DELTA_STEPS=50` tries more. */
const STEPS = Number(process.env['DELTA_STEPS'] ?? 3);
const SEED = Number(process.env['DELTA_SEED'] ?? 20_261_126);
const UNIT_BYTES = 16_384;
const RULES: CleaningRules = { ...RECIPES.documentation, pii: 'replace' };

let base: string;
beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'cleaning-delta-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

/** A source, and the versions that are cleaned of it one after another, each with what the one before it keeps. */
class Nights {
  readonly source: string;
  readonly storeDir: string;
  private readonly store: FileArtifactStore;
  private readonly activities: Activities;
  private runs = 0;
  last: KeptVersion | undefined;

  constructor(dir: string) {
    this.source = path.join(dir, 'source');
    this.storeDir = path.join(dir, 'store');
    this.store = new FileArtifactStore(this.storeDir);
    const registry = {
      lastCounts: () => Promise.resolve(undefined),
      cleanedVersion: () => Promise.resolve(undefined),
      keptVersion: () => Promise.resolve(this.last),
    };
    const sources = { roots: [this.source] };
    this.activities = createCleaningActivities({ store: this.store, sources, threads: 2, registry });
  }

  /** Where the last version keeps its units. */
  get keptDir(): string {
    return path.join(this.storeDir, keptPrefix(this.last?.workKey ?? ''));
  }

  /** Cleans as a run of the stage would, and lets go of what it has made on its way. */
  async clean(rules = RULES): Promise<Cleaned> {
    const before = this.last;
    const { workKey, ...cleaned } = await this.run(rules, true);
    if (before) await this.store.remove(keptPrefix(before.workKey));
    const { artifact, rejects } = cleaned;
    this.last = { workKey, version: (before?.version ?? 0) + 1, artifact, rejects };
    return cleaned;
  }

  /** As if there had never been a version before. */
  async cleanFromNothing(rules = RULES): Promise<Cleaned> {
    const { workKey: _workKey, ...cleaned } = await this.run(rules, false);
    return cleaned;
  }

  private async run(rules: CleaningRules, takeOver: boolean): Promise<Cleaned & { workKey: string }> {
    const workKey = createHash('sha256').update(`run ${++this.runs}`).digest('hex');
    const { source: root, storeDir, activities } = this;
    const how = { root, storeDir, activities, rules, unitBytes: UNIT_BYTES, scores: true, workKey };
    const cleaned = await clean({ ...how, takeOver });
    await this.store.remove(workPrefix(workKey));
    return { ...cleaned, workKey };
  }
}

async function nightsOf(name: string, documents: number): Promise<Nights> {
  const nights = new Nights(path.join(base, name));
  await writeDocuments(nights.source, documents, SEED);
  return nights;
}

const withoutTaken = ({ takenOver: _takenOver, ...cleaned }: Cleaned) => cleaned;

describe('a version that takes over units of the one before', () => {
  it(`is byte for byte what cleaning from nothing makes, whatever changes (DELTA_SEED=${SEED})`, async () => {
    const nights = await nightsOf('changes', 120);
    const random = seededRandom(SEED);
    await nights.clean();
    for (let step = 0; step < STEPS; step++) {
      const changed = await changeSource(nights.source, random, step);
      const taken = await nights.clean();
      expect(withoutTaken(taken), changed).toEqual(await nights.cleanFromNothing());
      expect(taken.counts.read, changed).toBe(taken.counts.kept + taken.counts.rejected);
      expect(taken.takenOver?.documents, changed).toBeGreaterThan(taken.counts.read / 2);
    }
  });

  it('keeps a document again whose better copy is gone from another unit', async () => {
    const nights = new Nights(path.join(base, 'copies'));
    await mkdir(nights.source, { recursive: true });
    const random = seededRandom(SEED);
    const text = longText(random, 90);
    // Each fills a unit by more than half.
    for (const name of ['a', 'b', 'c']) await writeFile(path.join(nights.source, `${name}.md`), longText(random, 150));
    await writeFile(path.join(nights.source, 'd.md'), text);
    await writeFile(path.join(nights.source, 'e.md'), `${text}And more.\n`);
    expect((await nights.clean()).counts.reasons).toEqual({ near_duplicate: 1 });
    await rm(path.join(nights.source, 'e.md'));
    const taken = await nights.clean();
    expect(taken.counts).toMatchObject({ read: 4, kept: 4, reasons: {} });
    expect(taken.takenOver?.documents).toBe(4);
    expect(withoutTaken(taken)).toEqual(await nights.cleanFromNothing());
  });

  it('takes nothing over under other rules', async () => {
    const nights = await nightsOf('rules', 30);
    await nights.clean();
    const other = { ...RULES, minWords: 90 };
    const taken = await nights.clean(other);
    expect(taken.takenOver).toEqual({ units: 0, documents: 0 });
    expect(withoutTaken(taken)).toEqual(await nights.cleanFromNothing(other));
  });

  it('filters again what is damaged or missing of what was kept, in the store and in the version itself', async () => {
    const nights = await nightsOf('damage', 60);
    const { artifact } = await nights.clean();
    const kept = await keptUnits(nights.keptDir);
    await flipByte(path.join(kept.get(0) ?? '', 'signatures.bin'));
    await rm(kept.get(1) ?? '', { recursive: true });
    const shard = path.join(nights.storeDir, artifact.kind, artifact.sha256, 'data-00002.parquet');
    const whole = await readFile(shard);
    await flipByte(shard);
    await appendFile(path.join(nights.source, 'records.jsonl'), `${JSON.stringify({ text: 'One more.' })}\n`);
    const taken = await nights.clean();
    // These three, and the one whose file has grown.
    expect(taken.takenOver?.units).toBe(taken.units - 4);
    await writeFile(shard, whole);
    expect(withoutTaken(taken)).toEqual(await nights.cleanFromNothing());
  });
});

/** Folders of the units that a version keeps, by the number of the unit. */
async function keptUnits(dir: string): Promise<Map<number, string>> {
  const units = new Map<number, string>();
  for (const name of await readdir(dir)) {
    const manifest = await readFile(path.join(dir, name, 'manifest.json'), 'utf8');
    units.set((JSON.parse(manifest) as { meta: { unit: number } }).meta.unit, path.join(dir, name));
  }
  return units;
}

/** Changes a byte in the middle of a file and leaves its size. */
async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 0xff, bytes.length >> 1);
  await writeFile(file, bytes);
}

/** One to three files are added, changed, removed, renamed, copied, or grow at their end. Says what was done. */
async function changeSource(source: string, random: Random, step: number): Promise<string> {
  const done: string[] = [];
  for (let change = 1 + random.below(3); change > 0; change--) {
    const names = (await readdir(source)).sort();
    const [name, other] = [random.pick(names), random.pick(names)];
    const file = path.join(source, name);
    const [kind, fresh] = [random.below(6), `new-${step}-${change}.md`];
    done.push(`${['added', 'changed', 'removed', 'renamed', 'copied', 'appended to'][kind]} ${name}`);
    if (kind === 0) await writeFile(path.join(source, fresh), longText(random, 1 + random.below(400)));
    else if (kind === 1) await writeFile(file, longText(random, 60));
    else if (kind === 2 && names.length > 10) await rm(file);
    else if (kind === 3) await rename(file, path.join(source, fresh));
    else if (kind === 4)
      await writeFile(path.join(source, `copy-${step}-${change}.md`), await readFile(path.join(source, other)));
    else await appendFile(path.join(source, 'records.jsonl'), `${JSON.stringify({ text: longText(random, 80) })}\n`);
  }
  return done.join(', ');
}

function longText(random: Random, sentences: number): string {
  const word = () => random.pick(['the', 'of', 'and', 'with', random.below(36 ** 4).toString(36)]);
  const sentence = () => `The ${Array.from({ length: 12 }, word).join(' ')}.`;
  return `# A note\n\n${Array.from({ length: sentences }, sentence).join('\n')}\n`;
}
