import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { artifactKey } from '../../activities/stores/artifact-store';
import { evaluateModelStage, type EvaluateModelOutput } from '../../schemas/evaluate-model';
import { QUEUES } from '../../schemas/names';
import { readStack } from '../../workers/stack/stack';
import { type ModelCall, type ModelReply, type OpenAIServer, startOpenAIServer } from '../support/openai-server';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';
import { build } from '../system/cli-process';

const MAIN = join(__dirname, '..', '..', 'dist', 'workers', 'cli', 'main.js');
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_126);
const ROUNDS = Number(process.env['EVALUATION_KILLS'] ?? 1);
// A worker that dies costs the 15 s until its beats are missed: once in the short form, three times a round in the long one.
const WORKER_KILLS = ROUNDS > 1 ? 3 : 1;
const CASES = 40;
/** Both sides, and the judge in both orders for that half of the pairs whose answers differ. */
const QUESTIONS = 3 * CASES;
const SIDES = ['candidate', 'reference', 'judge'] as const;
/** Units in flight, each with one question that waits for its answer. */
const CONCURRENCY = 4;

/** Whom a question finds: what dies when it comes, before it is answered or just after. */
interface Kill {
  victim: 'llm' | 'temporal';
  answered: boolean;
}

/** A subject as a report has it. */
interface Side {
  pace: unknown;
  counts: { askedAgain: number };
}

/** A request as the provider has it. */
interface Asked {
  /** Who was asked, and of a judge in which order. */
  who: string;
  case: number;
  round: string;
  key: string;
}

