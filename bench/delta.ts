/**
 * What a night's cleaning costs where little has changed: `npx jiti bench/delta.ts [--source FILE.jsonl] [--megabytes 16]
 * [--recipe fineweb] [--changed 0.01] [--documents 20] [--rounds 3]`.
 *
 * The corpus is cut into files of `--documents` each. Every round changes a share of the files, all over the source, by a line
 * at their end, and cleans it twice, from nothing and on what the last version keeps: the results must be the same bytes. Prints the
 * ratio of the times by the clock and by CPU time, and which phases are left. All activities from the plan to the published version,
 * as a script would call them, with scores, compiled as they are published.
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type * as Cleaning from '../activities/cleaning';
import type * as FileStoreModule from '../activities/stores/file-store';
import type { KeptVersion } from '../activities/stores/registry-units';
import { recipeName, resolveRules } from '../schemas/recipes';
import { seededRandom } from '../test/support/random';
import { activityRuns, phaseClock, type Spent } from './activity-runs';
import { compile, makeTexts } from './cleaning-corpus';
import { median } from './figures';

const { values: options } = parseArgs({
  options: {
    source: { type: 'string' },
    megabytes: { type: 'string', default: '16' },
    recipe: { type: 'string', default: 'fineweb' },
    /** Share of the files that change from one version to the next. */
    changed: { type: 'string', default: '0.01' },
    /** In a file. */
    documents: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
  },
});
const PARTS = 15; // as its workflow cuts matching
const threads = Number(options.threads);
const recipe = recipeName.parse(options.recipe);
const rules = resolveRules(recipe, {});
const project = path.join(__dirname, '..');
mkdirSync(path.join(project, '.llm-pack'), { recursive: true });
const work = mkdtempSync(path.join(project, '.llm-pack', 'bench-'));
const root = path.join(work, 'source');

type Spending = Record<string, Spent>;

function writeSource(): string[] {
  const lines = options.source
    ? readFileSync(options.source, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : Array.from(makeTexts(Number(options.megabytes) * 1e6), (text) => JSON.stringify({ text }));
  mkdirSync(root);
  const files: string[] = [];
  for (let at = 0; at < lines.length; at += Number(options.documents)) {
    const file = path.join(root, `part-${String(files.length).padStart(6, '0')}.jsonl`);
    const part = lines.slice(at, at + Number(options.documents));
    writeFileSync(file, part.map((line) => `${line}\n`).join(''));
    files.push(file);
  }
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  console.log(`${lines.length} documents in ${files.length} files, ${(bytes / 1e6).toFixed(0)} MB, recipe ${recipe}`);
  return files;
}

/** Cleans as the workflow would; returns the version and what each phase took. */
function cleaner(load: ReturnType<typeof compile>) {
  const { createCleaningActivities } = load<typeof Cleaning>('activities/cleaning/index');
  const { FileArtifactStore } = load<typeof FileStoreModule>('activities/stores/file-store');
  const store = new FileArtifactStore(path.join(work, 'store'));
  let kept: KeptVersion | undefined;
  const registry = {
    lastCounts: () => Promise.resolve(undefined),
    cleanedVersion: () => Promise.resolve(undefined),
    keptVersion: () => Promise.resolve(kept),
  };
  const activities = createCleaningActivities({ store, sources: { roots: [root] }, threads, registry });
  const { run, each } = activityRuns(threads);
  let runs = 0;

  return async (mayReuse: boolean) => {
    const { spending, timed } = phaseClock();
    const workKey = createHash('sha256').update(`run ${++runs}`).digest('hex');
    const source = { source: '.', formats: ['jsonl' as const], unitBytes: 4 * 1024 * 1024 };
    const { plan, files, units } = await timed('plan', () => run(() => activities.planSource(source)));
    const read = {
      ...{ workKey, plan, rules, scores: true, textField: 'text', idField: 'id', maxDocumentBytes: 8 * 1024 * 1024 },
      takeOver: { dataset: 'bench', mayReuse },
    };
    const filtered = await timed('filter', () => each(units, (unit) => activities.filterUnit({ ...read, unit })));
    const duplicates = { workKey, units, parts: PARTS, against: null };
    await timed('match', () => each(PARTS, (part) => activities.matchUnit({ ...duplicates, part, rules })));
    const { planted } = await timed('cluster', () => run(() => activities.clusterDuplicates(duplicates)));
    const written = await timed('write', () => each(units, (unit) => activities.writeShard({ workKey, unit })));
    const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
    const counts = { files, read: sum(filtered.map((unit) => unit.read)), kept: sum(written.map((unit) => unit.kept)) };
    const all = { ...counts, rejected: counts.read - counts.kept, reasons: {} };
    const publish = { workKey, units, name: 'bench', recipe, rules, counts: all, planted };
    const { artifact, rejects } = await timed('publish', () => run(() => activities.publishDataset(publish)));
    await store.remove(`work/${workKey}/`);
    const again = sum(filtered.map(({ takenOver }) => takenOver?.documents ?? 0));
    const whole = sum(filtered.map(({ takenOver }) => takenOver?.units ?? 0));
    const version = { workKey, version: runs, artifact, rejects };
    const light = bytesOf(path.join(work, 'store', 'units', workKey)) / (artifact.bytes + rejects.bytes);
    return { spending, again, whole, units, counts, version, light, keep: () => (kept = version) };
  };
}

const bytesOf = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);

