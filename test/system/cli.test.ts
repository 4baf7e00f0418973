import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { defaultPayloadConverter } from '@temporalio/common';
import { STAGES, workflowId, type CleanDatasetOutput, type RebuildIndexOutput } from '../../schemas';
import { build, CliProject, ended, says } from './cli-process';

interface Demo {
  clean: { workflowId: string; output: CleanDatasetOutput };
  rebuild: { workflowId: string; output: RebuildIndexOutput };
  answers: { question: string; hits: { score: number; document: { source: string } }[] }[];
  forms: Record<string, string>;
}

const KETTLE = `A kettle that is boiled every day gathers chalk, and with it the water takes longer and tastes of stone.
Fill it half with vinegar and half with water, let it come to the boil once, and leave it to stand for an hour with the lid open.
Then pour it out, rinse it three times, and boil clear water before anybody makes tea in it again. Do this once a month.`;
const VIOLIN = `Begin with the string in the middle, the one called A, and compare it to a fork that you have struck on your knee.
Turn the peg slowly and press it inward while you turn, or it will slip back as soon as the hand is gone. The other three follow in fifths,
and a good ear hears when the beating between two of them stops. New strings stretch for some days and have to be tuned again.`;
const VOLCANO = `Those who watch a mountain of fire look at three things: the ground that swells, the gas that comes out of it, and the many small
shocks below. When all of them grow from one week to the next, the villages on the slope are told to be ready. Nobody can name the day,
but a good network of instruments has often won the hours that people needed to leave with their animals.`;

const DOCUMENTS = {
  'handbook/kettle.md': `# How to descale a kettle\n\n${KETTLE}`,
  'handbook/violin.md': `# Tuning a violin\n\n${VIOLIN}`,
  'handbook/volcano.html': `<html><head><title>Watching a volcano</title></head><body><article><h1>Watching a volcano</h1><p>${VOLCANO}</p></article></body></html>`,
  'handbook/copy.md': `# How to descale a kettle\n\n${KETTLE}`,
  'handbook/short.txt': 'Too short.',
};

const config = (cron: string) => `module.exports = { schedules: [
  { id: 'nightly', workflow: 'cleanDataset', input: { source: 'handbook', name: 'handbook' }, cron: '${cron}', paused: true },
] };\n`;

let project: CliProject;
let up: ChildProcess;
/** Where it has Temporal. */
let temporal: string;

beforeAll(async () => {
  await build();
  project = await CliProject.create({ ...DOCUMENTS, 'temporal.config.cjs': config('0 2 * * *') });
});
afterAll(async () => {
  up?.kill('SIGINT');
  await project?.remove();
});

/** The process that the running stack has under that name. */
async function pidOf(name: string): Promise<number> {
  const text = await readFile(join(project.dir, '.llm-pack', 'stack.json'), 'utf8');
  const { processes } = JSON.parse(text) as { processes: Record<string, { pid: number }> };
  const pid = processes[name]?.pid;
  if (pid === undefined) throw new Error(`No process is called ${name}.`);
  return pid;
}

/** Runs `use` with a client of the stack that is up. */
async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: temporal });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

describe('llm-pack demo --once', () => {
  let first: Demo;

  it('cleans, indexes, verifies and answers; then leaves no process', async () => {
    first = await project.json<Demo>('demo', '--once', '--source', 'handbook');
    const { clean, rebuild, answers, forms } = first;
    expect(clean.output).toMatchObject({
      outcome: 'published',
      counts: { read: 5, kept: 3, rejected: 2, reasons: { exact_duplicate: 1 } },
    });
    expect(rebuild.output.outcome).toBe('published');
    expect(rebuild.output.counts.verified).toBe(rebuild.output.counts.chunks);
    // Asked by their titles, the documents themselves come first.
    expect(answers.map(({ hits }) => hits[0]?.document.source)).toHaveLength(3);
    for (const { hits } of answers) expect(hits[0]?.score).toBeGreaterThan(0);
    expect(Object.keys(forms)).toEqual(STAGES.map(({ name }) => name));
    expect(await project.processes()).toEqual([]);
  }, 300_000);

  it('does nothing twice, and is ready within 20 seconds', async () => {
    const { stdout, code, seconds } = await project.run('demo', '--once', '--source', 'handbook', '--json');
    expect(code).toBe(0);
    const again = JSON.parse(stdout) as Demo;
    expect(again.clean.output).toEqual({ ...first.clean.output, outcome: 'reused' });
    expect(again.rebuild.output).toEqual({ ...first.rebuild.output, outcome: 'reused' });
    expect(again.answers).toEqual(first.answers);
    expect(seconds).toBeLessThan(20);
  }, 120_000);
});

