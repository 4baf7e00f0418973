import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Client as Elasticsearch } from '@elastic/elasticsearch';
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { artifactKey } from '../../../activities/stores/artifact-store';
import { openArtifactStore } from '../../../activities/stores/open-store';
import type { CleanDatasetOutput } from '../../../schemas/clean-dataset';
import { defaultCacheDir } from '../../../workers/stack/cache';
import type { Facts } from './facts';
import { groups } from './groups';
import { aliases, stale } from './index-checks';
import type { Journal } from './journal';
import type { Charged } from './model-child';
import { allProcesses, jobProcesses, type Process } from './processes';
import { controlSteps, leftOpen, moves, onceARun, promotions } from './registry-checks';
import { untilOk } from './runs';
import { CASES, DOCUMENTS } from './inputs';
import type { StageRun } from './stages';
import type { World } from './world';

/** What the invariants look at. */
export interface Scene {
  world: World;
  client: Client;
  postgres: Pool;
  search: Elasticsearch;
  facts: Facts;
  stages: readonly StageRun[];
  /** Rounds that were gone through, the undisturbed one included. */
  rounds: number;
  /** Stages that ran. */
  ran: ReadonlySet<string>;
}

/** What must be true after a night of faults. */
export interface Invariant {
  name: string;
  /** The stages that it says something of; all where none is named. Where none of them ran there is nothing to look at. */
  of?: readonly string[];
  /** What is wrong, a line each. */
  find: (scene: Scene) => Promise<string[]> | string[];
}

const PATIENCE_MS = 60_000;
const CLEANINGS = ['cleanDataset', 'rethresholdDataset'];

export const INVARIANTS: readonly Invariant[] = [
  { name: 'read = kept + rejected', of: CLEANINGS, find: ({ facts }) => unbalanced(facts) },
  { name: 'the same bytes as undisturbed', find: ({ facts }) => facts.differences() },
  { name: 'index = source', of: ['indexFeed', 'nightlyRefresh'], find: (scene) => stale(scene.search, scene) },
  { name: 'one index behind each alias', find: ({ search, postgres }) => aliases(search, postgres) },
  { name: 'no question is paid twice', of: ['evaluateModel'], find: charged },
  {
    name: 'one version and one promotion a run',
    find: ({ postgres, facts, stages }) => onceARun(postgres, facts, stages),
  },
  { name: 'each promotion once, each after the one before', find: ({ postgres }) => promotions(postgres) },
  {
    name: 'each move of a strategy once',
    of: ['rolloutStrategy', 'controlMetric'],
    find: ({ postgres }) => moves(postgres),
  },
  { name: 'each step of control once', of: ['controlMetric'], find: ({ postgres }) => controlSteps(postgres) },
  {
    name: 'each step of a training once, each checkpoint whole',
    of: ['trainModel', 'distillModel'],
    find: ({ facts }) => trainings(facts),
  },
  { name: 'what is published is whole', find: artifacts },
  { name: 'nothing is held or half done', find: ({ postgres, ran }) => leftOpen(postgres, ran.has('indexFeed')) },
  { name: 'no run is open', find: openRuns },
  {
    name: 'no process of a job is left',
    of: ['trainModel', 'distillModel'],
    find: ({ world }) => said(jobProcesses(world.trainingDir)),
  },
];

/** Holds all that must be true after a night of faults against what is there. */
export async function checkInvariants(scene: Scene, journal: Journal): Promise<void> {
  for (const { name, of, find } of INVARIANTS) {
    const ran = of?.filter((stage) => scene.ran.has(stage));
    if (ran?.length === 0) continue;
    const violations = await untilOk(async () => find(scene), PATIENCE_MS).catch((error: unknown) => [
      `it could not be looked at: ${String(error)}`,
    ]);
    journal.check({ invariant: name, over: ran?.join(', ') ?? 'all', violations });
  }
}

/** After the end: nothing that the world had started lives. What its folder is named in is its own: jobs have an environment without its mark. */
export function checkProcesses(dir: string, journal: Journal): void {
  const left = allProcesses().filter(
    ({ pid, environment, command }) => pid !== process.pid && `${environment} ${command}`.includes(dir),
  );
  journal.check({ invariant: 'no process is left', over: 'after the end', violations: said(left) });
}

