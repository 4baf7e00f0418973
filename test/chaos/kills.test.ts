import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CleanDatasetOutput, RebuildIndexOutput } from '../../schemas';
import { QUEUES } from '../../schemas/names';
import { readStack } from '../../workers/stack/stack';
import { writeDocuments } from '../support/documents';
import { indexContents } from '../support/index-contents';
import { seededRandom } from '../support/random';
import { build } from '../system/cli-process';

const MAIN = join(__dirname, '..', '..', 'dist', 'workers', 'cli', 'main.js');
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_123);
// Six kills in each of four rounds: each of the six processes four times.
const ROUNDS = 4;
const KILLS_A_ROUND = 6;
/** Enough for a dozen units of each phase; embedding them takes most of a run. */
const DOCUMENTS = 240;

/** What a user has: `llm-pack up` with every pool, in a project folder of its own. */
describe(`kill -9 at seeded moments (CHAOS_SEED=${SEED})`, () => {
  let projectDir: string;
  let stateDir: string;
  let up: ChildProcess;
  let undisturbed: Awaited<ReturnType<typeof pipeline>>;
  let seconds: number;
  let killed = 0;

  beforeAll(async () => {
    await build();
    projectDir = await mkdtemp(join(tmpdir(), 'llm-pack-chaos-'));
    stateDir = join(projectDir, '.llm-pack');
    await writeDocuments(join(projectDir, 'documents'), DOCUMENTS, SEED);
    // Every round embeds: with the vectors of the first at hand the others would be over before they are hit.
    const config = { index: { embeddingCache: { maxVectors: 0 } } };
    await writeFile(join(projectDir, 'temporal.config.ts'), `export default ${JSON.stringify(config)};`);
    up = spawn(process.execPath, [MAIN, 'up'], { cwd: projectDir, stdio: 'ignore', env: bareEnvironment() });
    await vi.waitFor(async () => expect(Object.keys(await processes())).toHaveLength(6), {
      timeout: 240_000,
      interval: 500,
    });
    const began = Date.now();
    undisturbed = await pipeline('undisturbed');
    seconds = (Date.now() - began) / 1000;
  });
  afterAll(async () => {
    up.kill('SIGTERM');
    await once(up, 'exit');
    await rm(projectDir, { recursive: true, force: true });
  });

  const stack = async () => {
    const found = await readStack(stateDir);
    if (!found) throw new Error('the stack is not running');
    return found;
  };
  const processes = async () => (await stack()).processes;

  /** The demo's two stages, done anew, and everything about their results that must not depend on what was killed. */
  async function pipeline(id: string) {
    const { addresses } = await stack();
    const connection = await Connection.connect({ address: addresses.temporal.address });
    const { workflow } = new Client({ connection });
    const search = new Elasticsearch({ node: addresses.elasticsearchUrl });
    const run = async <O>(type: string, input: object): Promise<O> => {
      const workflowId = `${type}-${id}`;
      // The client is a user who asks again until the server is back; the run itself needs no help.
      await vi.waitFor(
        () =>
          workflow.start(type, {
            taskQueue: QUEUES.llm,
            workflowId,
            args: [input],
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        { timeout: 60_000 },
      );
      return vi.waitFor(() => workflow.getHandle(workflowId).result() as Promise<O>, { timeout: 600_000 });
    };
    try {
      const cleaned = await run<CleanDatasetOutput>('cleanDataset', {
        source: 'documents',
        name: 'chaos',
        recipe: 'gopher',
        overrides: { maxDuplicateNgramChars: null, maxTopNgramChars: null },
        unitBytes: 65_536,
        force: true,
      });
      const rebuilt = await run<RebuildIndexOutput>('rebuildIndex', {
        dataset: 'chaos',
        unitDocuments: 16,
        force: true,
      });
      await vi.waitFor(() => search.cluster.health({ wait_for_status: 'yellow' }), { timeout: 60_000 });
      return {
        counts: cleaned.counts,
        dataset: cleaned.dataset?.artifact.sha256,
        rejects: cleaned.rejects?.sha256,
        report: await reportOf(cleaned),
        indexed: rebuilt.counts,
        index: await indexContents(search, 'chaos'),
        verified: rebuilt.counts.verified,
      };
    } finally {
      await connection.close();
      await search.close();
    }
  }

  /** The report less what it says of the version before, which is another one in each round. */
  async function reportOf({ report }: CleanDatasetOutput): Promise<object> {
    const folder = report?.uri.replace('artifact:', '') ?? '';
    const text = await readFile(join(stateDir, 'artifacts', folder, 'report.json'), 'utf8');
    const { drift: _drift, ...rest } = JSON.parse(text) as { drift: unknown };
    return rest;
  }

  it('an undisturbed run keeps, rejects and indexes something', () => {
    expect(undisturbed.counts.read).toBe(DOCUMENTS);
    expect(undisturbed.counts.kept).toBeGreaterThan(DOCUMENTS / 2);
    expect(undisturbed.counts.rejected).toBeGreaterThan(DOCUMENTS / 8);
    expect(undisturbed.index.chunks).toBe(undisturbed.verified);
  });

  const plan = killPlan();
  it.each(plan)('round $round, killing $names: the same dataset and the same index', async ({ round, kills }) => {
    const running = pipeline(`round-${round}`);
    let over = false;
    const killing = (async () => {
      for (const { victim, moment } of kills) {
        await after((moment * seconds * 1000) / KILLS_A_ROUND);
        if (over) return;
        const found = Object.entries(await processes()).find(([name]) => name.endsWith(victim));
        if (!found) continue;
        process.kill(found[1].pid, 'SIGKILL');
        killed += 1;
      }
    })();
    const result = await running.finally(() => (over = true));
    await killing;
    expect(result).toEqual(undisturbed);
  });

  it('has killed at least twenty processes, or it has proved less than it says', () => {
    expect(killed).toBeGreaterThanOrEqual(20);
  });

  /** Which process dies when: each equally often, in an order and at moments that the seed decides. */
  function killPlan() {
    const random = seededRandom(SEED);
    const parts = ['temporal', 'postgres', 'elasticsearch', 'llm', 'cpu', 'gpu'];
    const victims = random.shuffle(
      Array.from({ length: ROUNDS * KILLS_A_ROUND }, (_, index) => parts[index % parts.length] ?? ''),
    );
    return Array.from({ length: ROUNDS }, (_, round) => {
      const chosen = victims.slice(round * KILLS_A_ROUND, (round + 1) * KILLS_A_ROUND);
      return {
        round,
        names: chosen.join(', '),
        // A moment is a share of the quarter of the run that the kill falls in.
        kills: chosen.map((victim) => ({ victim, moment: random.below(1000) / 1000 })),
      };
    });
  }
});

/** Only what a process needs: no address of a server elsewhere may leak in. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LLM_PACK_CACHE, XDG_CACHE_HOME } = process.env;
  return { PATH, HOME, LLM_PACK_CACHE, XDG_CACHE_HOME };
}
