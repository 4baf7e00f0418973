import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Client as Elasticsearch } from '@elastic/elasticsearch';
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { aliasHolders } from '../../../activities/indexing/alias';
import { artifactKey } from '../../../activities/stores/artifact-store';
import { openArtifactStore } from '../../../activities/stores/open-store';
import type { CleanDatasetOutput } from '../../../schemas/clean-dataset';
import { defaultCacheDir } from '../../../workers/stack/cache';
import type { Facts } from './facts';
import { groups } from './groups';
import type { Journal } from './journal';
import type { Charged } from './model-child';
import { allProcesses, jobProcesses, type Process } from './processes';
import { untilOk } from './runs';
import { CASES, NOTES, noteText } from './stages';
import type { World } from './world';

/** What the invariants look at. */
export interface Scene {
  world: World;
  client: Client;
  postgres: Pool;
  facts: Facts;
  /** Rounds that were gone through, the undisturbed one included. */
  rounds: number;
  /** Stages that ran. */
  ran: ReadonlySet<string>;
}

const PATIENCE_MS = 60_000;

/** Holds all that must be true after a night of faults against what is there. */
export async function checkInvariants(scene: Scene, journal: Journal): Promise<void> {
  const search = new Elasticsearch({ node: scene.world.addresses.elasticsearchUrl, maxRetries: 0 });
  const check = async (invariant: string, over: string, find: () => Promise<string[]> | string[]) => {
    const violations = await untilOk(() => Promise.resolve(find()), PATIENCE_MS).catch((error: unknown) => [
      `it could not be looked at: ${String(error)}`,
    ]);
    journal.check({ invariant, over, violations });
  };
  const { facts } = scene;
  await check('read = kept + rejected', `${cleanings(facts).length} cleanings`, () => unbalanced(facts));
  await check('the same bytes as undisturbed', `${facts.same.length} results`, () => facts.differences());
  await check('index = source', 'notes by night and by feed', () => stale(scene, search));
  await check('one index behind each alias', 'all aliases', () => aliases(scene, search));
  await check('no question is paid under two keys, no key for two', 'the ledger of the endpoint', () => charged(scene));
  await check('each promotion once, each after the one before', 'all pointers', () => promotions(scene));
  await check('each decision once', 'all works', () =>
    doubled(scene, 'llm_pack.decisions', 'work_key, kind, name, version'),
  );
  await check('each move of a strategy once, without gaps', 'all strategies', () => moves(scene));
  await check('what is published is whole', 'every file of every artifact', () => artifacts(scene));
  await check('no run is open', 'all runs', () => openRuns(scene));
  await check('no process of a job is left', 'all processes', () => said(jobProcesses(scene.world.trainingDir)));
  if (facts.trainings.length > 0)
    await check('each step once, each checkpoint whole', `${facts.trainings.length} trainings`, () =>
      facts.trainings.flat(),
    );
  await search.close();
}

/** After the end: nothing that the world had started lives. What its folder is named in is its own: jobs have an environment without its mark. */
export function checkProcesses(dir: string, journal: Journal): void {
  const left = allProcesses().filter(
    ({ pid, environment, command }) => pid !== process.pid && `${environment} ${command}`.includes(dir),
  );
  journal.check({ invariant: 'no process is left', over: 'all processes, after the end', violations: said(left) });
}

const said = (left: readonly Process[]): string[] => left.map(({ pid, command }) => `${pid}: ${command}`);

const cleanings = (facts: Facts) =>
  facts.outputs.filter(({ stage, output }) => output && ['cleanDataset', 'rethresholdDataset'].includes(stage));

const unbalanced = (facts: Facts): string[] =>
  cleanings(facts).flatMap(({ stage, round, output }) => {
    const { read, kept, rejected } = (output as CleanDatasetOutput).counts;
    return read > 0 && read === kept + rejected ? [] : [`${stage} in round ${round}: ${read}, ${kept}, ${rejected}`];
  });

/** Notes whose newest text is not what a search finds. */
async function stale({ facts, rounds, ran }: Scene, search: Elasticsearch): Promise<string[]> {
  const all = [
    ...(ran.has('indexFeed') ? [{ alias: 'fed', roundOf: () => facts.lastRound }] : []),
    ...(ran.has('nightlyRefresh') ? [{ alias: 'notes', roundOf: (note: number) => lastOf(note, rounds) }] : []),
  ];
  const wrong: string[] = [];
  for (const { alias, roundOf } of all) {
    const { hits } = await search.search<{ doc_id: string; text: string }>({ index: alias, size: 1_000 });
    const sources = hits.hits.flatMap(({ _source }) => _source ?? []);
    if (sources.length !== NOTES) wrong.push(`${alias} has ${sources.length} documents instead of ${NOTES}`);
    for (let note = 0; note < NOTES; note += 1) {
      const found = sources.find(({ doc_id }) => doc_id.endsWith(`note-${note}.md`))?.text ?? '';
      const wanted = noteText(note, roundOf(note)).split('\n\n')[1]?.trim() ?? '';
      if (!found.includes(wanted)) wrong.push(`${alias}: note ${note} says "${found}" instead of "${wanted}"`);
    }
  }
  return wrong;
}

