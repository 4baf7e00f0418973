/**
 * How fast cleaning is: `npx jiti bench/clean.ts [--source FILE.jsonl] [--megabytes 16] [--threads 2] [--recipe fineweb] [--spans line]`.
 *
 * Prints documents and MB of text a second of the rules and of MinHash on one core, by CPU time, so that a busy machine
 * does not show; then of all activities from source to published dataset, by the clock. The corpus is made from a seed,
 * or is the text of a JSON Lines file. What is measured is compiled first, as it is published.
 */
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import type * as Cleaning from '../activities/cleaning';
import type * as MinHashModule from '../activities/cleaning/dedup/minhash';
import type * as ShinglesModule from '../activities/cleaning/dedup/shingles';
import type * as JudgeModule from '../activities/cleaning/rules/judge';
import type * as FileStoreModule from '../activities/stores/file-store';
import { recipeName, resolveRules, ruleOverrides, spanRulesOf } from '../schemas/recipes';
import { activityRuns, phaseClock, type Spent } from './activity-runs';
import { compile, makeTexts } from './cleaning-corpus';

const { values: options } = parseArgs({
  options: {
    source: { type: 'string' },
    megabytes: { type: 'string', default: '16' },
    threads: { type: 'string', default: '2' },
    recipe: { type: 'string', default: 'fineweb' },
    /** Duplicates below the document to cut: line, paragraph or sentences; those of the recipe where left out. */
    spans: { type: 'string' },
    /** Source bytes in a unit; the default is that of cleanDataset. */
    unitBytes: { type: 'string', default: String(4 * 1024 * 1024) },
  },
});
const threads = Number(options.threads);
const project = path.join(__dirname, '..');
// Inside the project, where compiled files find its packages; version control ignores it.
mkdirSync(path.join(project, '.llm-pack'), { recursive: true });
const work = mkdtempSync(path.join(project, '.llm-pack', 'bench-'));

const recipe = recipeName.parse(options.recipe);
const rules = resolveRules(recipe, ruleOverrides.parse(options.spans ? { dropDuplicateSpans: options.spans } : {}));
const PARTS = 15; // as its workflow cuts matching
const SPANS_A_PART = 1 << 20; // and spans
const WORK_KEY = 'c'.repeat(64);

async function writeCorpus(file: string): Promise<void> {
  if (options.source) return copyFile(options.source, file);
  const out = createWriteStream(file);
  for (const text of makeTexts(Number(options.megabytes) * 1e6)) out.write(`${JSON.stringify({ text })}\n`);
  out.end();
  await finished(out);
}

async function readTexts(file: string): Promise<string[]> {
  const handle = await open(file);
  const texts: string[] = [];
  for await (const line of handle.readLines()) texts.push((JSON.parse(line) as { text: string }).text);
  return texts;
}

function show(what: string, documents: number, bytes: number, seconds: number, clock: string): void {
  const rates = `${(documents / seconds).toFixed(0).padStart(8)} documents/s ${(bytes / 1e6 / seconds).toFixed(2).padStart(8)} MB/s`;
  console.log(`${what.padEnd(34)} ${rates}   (${seconds.toFixed(2)} s ${clock})`);
}

