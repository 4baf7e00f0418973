/**
 * What `buildFeatures` costs beside what a data team would write by hand: pandas with scikit-learn for tabular features,
 * and the Hugging Face tokenizers library for training, tokenising and packing. `npx jiti bench/features.ts [--full]`;
 * `--texts FILE.jsonl` takes texts (field `text`) of yours. Each side reads the same file in a process of its own, turn
 * by turn; the ratio is of CPU seconds, all threads and the start of the process included, as other work may keep the
 * cores busy. What is measured of ours is compiled first. The peers need `uv`.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { cpus } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { seededRandom, type Random } from '../test/support/random';
import { median } from './figures';

const full = process.argv.includes('--full');
const ROWS = full ? 1_000_000 : 200_000;
const MEGABYTES = full ? 100 : 20;
const ROUNDS = 3;
const PACKAGES = ['pandas==3.1.1', 'scikit-learn==1.9.1', 'tokenizers==0.23.2', 'pyarrow==26.0.1'];

const project = path.join(__dirname, '..');
// Inside the project, where compiled files find its packages; version control ignores it.
mkdirSync(path.join(project, '.llm-pack'), { recursive: true });
const work = mkdtempSync(path.join(project, '.llm-pack', 'bench-'));

interface Measured {
  cpu: number;
  wall: number;
  memory_mb: number;
  rows?: number;
  tokens?: number;
}

/** Compiles the package with its tests, as this bench runs their way of calling the activities. */
function compile(): string {
  const out = path.join(work, 'dist');
  const flags = ['--noEmit', 'false', '--outDir', out, '--rootDir', project, '--noCheck'];
  execFileSync(path.join(project, 'node_modules/.bin/tsc'), ['-p', path.join(project, 'tsconfig.json'), ...flags]);
  return path.join(out, 'bench', 'features-run.js');
}

async function writeLines(file: string, lines: Iterable<object>): Promise<void> {
  const stream = createWriteStream(file);
  for (const line of lines) if (!stream.write(`${JSON.stringify(line)}\n`)) await once(stream, 'drain');
  stream.end();
  await finished(stream);
}

/** Orders of a shop, in the order of their times, without the oddities that pandas would stop at. */
function* orders(): Generator<object> {
  const random = seededRandom(1);
  for (let at = 0; at < ROWS; at++) {
    yield {
      id: `order-${at}`,
      price: Math.round(Math.exp(random.below(900) / 100) * 100) / 100,
      city: `city ${Math.min(random.below(300), random.below(300))}`,
      device: random.pick(['phone', 'desk', 'tablet']),
      bought: random.below(4) === 0 ? 1 : 0,
      customer: `c${random.below(ROWS / 50)}`,
      at: new Date(Date.UTC(2026, 0, 1) + at * 20_000).toISOString(),
    };
  }
}

/** Texts of made-up words, as frequent as words are (Zipf), until there are so many megabytes. */
function* texts(): Generator<object> {
  const random = seededRandom(2);
  const syllables = ['ka', 'lo', 'mi', 'ter', 'un', 'es', 'ra', 'do', 'sen', 'pi', 'ver', 'ta', 'no', 'ing', 'al'];
  const words = Array.from({ length: 30_000 }, () =>
    Array.from({ length: 1 + random.below(4) }, () => random.pick(syllables)).join(''),
  );
  for (let bytes = 0; bytes < MEGABYTES * 1e6;) {
    const text = Array.from({ length: 300 + random.below(500) }, () => sentencePart(random, words)).join(' ');
    bytes += text.length;
    yield { text };
  }
}

const sentencePart = (random: Random, words: readonly string[]): string => {
  const rank = Math.floor(words.length ** (random.below(1_000_000) / 1_000_000)) - 1;
  const word = words[rank] ?? '';
  return random.below(12) === 0 ? `${word}.` : word;
};

const last = (output: Buffer): Measured => JSON.parse(output.toString().trim().split('\n').at(-1) ?? '') as Measured;

async function main(): Promise<void> {
  const given = process.argv.indexOf('--texts');
  const files = { tabular: path.join(work, 'orders.jsonl'), sequences: process.argv[given + 1] ?? '' };
  await writeLines(files.tabular, orders());
  if (given < 0) await writeLines((files.sequences = path.join(work, 'texts.jsonl')), texts());
  const script = compile();
  const withPackages = PACKAGES.flatMap((name) => ['--with', name]);
  const peer = ['run', '--no-project', '--quiet', ...withPackages, 'python', path.join(__dirname, 'features_peer.py')];

  for (const kind of ['tabular', 'sequences'] as const) {
    const sides: Record<'ours' | 'peer', Measured[]> = { ours: [], peer: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const store = path.join(work, `store-${kind}-${round}`);
      sides.ours.push(last(execFileSync(process.execPath, [script, kind, files[kind], store])));
      rmSync(store, { recursive: true });
      const target = path.join(work, 'peer.parquet');
      if (hasUv()) sides.peer.push(last(execFileSync('uv', [...peer, kind, files[kind], target])));
    }
    const unit = kind === 'tabular' ? 'rows' : 'tokens';
    for (const [side, runs] of Object.entries(sides)) {
      if (runs.length === 0) continue;
      const [cpu, wall] = [median(runs.map((run) => run.cpu)), median(runs.map((run) => run.wall))];
      const amount = runs[0]?.[unit] ?? NaN;
      const rate = (seconds: number) => Math.round(amount / seconds).toLocaleString('en');
      const memory = Math.round(median(runs.map((run) => run.memory_mb)));
      console.log(
        `${kind} ${side}: ${rate(cpu)} ${unit} a CPU second, ${rate(wall)} a second, ${memory} MB (${amount} ${unit})`,
      );
    }
    const ratio = median(sides.ours.map((run, round) => (sides.peer[round]?.cpu ?? NaN) / run.cpu));
    console.log(`${kind}: ${ratio.toFixed(2)} times the peer by CPU time`);
  }
  console.log(
    `Node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? ''}, median of ${ROUNDS} rounds by turns`,
  );
}

const hasUv = (): boolean =>
  (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, 'uv')));

void main().finally(() => rmSync(work, { recursive: true, force: true }));
