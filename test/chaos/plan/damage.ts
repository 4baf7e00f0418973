import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { artifactKey } from '../../../activities/stores/artifact-store';
import { indexContents } from '../../support/index-contents';
import { type Invariant, INVARIANTS, type Scene } from './invariants';
import type { Journal } from './journal';

/** Damages by hand what an invariant looks at; what it returns is called when that was looked at. */
type Damage = (scene: Scene) => Promise<(() => void) | void>;

const query =
  (sql: string): Damage =>
  async ({ postgres }) => {
    const { rowCount } = await postgres.query(sql);
    if (rowCount === 0) throw new Error(`There was nothing to damage: ${sql}`);
  };

/** Another text in one of an index's documents. */
async function rewrite({ search }: Scene, index: string): Promise<void> {
  const { hits } = await search.search<Record<string, unknown>>({ index, size: 1 });
  const [hit] = hits.hits;
  if (hit?._id === undefined) throw new Error(`${index} has no document to damage.`);
  const document = { ...hit._source, text: 'Nobody has written this.' };
  await search.index({ index: hit._index, id: hit._id, document, refresh: true });
}

/** One for each invariant, by its name. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  'read = kept + rejected': ({ facts }) => {
    const cleaning = facts.outputs.find(({ stage }) => stage === 'cleanDataset');
    (cleaning?.output as { counts: { read: number } }).counts.read += 1;
    return Promise.resolve();
  },
  'the same bytes as undisturbed': async (scene) => {
    await rewrite(scene, 'chaos');
    const [stage] = scene.stages.filter(({ index }) => index === 'chaos');
    if (stage) scene.facts.holds(stage, 1, await indexContents(scene.search, 'chaos'));
  },
  'index = source': (scene) => rewrite(scene, 'fed'),
  'one index behind each alias': async ({ search }) => {
    await search.indices.create({ index: 'stray', aliases: { chaos: {} } });
  },
  'no question is paid twice': async ({ world }) => {
    const [line = ''] = (await readFile(world.ledger, 'utf8'))
      .split('\n')
      .filter((each) => each.includes('"round 0: '));
    appendFileSync(world.ledger, `${JSON.stringify({ ...(JSON.parse(line) as object), key: 'another' })}\n`);
  },
  'each promotion once, each after the one before': query(
    `insert into llm_pack.promotions (kind, name, version, work_key, reason)
     select kind, name, version, work_key, 'again' from llm_pack.promotions where kind = 'model' limit 1`,
  ),
  'one version and one promotion a run': query(
    `update llm_pack.dataset_versions set version = version + 5 where name = 'chaos-long'`,
  ),
  'each move of a strategy once': query(
    `update llm_pack.strategy_moves set sequence = sequence + 7
     where sequence = (select max(sequence) from llm_pack.strategy_moves where name = 'ranking') and name = 'ranking'`,
  ),
  'each step of control once': query(
    `delete from llm_pack.control_steps where step = (select max(step) - 1 from llm_pack.control_steps)`,
  ),
  'each step of a training once, each checkpoint whole': ({ facts }) => {
    facts.trainings.length = 0;
    return Promise.resolve();
  },
  'what is published is whole': async ({ world, postgres }) => {
    const { rows } = await postgres.query<{ uri: string }>(`select uri from llm_pack.artifacts where rows > 0 limit 1`);
    const dir = path.join(world.projectDir, '.llm-pack', 'artifacts', artifactKey(rows[0] ?? { uri: '' }));
    const { files } = JSON.parse(await readFile(path.join(dir, 'manifest.json'), 'utf8')) as {
      files: { name: string }[];
    };
    const file = path.join(dir, files[0]?.name ?? '');
    chmodSync(file, 0o644);
    appendFileSync(file, ' ');
  },
  'nothing is held or half done': query(
    `insert into llm_pack.training_claims (job, work_key, workflow_id, run_id, launcher, cpus, gpus, priority, fairness_key)
     select 'left', work_key, workflow_id, run_id, 'hosts', 1, 0, 3, 'default' from llm_pack.work limit 1`,
  ),
  'no run is open': async ({ client }) => {
    await client.workflow.start('nobody', { taskQueue: 'nobody', workflowId: 'left-open' });
  },
  'no process of a job is left': async ({ world }) => {
    const left = spawn('sleep', ['60'], { argv0: path.join(world.trainingDir, 'left') });
    await once(left, 'spawn');
    return () => void left.kill('SIGKILL');
  },
};

const LOOKS_MS = 15_000;

/**
 * Shows of each invariant that it can fail: what it looks at is damaged by hand, and it has to say so. One that does not is a failure, and so is
 * one that has said so before.
 */
export async function damageAll(scene: Scene, journal: Journal): Promise<void> {
  for (const invariant of INVARIANTS) {
    const over = 'damaged by hand';
    const before = await invariant.find(scene);
    const repair = await DAMAGES[invariant.name]?.(scene);
    const isSeen = before.length === 0 && (await sees(invariant, scene));
    repair?.();
    const violations = isSeen
      ? []
      : [`does not tell what was damaged; before that it said: ${before.join() || 'nothing'}`];
    journal.check({ invariant: `"${invariant.name}" can fail`, over, violations });
  }
}

/** Temporal lists a run a moment after it has begun. */
async function sees({ find }: Invariant, scene: Scene): Promise<boolean> {
  const deadline = Date.now() + LOOKS_MS;
  for (;;) {
    if ((await find(scene)).length > 0) return true;
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
