/** One side of `bench/features.ts`, in a process of its own: `node features-run.js tabular|sequences FILE STORE`. */
import path from 'node:path';
import { buildFeatures } from '../test/integration/features-run';

const [kind = '', file = '', storeDir = ''] = process.argv.slice(2);

/** As `features_peer.py` makes them. */
const TABULAR = {
  key: 'id',
  features: [
    { kind: 'scale', column: 'price', method: 'standard', name: 'price_standard' },
    { kind: 'scale', column: 'price', method: 'robust', name: 'price_robust' },
    { kind: 'bucket', column: 'price', buckets: 10 },
    { kind: 'oneHot', column: 'city', maxCategories: 4 },
    { kind: 'hash', column: 'city', buckets: 1024 },
    { kind: 'cross', columns: ['city', 'device'], buckets: 4096 },
    { kind: 'frequency', column: 'city' },
    { kind: 'target', column: 'city', target: 'bought' },
    { kind: 'time', column: 'at', part: 'hour' },
    { kind: 'time', column: 'at', part: 'weekday' },
    { kind: 'window', entity: 'customer', time: 'at', hours: 24, aggregate: 'count' },
    { kind: 'window', entity: 'customer', time: 'at', hours: 48, aggregate: 'sum', column: 'price' },
    { kind: 'window', entity: 'customer', time: 'at', hours: 48, aggregate: 'mean', column: 'price' },
    { kind: 'copy', column: 'bought', as: 'number', name: 'label' },
  ],
};
const SEQUENCES = { sequences: { length: 2048, vocabulary: 8192 } };

async function main(): Promise<void> {
  const began = performance.now();
  const recipe = kind === 'tabular' ? TABULAR : SEQUENCES;
  const input = { source: path.basename(file), name: 'bench', ...recipe };
  const { counts } = await buildFeatures({ root: path.dirname(file), storeDir, input });
  const { user, system } = process.cpuUsage();
  const { maxRSS } = process.resourceUsage();
  const measured = { cpu: (user + system) / 1e6, wall: (performance.now() - began) / 1000, memory_mb: maxRSS / 1024 };
  console.log(JSON.stringify({ ...measured, rows: counts.kept, tokens: counts.tokens }));
  process.exit(0);
}

void main();