/** A provider that charges each idempotency key once, and a user's own stack: its workers and Temporal are killed. */
describe(`an evaluation whose worker and server are killed with SIGKILL (CHAOS_SEED=${SEED})`, () => {
  const asked: Asked[] = [];
  const planned = new Map<number, Kill>();
  const killing: Promise<void>[] = [];
  let projectDir: string;
  let stateDir: string;
  let up: ChildProcess;
  let model: OpenAIServer;
  let undisturbed: EvaluateModelOutput;

  const stack = async () => {
    const found = await readStack(stateDir);
    if (!found) throw new Error('the stack is not running');
    return found;
  };
  const kill = async (victim: Kill['victim']) => {
    const found = Object.entries((await stack()).processes).find(([name]) => name.endsWith(victim));
    if (!found) throw new Error(`${victim} is not running`);
    process.kill(found[1].pid, 'SIGKILL');
  };
  const answer = ({ headers, body }: ModelCall): ModelReply => {
    const shown = body.messages.at(-1)?.content ?? '';
    const [, round = '', number = ''] = /round (\S*): (\d+)/.exec(shown) ?? [];
    const first = /<answer-a>\n(.*)\n/.exec(shown)?.[1];
    const who = first !== undefined ? `judge ${first}` : body.messages.length > 1 ? 'reference' : 'candidate';
    asked.push({ who, case: Number(number), round, key: String(headers['idempotency-key']) });
    const meets = planned.get(asked.length);
    planned.delete(asked.length);
    if (meets) killing.push(kill(meets.victim));
    if (meets && !meets.answered) return { silent: true };
    if (first !== undefined) return { text: Number(number) % 4 === 0 || first.startsWith('it is') ? '[[A]]' : '[[B]]' };
    const isKnown = Number(number) % (who === 'candidate' ? 4 : 2) !== 0;
    return { text: isKnown ? `it is ${number}` : `no idea of the ${who}` };
  };
  const run = async (round: string): Promise<EvaluateModelOutput> => {
    const lines = Array.from({ length: CASES }, (_, at) =>
      JSON.stringify({
        id: `case-${at}`,
        input: `round ${round}: ${at}`,
        expected: `it is ${at}`,
        slices: { half: at % 2 },
      }),
    );
    await writeFile(join(projectDir, `${round}.jsonl`), lines.join('\n'));
    const { addresses } = await stack();
    const connection = await Connection.connect({ address: addresses.temporal.address });
    const workflowId = `evaluateModel-${round}`;
    const input = {
      candidate: { endpoint: 'scripted' },
      reference: { endpoint: 'scripted', system: 'Be the reference.' },
      tasks: [{ type: 'pairwise', judge: { endpoint: 'scripted' }, gate: { minimumCases: 20 } }],
      cases: [{ path: `${round}.jsonl` }],
      concurrency: CONCURRENCY,
    };
    try {
      const { workflow } = new Client({ connection });
      await workflow.start('evaluateModel', { taskQueue: QUEUES.llm, workflowId, args: [input] });
      // The client is a user who asks again until the server is back; the run itself needs no help.
      const result = () => workflow.getHandle(workflowId).result();
      return evaluateModelStage.output.parse(await vi.waitFor(result, { timeout: 300_000 }));
    } finally {
      await connection.close();
    }
  };
  const fileOf = ({ evaluation }: EvaluateModelOutput, name: string) =>
    readFile(join(stateDir, 'artifacts', artifactKey(evaluation ?? { uri: '' }), name), 'utf8');

  beforeAll(async () => {
    await build();
    model = await startOpenAIServer(answer);
    projectDir = await mkdtemp(join(tmpdir(), 'llm-pack-chaos-'));
    stateDir = join(projectDir, '.llm-pack');
    const scripted = { provider: 'openai', baseUrl: model.baseUrl, model: 'scripted' };
    const config = { agent: { models: { scripted }, model: 'scripted' } };
    await writeFile(join(projectDir, 'temporal.config.ts'), `export default ${JSON.stringify(config)};`);
    const { databaseUrl, elasticsearchUrl } = sharedServers();
    const { TEMPORAL_ADDRESS: _own, ...env } = process.env;
    up = spawn(process.execPath, [MAIN, 'up'], {
      cwd: projectDir,
      stdio: 'ignore',
      env: { ...env, DATABASE_URL: databaseUrl, ELASTICSEARCH_URL: elasticsearchUrl },
    });
    // Temporal and three pools.
    await vi.waitFor(async () => expect(Object.keys((await stack()).processes)).toHaveLength(4), {
      timeout: 120_000,
      interval: 200,
    });
    undisturbed = await run('undisturbed');
  });
  afterAll(async () => {
    up.kill('SIGTERM');
    await once(up, 'exit');
    await model.close();
    await rm(projectDir, { recursive: true, force: true });
  });

  it('asks each case once where nothing is killed', () => {
    const all = { samples: CASES, answered: CASES, failed: 0, unasked: 0 };
    expect(undisturbed.counts).toEqual({ candidate: all, reference: all, judge: all });
    expect(undisturbed.judges).toMatchObject([{ pairs: CASES, wins: 10, losses: 0, same: 20, unjudged: 0 }]);
    expect(asked).toHaveLength(QUESTIONS);
  });

  const random = seededRandom(SEED);
  it.each(Array.from({ length: ROUNDS }, (_, at) => `kills-${at + 1}`))(
    'pays for each case once, counts what was asked again, and comes to the same report: %s',
    async (round) => {
      const before = asked.length;
      // One part of the questions for each kill, so that none falls together with another.
      const kills = random.shuffle<Kill['victim']>(['temporal', ...Array<Kill['victim']>(WORKER_KILLS).fill('llm')]);
      const part = Math.floor(QUESTIONS / kills.length);
      for (const [at, victim] of kills.entries()) {
        // Of a server that dies nothing is lost but time; only a worker takes a question with it.
        const answered = victim === 'temporal' || random.below(2) === 1;
        planned.set(before + 1 + at * part + random.below(part), { victim, answered });
      }
      const output = await run(round);
      await Promise.all(killing);
      expect([...planned]).toEqual([]);

      expect(output.counts).toEqual(undisturbed.counts);
      const requests = asked.filter((one) => one.round === round);
      expect(new Set(requests.map((one) => `${one.who} ${one.case}`)).size).toBe(QUESTIONS);
      // What a provider charges that honours the key, and one that does not.
      expect(new Set(requests.map(({ key }) => key)).size).toBe(QUESTIONS);
      expect(new Set(requests.map((one) => `${one.who} ${one.case} ${one.key}`)).size).toBe(QUESTIONS);
      const askedAgain = SIDES.reduce((sum, side) => sum + (output.spent[side]?.askedAgain ?? 0), 0);
      expect(requests.length - QUESTIONS).toBeLessThanOrEqual(askedAgain);
      expect(askedAgain).toBeLessThanOrEqual(WORKER_KILLS * CONCURRENCY);
      for (const side of SIDES) {
        const { tokens, kept } = output.spent[side] ?? {};
        expect({ tokens, kept }).toEqual({ tokens: undisturbed.spent[side]?.tokens, kept: 0 });
      }

      expect(await metrics(output)).toEqual(await metrics(undisturbed));
      expect(await report(output)).toEqual(await report(undisturbed));
    },
  );

  /** What was measured, less how long answers took. */
  async function metrics(output: EvaluateModelOutput): Promise<unknown> {
    const { pace: _pace, ...measured } = JSON.parse(await fileOf(output, 'metrics.json')) as { pace: unknown };
    return measured;
  }

  /** A report less what is of one run: what it was called by, how long answers took, and how often one was asked again. */
  async function report(output: EvaluateModelOutput): Promise<unknown> {
    const text = await fileOf(output, 'report.json');
    const {
      workKey: _key,
      cases: _cases,
      candidate,
      reference,
      ...rest
    } = JSON.parse(text.replaceAll(/round [a-z0-9-]+/g, 'round')) as {
      workKey: string;
      cases: unknown;
      candidate: Side;
      reference: Side;
    };
    const undated = ({ pace: _pace, counts, ...named }: Side) => ({ ...named, counts: { ...counts, askedAgain: 0 } });
    return { ...rest, candidate: undated(candidate), reference: undated(reference) };
  }
});
