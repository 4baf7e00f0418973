import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STAGES } from '../../schemas';
import { sharedServers } from '../support/shared-servers';
import { build } from '../system/cli-process';

const run = promisify(execFile);
const ROOT = join(__dirname, '..', '..');

/** A team's own project: the packed tarball, servers at addresses of its own, one more worker with the plugin. */
describe('the packed package in an empty project', () => {
  let project: string;
  let env: NodeJS.ProcessEnv;
  const workers: ChildProcess[] = [];

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'llm-pack-team-'));
    env = {
      ...process.env,
      TEMPORAL_ADDRESS: sharedServers().temporalAddress,
      DATABASE_URL: sharedServers().databaseUrl,
      ELASTICSEARCH_URL: sharedServers().elasticsearchUrl,
      // As in this project's .npmrc: the CPU library is in the package, CUDA's would be a download.
      npm_config_onnxruntime_node_install: 'skip',
    };
    // The package is what was built.
    await build();
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: ROOT });
    const [tarball] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'team', private: true }));
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball ?? ''}`], {
      cwd: project,
      env,
    });
    await mkdir(join(project, 'docs'));
    await writeFile(join(project, 'docs', 'note.md'), '# Leases\n\nA lease keeps two workers from the same device.\n');
  });

  afterAll(async () => {
    for (const worker of workers) {
      worker.kill('SIGTERM');
      if (worker.exitCode === null) await once(worker, 'exit');
    }
    await rm(project, { recursive: true, force: true });
  });

  const llmPack = async (...args: string[]): Promise<unknown> => {
    const { stdout } = await run('npx', ['--no-install', 'llm-pack', ...args, '--json'], { cwd: project, env });
    return JSON.parse(stdout) as unknown;
  };

  it('has types, schemas and a bundle at the paths it promises', async () => {
    const script = `
      for (const path of ['', '/workflows', '/schemas', '/features', '/strategies']) require('temporal-llm-pack' + path);
      const { STAGES } = require('temporal-llm-pack/schemas');
      const { statSync } = require('node:fs');
      console.log(JSON.stringify({ stages: STAGES.map(({ name }) => name),
        bundle: statSync(require.resolve('temporal-llm-pack/workflow-bundle')).size > 100_000 }));`;
    const { stdout } = await run(process.execPath, ['-e', script], { cwd: project, env });
    expect(JSON.parse(stdout)).toEqual({ stages: STAGES.map(({ name }) => name), bundle: true });
  });

  it('runs a stage on its own workers', async () => {
    // Not through npx, which does not pass a signal on: the worker would outlive the test.
    const command = join(project, 'node_modules', '.bin', 'llm-pack');
    workers.push(spawn(command, ['worker', '--pool', 'all'], { cwd: project, env, stdio: 'ignore' }));
    const answer = await llmPack(
      'start',
      'cleanDataset',
      '--input',
      '{"source":"docs","name":"team","recipe":"minimal"}',
      '--wait',
    );
    expect(JSON.stringify(answer)).toContain('"outcome":"published"');
  });

  it('gives its workflows and the plugin to a worker of the team', async () => {
    await writeFile(join(project, 'workflows.js'), `module.exports = require('temporal-llm-pack/workflows');`);
    await writeFile(join(project, 'team.js'), TEAM_WORKER);
    const { stdout } = await run(process.execPath, ['team.js'], { cwd: project, env });
    expect(stdout).toContain('InvalidInput');
    expect(stdout).toContain('source: is missing');
  });
});

/** What the README shows, on a queue of the team's own. */
const TEAM_WORKER = `
const { Client, Connection } = require('@temporalio/client');
const { NativeConnection, Worker } = require('@temporalio/worker');
const { LlmPackPlugin } = require('temporal-llm-pack');
(async () => {
  const address = process.env.TEMPORAL_ADDRESS;
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue: 'team',
    workflowsPath: require.resolve('./workflows'),
    plugins: [new LlmPackPlugin({ pool: 'llm' })],
  });
  const client = new Client({ connection: await Connection.connect({ address }) });
  await worker.runUntil(
    client.workflow
      .execute('cleanDataset', { taskQueue: 'team', workflowId: 'team-' + Date.now(), args: [{}] })
      .catch((error) => console.log(error.cause.type, error.cause.message)),
  );
  process.exit(0);
})();
`;