const said = (left: readonly Process[]): string[] => left.map(({ pid, command }) => `${pid}: ${command}`);

/** Each document is read, and is among those kept or those rejected: by the counts, and by the rows of what was published. */
export const unbalanced = (facts: Facts): string[] =>
  facts.outputs
    .filter(({ stage, output }) => output !== undefined && CLEANINGS.includes(stage))
    .flatMap(({ stage, round, output }) => {
      const { counts, dataset, rejects } = output as CleanDatasetOutput;
      const { read, kept, rejected } = counts;
      const rows = [dataset?.artifact.rows, rejects?.rows];
      const isWhole = read === DOCUMENTS && read === kept + rejected && rows.join() === [kept, rejected].join();
      return isWhole ? [] : [`${stage} in round ${round}: ${read} = ${kept} + ${rejected}, rows ${rows.join()}`];
    });

/** A job of which nothing was seen says nothing of its steps. */
const trainings = ({ trainings }: Facts): string[] =>
  trainings.length === 0 ? ['no training was followed'] : trainings.flat();

/** A provider that honours keys charges each once: what is asked again has the key that it had. */
async function charged({ world, rounds }: Scene): Promise<string[]> {
  const text = await readFile(world.ledger, 'utf8');
  const calls = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Charged);
  return wrongCharges(calls, rounds * CASES);
}

/** @param expected different cases that were to be asked */
export function wrongCharges(calls: readonly Charged[], expected: number): string[] {
  // Agents ask without keys: what of theirs may happen once has one of its own.
  const keyed = calls.filter(({ key }) => key !== 'undefined');
  const twice = groups(keyed, ({ key }) => key).filter(([, all]) => new Set(all.map(({ hash }) => hash)).size > 1);
  const wrong = twice.map(([key, all]) => `${key} stands for ${all.map(({ asked }) => asked).join(' and ')}`);
  const keysOf = groups(
    calls.filter(({ asked }) => /^round \d+: \d+$/.test(asked)),
    ({ asked }) => asked,
  );
  for (const [asked, all] of keysOf) {
    const keys = new Set(all.map(({ key }) => key));
    if (keys.size > 1) wrong.push(`"${asked}" was asked under ${keys.size} keys`);
    if (keys.has('undefined')) wrong.push(`"${asked}" was asked without a key`);
  }
  if (keysOf.length !== expected) wrong.push(`${keysOf.length} cases were asked instead of ${expected}`);
  return wrong;
}

/** Reads every file of everything that the registry names. */
async function artifacts({ world, postgres }: Scene): Promise<string[]> {
  const paths = { projectDir: world.projectDir, cacheDir: defaultCacheDir() };
  const store = openArtifactStore({ type: 'file', dir: '.llm-pack/artifacts' }, paths);
  const { rows } = await postgres.query<{ uri: string }>('select uri from llm_pack.artifacts');
  const wrong = rows.length === 0 ? ['the registry names none'] : [];
  for (const { uri } of rows) {
    const key = artifactKey({ uri });
    const manifest = await store.manifest(key);
    if (!manifest) wrong.push(`${uri} is not there`);
    for (const { name, sha256 } of manifest?.files ?? []) {
      const hash = createHash('sha256');
      const file = createReadStream(path.join(world.projectDir, '.llm-pack', 'artifacts', key, name));
      const isRead = await pipeline(file, hash).then(
        () => true,
        () => false,
      );
      if (!isRead || hash.digest('hex') !== sha256) wrong.push(`${uri}/${name} is damaged`);
    }
  }
  return wrong;
}

/** Runs that have not ended. This Temporal is the world's own. */
async function openRuns({ client }: Scene): Promise<string[]> {
  const open: string[] = [];
  for await (const { workflowId, type } of client.workflow.list({ query: `ExecutionStatus = 'Running'` }))
    open.push(`${workflowId} (${type})`);
  return open;
}