const totalOf = (spending: Spending, of: keyof Spent): number =>
  Object.values(spending).reduce((sum, spent) => sum + spent[of], 0);

const shown = (spending: Spending): string =>
  Object.entries(spending)
    .map(([phase, { wall, cpu }]) => `${phase} ${wall.toFixed(2)} (${cpu.toFixed(2)} CPU)`)
    .join(', ');

async function main(): Promise<void> {
  const clean = cleaner(compile(work));
  console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}; ${threads} threads`);
  const files = writeSource();
  // The first run compiles what it uses, in each thread, and is not measured.
  (await clean(false)).keep();
  const random = seededRandom(1);
  const ratios: Record<keyof Spent, number[]> = { wall: [], cpu: [] };
  for (let round = 0; round < Number(options.rounds); round++) {
    const changed = random.shuffle(files).slice(0, Math.max(1, Math.round(files.length * Number(options.changed))));
    for (const file of changed) {
      appendFileSync(file, `${JSON.stringify({ text: `Version ${round}. ${makeTexts(1).next().value ?? ''}` })}\n`);
    }
    const anew = await clean(false);
    const delta = await clean(true);
    if (delta.version.artifact.sha256 !== anew.version.artifact.sha256) throw new Error('other bytes');
    if (delta.version.rejects.sha256 !== anew.version.rejects.sha256) throw new Error('other rejects');
    delta.keep();
    const { again, whole, units, counts, light } = delta;
    console.log(
      `${changed.length} files changed: ${again} of ${counts.read} documents taken over, ${counts.kept} kept`,
    );
    console.log(
      `  ${whole} of ${units} units as a whole; what is kept takes ${(100 * light).toFixed(0)}% of the Parquet files`,
    );
    console.log(`  from nothing ${totalOf(anew.spending, 'wall').toFixed(2)} s: ${shown(anew.spending)}`);
    console.log(`  delta ${totalOf(delta.spending, 'wall').toFixed(2)} s: ${shown(delta.spending)}`);
    for (const of of ['wall', 'cpu'] as const) {
      ratios[of].push(totalOf(anew.spending, of) / totalOf(delta.spending, of));
    }
  }
  const { wall, cpu } = ratios;
  console.log(
    `from nothing over delta: ${median(wall).toFixed(1)} by the clock, ${median(cpu).toFixed(1)} by CPU time`,
  );
}

main()
  .then(() => process.exit(0)) // the pool's threads would stay
  .catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