describe('beside llm-pack up', () => {
  beforeAll(async () => {
    up = project.spawn('up');
    await says(up, /Up\. Temporal/);
    ({ temporal } = await project.json<{ temporal: string }>('up'));
  });

  it('a demo uses what runs, and leaves it running', async () => {
    const { code, stderr } = await project.run('demo', '--once', '--source', 'handbook');
    expect(code).toBe(0);
    expect(stderr).toContain('runs already in this project');
    expect(up.exitCode).toBeNull();
  });

  it.each(STAGES.map((stage) => ({ name: stage.name, stage })))(
    'an example run fills in the start form of $name',
    async ({ stage }) => {
      const { name, example, needs } = stage;
      await withClient(async (client) => {
        const handle = client.workflow.getHandle(workflowId(name, stage.subject(example)));
        const { status, staticDetails } = await handle.describe();
        expect(status.name).toBe('COMPLETED');
        expect(await staticDetails()).toContain('| field | default |');
        const { events } = await handle.fetchHistory();
        const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
        // A dry run where a real one would fetch gigabytes first: who starts it by the form takes that line out.
        const filledIn = needs === 'trainers' ? { ...example, dryRun: true } : example;
        expect(defaultPayloadConverter.fromPayload(payload ?? {})).toEqual(filledIn);
      });
    },
  );

  it('start --wait shows the result; the same again is reused', async () => {
    const input = JSON.stringify({ source: 'handbook', name: 'waited', recipe: 'minimal' });
    const { code, stdout, stderr } = await project.run('start', 'cleanDataset', '--input', input, '--wait');
    expect(stderr).toContain('Started cleanDataset-waited.');
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'published', dataset: { name: 'waited', version: 1 } });
    expect(code).toBe(0);
    const again = await project.json<{ result: CleanDatasetOutput }>(
      'start',
      'cleanDataset',
      '--input',
      input,
      '--wait',
    );
    expect(again.result.outcome).toBe('reused');
  });

  it('start --wait ends with 1 and the failure where the run fails', async () => {
    const { code, stderr } = await project.run('start', 'cleanDataset', '--input', '{"source": "nowhere"}', '--wait');
    expect(code).toBe(1);
    expect(stderr).toMatch(/failed with SourceNotFound: [\s\S]*Remedy: /);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('start attaches to a run of the same id that goes on, and Ctrl-C leaves the run alone', async () => {
    const argv = ['start', 'cleanDataset', '--input', '{"source": "handbook", "name": "held", "recipe": "minimal"}'];
    // A worker that stands still holds the run for as long as we look.
    const cpu = await pidOf('worker-cpu');
    process.kill(cpu, 'SIGSTOP');
    try {
      expect(await project.json(...argv)).toMatchObject({ workflowId: 'cleanDataset-held', attached: false });
      const waiting = project.spawn(...argv, '--wait');
      const end = ended(waiting);
      await says(waiting, /plan/);
      waiting.kill('SIGINT');
      const { code, stderr } = await end;
      expect(code).toBe(130);
      expect(stderr).toContain('attached to it, nothing new was started');
      expect(stderr).toContain('Detached: cleanDataset-held goes on.');
    } finally {
      process.kill(cpu, 'SIGCONT');
    }
    expect(await project.json(...argv, '--wait')).toMatchObject({ result: { counts: { read: 5 } } });
  });

  it('search finds the document', async () => {
    const { code, stdout } = await project.run('search', 'my kettle is full of lime', '--k', '2');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1\. How to descale a kettle/);
    expect(stdout).toContain('words and vectors fused by rank');
    const none = await project.run('search', 'x', '--index', 'nothing-here');
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('No index answers to "nothing-here"');
  });

  it('index rollback makes the index before live again, once', async () => {
    const first = await project.run('index', 'rollback', 'demo');
    expect(first.code).toBe(1);
    expect(first.stderr).toContain('has no open window');
    const input = JSON.stringify({ dataset: 'demo', force: true });
    await project.json('start', 'rebuildIndex', '--input', input, '--wait');
    const { code, stdout } = await project.run('index', 'rollback', 'demo', '--by', 'Ada', '--note', 'worse');
    expect(stdout).toMatch(/^demo-v1-[0-9a-f]{8} is live again\.$/m);
    expect(code).toBe(0);
    expect((await project.run('index', 'rollback', 'demo')).code).toBe(1);
  });

  it('history tells every move of the pointer, the newest first', async () => {
    type Move = { version: number; previous: number | null; approvedBy: string | null };
    const moves = await project.json<{ promotions: Move[] }>('history', 'demo');
    expect(moves.promotions).toMatchObject([
      { version: 1, previous: 2, approvedBy: 'Ada' },
      { version: 2, previous: 1, approvedBy: null },
      { version: 1, previous: null, approvedBy: null },
    ]);
    const { stdout } = await project.run('history', 'demo', '--limit', '1');
    expect(stdout).toMatch(/^index demo {2}2 → 1 .*Ada.*worse/m);
    expect((await project.run('history', 'nothing-here')).stdout).toContain('Nothing was promoted');
  });

  it('promotes a version that has no verdict only when told to, and goes back', async () => {
    const { code } = await project.run(
      'start',
      'importModel',
      '--input',
      '{"source":"encoder:default","name":"example","licence":"mit","force":true}',
      '--wait',
    );
    expect(code).toBe(0);
    const unproven = await project.run('promote', 'example@2', '--reason', 'newer');
    expect(unproven.stderr).toContain('GateRefused: nothing was decided of example@2 yet');
    expect(unproven.code).toBe(1);
    expect((await project.run('promote', 'example', '--reason', 'newer')).code).toBe(2);
    const moved = await project.run('promote', 'example@2', '--reason', 'newer', '--by', 'Ada', '--without-verdict');
    expect(moved.stdout).toBe('example 1 → 2: version 2 is live.\n');
    const back = await project.run('rollback', 'example', '--reason', 'worse', '--by', 'Grace');
    expect(back.stdout).toBe('example 2 → 1: version 1 is live.\n');
    type Move = { kind: string; version: number; approvedBy: string };
    const { promotions } = await project.json<{ promotions: Move[] }>('history', 'example');
    const moves = promotions.filter(({ kind }) => kind === 'model');
    expect(moves.map(({ version, approvedBy }) => [version, approvedBy])).toEqual([
      [1, 'Grace'],
      [2, 'Ada'],
      [1, 'example'],
    ]);
  });

  it('schedules: apply makes them match, a second apply finds nothing to do, a change is seen and applied', async () => {
    type Diff = { changes: { id: string; action: string; fields?: { field: string }[] }[] };
    expect((await project.run('schedules', 'diff')).code).toBe(1);
    await project.json<Diff>('schedules', 'apply', '--yes');
    expect((await project.json<Diff>('schedules', 'diff')).changes).toMatchObject([
      { id: 'llm-pack-nightly', action: 'same' },
    ]);
    expect((await project.json<Diff>('schedules', 'apply')).changes).toMatchObject([{ action: 'same' }]);

    // Both of the last two nights, one run after the other.
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    await project.json('schedules', 'backfill', 'nightly', '--from', ago(2), '--to', ago(0));
    const taken = () =>
      withClient(
        async (client) => (await client.schedule.getHandle('llm-pack-nightly').describe()).info.numActionsTaken,
      );
    await vi.waitFor(async () => expect(await taken()).toBe(2), { timeout: 30_000, interval: 500 });
    expect((await project.run('schedules', 'backfill', 'weekly', '--from', ago(2))).code).toBe(2);

    // What somebody did in the UI stays when the times change.
    await withClient((client) => client.schedule.getHandle('llm-pack-nightly').unpause());
    await project.write('temporal.config.cjs', config('30 3 * * 1-5'));
    const { changes } = await project.json<Diff>('schedules', 'apply', '--yes');
    expect(changes).toMatchObject([
      { action: 'update', fields: [{ field: 'cron', from: '0 2 * * *', to: '30 3 * * 1-5' }] },
    ]);
    expect((await project.run('schedules', 'diff')).code).toBe(0);
    const applied = await withClient((client) => client.schedule.getHandle('llm-pack-nightly').describe());
    expect(applied.state.paused).toBe(false);

    await project.write('temporal.config.cjs', 'module.exports = {};\n');
    expect((await project.json<Diff>('schedules', 'apply', '--yes')).changes).toMatchObject([{ action: 'delete' }]);
    expect((await project.json<Diff>('schedules', 'diff')).changes).toEqual([]);
  });

  it('refuses to apply schedules with a wrong input, before it touches any', async () => {
    await project.write('temporal.config.cjs', config('0 2 * * *').replace("source: 'handbook'", "sorce: 'handbook'"));
    const { code, stderr } = await project.run('schedules', 'apply', '--yes');
    expect(code).toBe(2);
    expect(stderr).toContain('sorce');
    await project.write('temporal.config.cjs', 'module.exports = {};\n');
  });

  it('replays what has just run, records it once, and replays the file', async () => {
    const replayed = await project.json<{ fits: boolean }[]>('replay', 'cleanDataset-demo', 'rebuildIndex-demo');
    expect(replayed).toMatchObject([{ fits: true }, { fits: true }]);
    expect((await project.run('record', 'cleanDataset-demo', 'first')).code).toBe(0);
    expect((await project.run('record', 'cleanDataset-demo', 'first')).code).toBe(2);
    const kept = JSON.parse(await readFile(join(project.dir, 'test/histories/first.json'), 'utf8')) as {
      workflowId: string;
    };
    expect(kept.workflowId).toBe('cleanDataset-demo');
    expect(await project.json('replay', 'test/histories')).toMatchObject([{ name: 'first.json', fits: true }]);
    expect((await project.run('replay', 'no-such-run')).code).toBe(2);
  });

  it('doctor finds everything up, and says what is not', async () => {
    type Doctor = { healthy: boolean; checks: { name: string; state: string; remedy?: string }[] };
    const all = await project.json<Doctor>('doctor');
    expect(all.checks.filter(({ state }) => state !== 'ok')).toEqual([]);

    const elasticsearch = await pidOf('elasticsearch');
    // A node that hangs: killed, it would be back before one has looked.
    process.kill(elasticsearch, 'SIGSTOP');
    try {
      const { code, stdout } = await project.run('doctor', '--json');
      expect(code).toBe(3);
      const { checks } = JSON.parse(stdout) as Doctor;
      expect(checks.filter(({ state }) => state === 'missing').map(({ name }) => name)).toEqual(['elasticsearch']);
    } finally {
      process.kill(elasticsearch, 'SIGCONT');
    }
  });

  it('a worker with a namespace that is not there ends and says what to check', async () => {
    const elsewhere = project.withEnv({ TEMPORAL_ADDRESS: temporal, TEMPORAL_NAMESPACE: 'not-there' });
    const { code, stderr } = await elsewhere.run('worker', '--pool', 'llm');
    expect(code).toBe(1);
    expect(stderr).toMatch(/not-there[\s\S]*Remedy: Check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE/);
  });

  it('a worker with a wrong password of the database ends and says so', async () => {
    const { addresses } = JSON.parse(await readFile(join(project.dir, '.llm-pack', 'stack.json'), 'utf8')) as {
      addresses: { databaseUrl: string };
    };
    const wrong = new URL(addresses.databaseUrl);
    wrong.password = 'wrong';
    const { code, stderr } = await project.withEnv({ DATABASE_URL: wrong.href }).run('worker', '--pool', 'cpu');
    expect(code).toBe(1);
    expect(stderr).toMatch(/password authentication failed[\s\S]*Remedy: Correct DATABASE_URL/);
  });

  it('Ctrl-C stops all of it and leaves no process', async () => {
    const end = ended(up);
    up.kill('SIGINT');
    expect(await end).toMatchObject({ code: 0 });
    expect(await project.processes()).toEqual([]);
  });
});

describe('llm-pack worker', () => {
  it('waits for a server that is away, says so, and still stops at once', async () => {
    const worker = project.withEnv({ TEMPORAL_ADDRESS: '127.0.0.1:9' }).spawn('worker', '--pool', 'llm');
    const end = ended(worker);
    await says(worker, /Temporal at 127\.0\.0\.1:9 is not there yet, next try in 2 s/);
    worker.kill('SIGTERM');
    expect((await end).code).toBe(0);
  });
});