/** The last of so many rounds that has written a note. */
function lastOf(note: number, rounds: number): number {
  for (let round = rounds - 1; round > 0; round -= 1) if (note % 3 === round % 3) return round;
  return 0;
}

async function aliases({ postgres }: Scene, search: Elasticsearch): Promise<string[]> {
  const { rows } = await postgres.query<{ alias: string; physical: string }>(
    `select distinct on (i.alias) i.alias, i.physical from llm_pack.promotions p
     join llm_pack.index_versions i on i.alias = p.name and i.version = p.version
     where p.kind = 'index' order by i.alias, p.id desc`,
  );
  const wrong = await Promise.all(
    rows.map(async ({ alias, physical }) => {
      const holders = await aliasHolders(search, alias);
      return holders.length === 1 && holders[0] === physical ? [] : [`${alias}: ${holders.join()} and not ${physical}`];
    }),
  );
  return wrong.flat();
}

/** A provider that honours keys charges each once: what is asked again has the key that it had. */
async function charged({ world, rounds, ran }: Scene): Promise<string[]> {
  const text = await readFile(world.ledger, 'utf8').catch(() => '');
  const calls = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Charged);
  // Agents ask without keys: what of theirs may happen once has one of its own.
  const keyed = calls.filter(({ key }) => key !== 'undefined');
  const twice = groups(keyed, ({ key }) => key).filter(([, all]) => new Set(all.map(({ hash }) => hash)).size > 1);
  const wrong = twice.map(([key, all]) => `${key} stands for ${all.map(({ asked }) => asked).join(' and ')}`);
  const cases = calls.filter(({ asked }) => /^round \d+: \d+$/.test(asked));
  const keysOf = groups(cases, ({ asked }) => asked);
  for (const [asked, all] of keysOf) {
    const keys = new Set(all.map(({ key }) => key));
    if (keys.size > 1) wrong.push(`"${asked}" was asked under ${keys.size} keys`);
  }
  const expected = ran.has('evaluateModel') ? rounds * CASES : 0;
  if (keysOf.length !== expected) wrong.push(`${keysOf.length} cases were asked instead of ${expected}`);
  return wrong;
}

async function promotions({ postgres }: Scene): Promise<string[]> {
  const { rows } = await postgres.query<{ about: string }>(
    `select format('%s %s: %s after %s, and it was %s', kind, name, version, previous_version, before) as about
     from (select *, lag(version) over (partition by kind, name order by id) as before from llm_pack.promotions) p
     where previous_version is distinct from before
     union all
     select format('%s %s %s: %s promotions of one work', kind, name, version, count(*)) from llm_pack.promotions
     group by kind, name, version, work_key having count(*) > 1`,
  );
  return rows.map(({ about }) => about);
}

async function doubled({ postgres }: Scene, table: string, key: string): Promise<string[]> {
  const { rows } = await postgres.query<{ about: string }>(
    `select concat_ws(' ', ${key}) as about from ${table} group by ${key} having count(*) > 1`,
  );
  return rows.map(({ about }) => about);
}

/** A candidate has each share once: the moves of a rollout that was killed are those of one that was not. */
async function moves({ postgres }: Scene): Promise<string[]> {
  const { rows } = await postgres.query<{ about: string }>(
    `select format('%s: %s moves up to %s', name, count(*), max(sequence)) as about from llm_pack.strategy_moves
     group by name having count(*) <> max(sequence)
     union all
     select format('%s: share %s of version %s %s times', name, share, candidate, count(*)) from llm_pack.strategy_moves
     where candidate is not null group by name, candidate, share having count(*) > 1
     union all
     select format('%s points at %s', p.name, p.live) from llm_pack.strategy_pointers p
     left join llm_pack.strategy_versions v on v.name = p.name and v.version = p.live
     where p.live is not null and v.version is null`,
  );
  return rows.map(({ about }) => about);
}

/** Reads every file of everything that the registry names. */
async function artifacts({ world, postgres }: Scene): Promise<string[]> {
  const paths = { projectDir: world.projectDir, cacheDir: defaultCacheDir() };
  const store = openArtifactStore({ type: 'file', dir: '.llm-pack/artifacts' }, paths);
  const { rows } = await postgres.query<{ uri: string }>('select uri from llm_pack.artifacts');
  const wrong: string[] = [];
  for (const { uri } of rows) {
    const key = artifactKey({ uri });
    const manifest = await store.manifest(key);
    if (!manifest) wrong.push(`${uri} is not there`);
    for (const { name, sha256 } of manifest?.files ?? []) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(path.join(world.projectDir, '.llm-pack', 'artifacts', key, name)), hash);
      if (hash.digest('hex') !== sha256) wrong.push(`${uri}/${name} is damaged`);
    }
  }
  return wrong;
}

/** Runs of this world that have not ended. */
async function openRuns({ client }: Scene): Promise<string[]> {
  const open: string[] = [];
  for await (const { workflowId, type } of client.workflow.list({ query: `ExecutionStatus = 'Running'` }))
    if (/^(chaos|prepare)-/.test(workflowId)) open.push(`${workflowId} (${type})`);
  return open;
}
