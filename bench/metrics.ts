/**
 * Whether our metrics say what the field's tools say of the same predictions, each value by itself: `npx jiti bench/metrics.ts
 * [--size N] [--seed N] [--python PYTHON] [--fixture]`. The peers need `uv`, or a Python that has them. `--fixture` writes the means that
 * the peers gave, with their versions, for the unit test.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { mean } from '../activities/evaluation/statistics/bootstrap';
import { metricCases, type MetricValues, ourMetrics } from '../test/support/metric-cases';

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    python: { type: 'string' },
    fixture: { type: 'boolean', default: false },
  },
});
const PACKAGES = [
  'ranx==0.3.21',
  'ir_measures==0.4.3',
  'scikit-learn==1.9.1',
  'lm_eval==0.4.13',
  'transformers==5.24.0',
  // What one of the harness's tasks is imported with, whose normalisation of answers is asked for.
  'jieba==0.42.1',
  'fuzzywuzzy==0.18.0',
  'rouge==1.0.1',
];
const FIXTURE = path.join(__dirname, '../test/unit/evaluation/metrics-of-peers.json');

interface Said {
  versions: Record<string, string>;
  /** Two of them, since retrieval has two peers; the other metrics are the same in both. */
  peers: MetricValues[];
}

function askPeers(file: string): Said {
  const script = path.join(__dirname, 'metrics_peer.py');
  const withPackages = PACKAGES.flatMap((name) => ['--with', name]);
  const [command, ...before] = options.python
    ? [options.python]
    : ['uv', 'run', '--no-project', '--quiet', ...withPackages, 'python'];
  const output = execFileSync(command ?? '', [...before, script, file], {
    encoding: 'utf8',
    maxBuffer: 1e9,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output) as Said;
}

function main(): void {
  const [seed, size] = [Number(options.seed), Number(options.size)];
  const cases = metricCases(seed, size);
  const work = mkdtempSync(path.join(tmpdir(), 'llm-pack-bench-'));
  try {
    const file = path.join(work, 'cases.json');
    writeFileSync(file, JSON.stringify(cases));
    const { versions, peers } = askPeers(file);
    const ours = ourMetrics(cases);
    console.log('| metric | values | mean | largest difference |\n|---|---:|---:|---:|');
    for (const [name, values] of Object.entries(ours)) {
      const apart = peers.flatMap((peer) => values.map((value, at) => Math.abs(value - (peer[name]?.[at] ?? NaN))));
      // NaN where a peer lacks a value.
      const largest = apart.reduce((most, distance) => Math.max(most, distance), 0);
      console.log(`| ${name} | ${values.length} | ${mean(values).toFixed(6)} | ${largest.toExponential(1)} |`);
    }
    console.log(JSON.stringify(versions));
    if (!options.fixture) return;
    const means = peers.map((peer) => Object.fromEntries(Object.entries(peer).map(([name, of]) => [name, mean(of)])));
    writeFileSync(FIXTURE, `${JSON.stringify({ seed, size, versions, means }, null, 2)}\n`);
  } finally {
    rmSync(work, { recursive: true });
  }
}

main();
