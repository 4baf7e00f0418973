/**
 * How cleaning grows: `npx jiti bench/scale.ts --source FILE.jsonl --copies DIR [--sizes 1,5,10,21] [--recipes minimal]
 * [--slots 2] [--noScores] [--unitBytes N]`.
 *
 * A size is so many copies of the corpus, each in other words (bench/copies.ts); those that DIR lacks are made first,
 * unmeasured. Each cell is a durable run of cleanDataset by a worker process of its own, compiled as it is published,
 * on real servers: seconds by the clock from start to result, and CPU time and peak memory of the worker as Linux tells.
 * `others` is the CPU time of all else on the machine, the servers among it; `idle` is what nobody used.
 */
import { existsSync, readFileSync } from 'node:fs';
import { link, mkdir, rm, stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CleaningLane } from '../test/support/cleaning-lane';
import type { ServerAddresses } from '../test/support/pack';
import { CorpusCopies } from './copies';
import { withServers } from './servers';

const { values: options } = parseArgs({
  options: {
    source: { type: 'string' },
    copies: { type: 'string' },
    sizes: { type: 'string', default: '1,5,10,21' },
    recipes: { type: 'string', default: 'minimal,fineweb' },
    slots: { type: 'string', default: '2' },
    /** Leaves the scores out, which cost a recipe of few rules as much as one of many. */
    noScores: { type: 'boolean', default: false },
    unitBytes: { type: 'string', default: String(4 * 1024 * 1024) },
  },
});
const list = (text: string) => text.split(',');
const copyFile = (dir: string, number: number) => path.join(dir, `copy-${String(number).padStart(3, '0')}.jsonl`);

async function makeCopies(source: string, dir: string, count: number): Promise<void> {
  await mkdir(dir, { recursive: true });
  const missing = Array.from({ length: count }, (_, number) => number).filter((n) => !existsSync(copyFile(dir, n)));
  if (missing.length === 0) return;
  const copies = await CorpusCopies.of(source);
  for (const number of missing) await copies.write(number, copyFile(dir, number));
}

/** CPU seconds of the whole machine since it started; https://man7.org/linux/man-pages/man5/proc_stat.5.html. */
function machineSeconds(): { busy: number; idle: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { busy: (user + nice + system + irq + softirq) / 100, idle: (idle + waiting) / 100 };
}

interface Cell {
  size: number;
  recipe: string;
  slots: number;
}

async function measure(servers: ServerAddresses, dir: string, copies: string, cell: Cell): Promise<string> {
  const { size, recipe, slots } = cell;
  const documents = path.join(dir, 'documents');
  await mkdir(documents, { recursive: true });
  let bytes = 0;
  for (let number = 0; number < size; number++) {
    const file = copyFile(copies, number);
    await link(file, path.join(documents, path.basename(file)));
    bytes += (await stat(file)).size;
  }
  const config = { sources: { roots: [dir] }, pools: { cpu: { slots } } };
  const lane = await CleaningLane.open(servers, { dir: path.join(dir, 'project'), config });
  try {
    const input = {
      source: documents,
      name: 'scale',
      recipe,
      scores: !options.noScores,
      unitBytes: Number(options.unitBytes),
    };
    const before = machineSeconds();
    const { output, seconds, usage, spent } = await lane.run('scale', input);
    const after = machineSeconds();
    const others = after.busy - before.busy - usage.cpuSeconds;
    const idle = (100 * (after.idle - before.idle)) / (after.busy - before.busy + after.idle - before.idle);
    const { read, kept } = output.counts;
    const busy = Object.entries(spent).map(
      ([activity, { attempts, ms }]) => `${activity} ${(ms / 1000).toFixed(1)} s/${attempts}`,
    );
    const peak = usage.peakBytes / 2 ** 20;
    const megabytes = bytes / 1e6;
    const row = [megabytes.toFixed(0), recipe, slots, read, kept, seconds.toFixed(1), usage.cpuSeconds.toFixed(1)];
    const figures = [
      (megabytes / usage.cpuSeconds).toFixed(1),
      peak.toFixed(0),
      others.toFixed(1),
      `${idle.toFixed(0)}%`,
    ];
    return `| ${[...row, ...figures].join(' | ')} |\n    ${busy.join(', ')}`;
  } finally {
    await lane.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { source, copies } = options;
  if (!source || !copies) throw new Error('Give --source FILE.jsonl and --copies DIR.');
  const sizes = list(options.sizes).map(Number);
  await makeCopies(source, copies, Math.max(...sizes));
  // Beside the copies, which are linked into the source of each run and not written again.
  const work = path.join(copies, `work-${process.pid}`);
  console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`);
  console.log(
    '| MB | recipe | threads | documents | kept | wall s | CPU s | MB a CPU s | peak MiB | others CPU s | idle |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|---|');
  await withServers(async (servers) => {
    for (const recipe of list(options.recipes)) {
      for (const size of sizes) {
        for (const slots of list(options.slots).map(Number)) {
          console.log(await measure(servers, work, copies, { size, recipe, slots }));
        }
      }
    }
  });
}

main()
  .then(() => process.exit(0)) // the SDK's threads would stay
  .catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