/** CPU seconds of `work`. The second of two runs counts, as workers stay up. */
function cpuSeconds(measured: () => void): number {
  measured();
  const before = process.cpuUsage();
  measured();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function endToEnd(load: ReturnType<typeof compile>, root: string): Promise<Record<string, Spent>> {
  const { createCleaningActivities } = load<typeof Cleaning>('activities/cleaning/index');
  const { FileArtifactStore } = load<typeof FileStoreModule>('activities/stores/file-store');
  const store = new FileArtifactStore(path.join(work, 'store'));
  const activities = createCleaningActivities({ store, sources: { roots: [root] }, threads });
  const { run, each } = activityRuns(threads);
  const { spending: seconds, timed } = phaseClock();

  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const workKey = WORK_KEY;
  const source = { source: '.', formats: ['jsonl' as const], unitBytes: Number(options.unitBytes) };
  const { plan, files, units } = await timed('plan', () => run(() => activities.planSource(source)));
  const read = {
    workKey,
    plan,
    rules,
    scores: false,
    textField: 'text',
    idField: 'id',
    maxDocumentBytes: 8 * 1024 * 1024,
  };
  const filtered = await timed('filter', () => each(units, (unit) => activities.filterUnit({ ...read, unit })));
  const duplicates = { workKey, units, parts: PARTS, against: null };
  await timed('match', () => each(PARTS, (part) => activities.matchUnit({ ...duplicates, part, rules })));
  const { planted } = await timed('cluster', () => run(() => activities.clusterDuplicates(duplicates)));
  const hasSpans = spanRulesOf(rules) !== null;
  let parts = 0;
  let recounted = false;
  if (hasSpans) {
    const signed = await timed('spans', () => each(units, (unit) => activities.signSpans({ workKey, unit, rules })));
    const spans = sum(signed.map((unit) => unit.spans));
    parts = Math.ceil(spans / SPANS_A_PART);
    const match = (withoutPoor: boolean) =>
      each(parts, (part) => activities.findRepeatedSpans({ workKey, units, part, parts, withoutPoor }));
    const found = await timed('repeats', () => match(false));
    const remains = await timed('remains', () =>
      each(units, (unit) => activities.findPoorDocuments({ workKey, unit, parts, rules })),
    );
    recounted = remains.some(({ poor }) => poor > 0);
    if (recounted) await timed('recount', () => match(true));
    console.log(`${spans} spans, ${sum(found.map((part) => part.repeats))} repeated, in ${parts} parts`);
  }
  const shard = (unit: number) =>
    activities.writeShard({ workKey, unit, ...(hasSpans ? { spans: { parts, rules, recounted } } : {}) });
  const written = await timed('write', () => each(units, shard));
  const cuts = written.flatMap(({ cut }) => cut ?? []);
  if (hasSpans) {
    const [documents, spans, chars] = (['documents', 'spans', 'chars'] as const).map((what) =>
      sum(cuts.map((cut) => cut[what])),
    );
    const dropped = sum(written.map(({ duplicates: reasons }) => reasons['duplicate_spans'] ?? 0));
    console.log(
      `${spans} spans of ${chars} characters cut out of ${documents} documents; ${dropped} documents dropped for it`,
    );
  }
  const counts = { files, read: sum(filtered.map((unit) => unit.read)), kept: sum(written.map((unit) => unit.kept)) };
  const all = { ...counts, rejected: counts.read - counts.kept, reasons: {} };
  const publish = { workKey, units, name: 'bench', recipe, rules, counts: all, planted };
  await timed('publish', () => run(() => activities.publishDataset(publish)));
  console.log(`${counts.read} documents read, ${counts.kept} kept, in ${units} units`);
  return seconds;
}

async function main(): Promise<void> {
  const load = compile(work);
  const root = path.join(work, 'source');
  mkdirSync(root);
  const corpus = path.join(root, 'corpus.jsonl');
  await writeCorpus(corpus);
  const texts = await readTexts(corpus);
  const bytes = texts.reduce((total, text) => total + Buffer.byteLength(text), 0);
  console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}; ${threads} threads`);
  console.log(`${texts.length} documents, ${(bytes / 1e6).toFixed(1)} MB of text\n`);

  const { Judge } = load<typeof JudgeModule>('activities/cleaning/rules/judge');
  const judge = new Judge(rules);
  show(
    `rules (${recipe}), one core`,
    texts.length,
    bytes,
    cpuSeconds(() => texts.forEach((text) => judge.judge({ text, url: null }))),
    'CPU',
  );
  const { Shingles } = load<typeof ShinglesModule>('activities/cleaning/dedup/shingles');
  const { MinHash } = load<typeof MinHashModule>('activities/cleaning/dedup/minhash');
  const [shingles, minhash] = [new Shingles(), new MinHash()];
  const sign = (text: string) => {
    const list = shingles.of(text);
    if (list.length > 0) minhash.bandsOf(list);
  };
  show(
    'MinHash signatures, one core',
    texts.length,
    bytes,
    cpuSeconds(() => texts.forEach(sign)),
    'CPU',
  );

  const documents = texts.length;
  texts.length = 0; // as a worker has none of them in memory
  const seconds = await endToEnd(load, root);
  const total = { wall: 0, cpu: 0 };
  for (const [phase, { wall, cpu }] of Object.entries(seconds)) {
    show(`  ${phase}`, documents, bytes, cpu, `CPU, ${wall.toFixed(2)} s wall`);
    total.wall += wall;
    total.cpu += cpu;
  }
  show('source to published dataset', documents, bytes, total.cpu, 'CPU');
  show('', documents, bytes, total.wall, 'wall');
  console.log(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
}

main()
  .then(() => process.exit(0)) // the pool's threads would stay
  .catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
