/**
 * Seconds of bringing an index up to a dataset of which 1% has changed, against those of building it anew:
 * `npx jiti bench/update.ts [--documents 400] [--share 0.01]`. Both are runs of their stages, from start to end; the bar is
 * 2% of the rebuild plus 3 s.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { mulberry32 } from '../activities/kit/random';
import type { RebuildIndexOutput, UpdateIndexOutput } from '../schemas';
import { startRunning, words } from './running';

const NAME = 'update';
/** About four chunks. */
const WORDS = 420;
const SHARE_OF_REBUILD = 0.02;
const FIXED_SECONDS = 3;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { documents: { type: 'string', default: '400' }, share: { type: 'string', default: '0.01' } },
  });
  const documents = Number(values.documents);
  const running = await startRunning();
  try {
    const random = mulberry32(1);
    const rows = Array.from({ length: documents }, (_, at) => ({ id: `d${at}`, text: `${words(WORDS, random)}.` }));
    const clean = async () => {
      await running.writeRows('documents.jsonl', rows);
      const input = { source: 'documents.jsonl', name: NAME, idField: 'id', recipe: 'minimal', maxDrift: null };
      await running.timed('cleanDataset', { ...input, overrides: { dropNearDuplicates: false } });
    };
    await clean();
    const rebuild = await running.timed<RebuildIndexOutput>('rebuildIndex', { dataset: NAME, rollbackHours: 0 });
    for (let at = 0; at < documents * Number(values.share); at += 1) {
      const place = Math.floor(random() * documents);
      rows[place] = { id: `d${place}`, text: `${words(WORDS, random)}.` };
    }
    await clean();
    const update = await running.timed<UpdateIndexOutput>('updateIndex', { dataset: NAME });

    const { chunks } = rebuild.output.counts;
    const allowed = SHARE_OF_REBUILD * rebuild.seconds + FIXED_SECONDS;
    console.log(`node ${process.version}, ${availableParallelism()} cores: ${documents} documents, ${chunks} chunks`);
    console.log(
      `rebuild ${rebuild.seconds.toFixed(1)} s; update ${update.seconds.toFixed(1)} s (bar: ${allowed.toFixed(1)} s)`,
    );
    console.log(
      `counts of the update: ${JSON.stringify(update.output.counts)}, ${update.output.chunks} chunks written`,
    );
  } finally {
    await running.stop();
  }
}

void main();
