import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CleanDatasetOutput } from '../../schemas/clean-dataset';
import { QUEUES } from '../../schemas/names';
import { cleanedBytes } from '../support/cleaned-bytes';
import { writeDocuments } from '../support/documents';
import { mayMakeNetworks, type TestHost, TestNetwork } from '../support/network';
import { openOwnServers, type OwnServers } from '../support/own-servers';
import { sharedServers } from '../support/shared-servers';
import { startVersitygw, type Versitygw } from '../support/versitygw';
import { type ActivityEvent, startWorkerProcess, type WorkerProcess } from '../support/worker-process';
import { build } from '../system/cli-process';

const DOCUMENTS = 400;
/** Units of filtering that a host has begun when it is lost, of some fifteen. */
const MIDDLE = 2;
const BUCKET = 'shared';
const INPUT = {
  source: `s3://${BUCKET}/documents`,
  name: 'hosts',
  recipe: 'gopher',
  overrides: { maxDuplicateNgramChars: null, maxTopNgramChars: null },
  unitBytes: 65_536,
  force: true,
};

// Makes the host's whole disk in its memory, seen by no other: with the host, what it had is gone.
const WITH_OWN_DISK = [
  ...['unshare', '--mount', 'sh', '-c'],
  'mount -t tmpfs tmpfs "$0" && cd "$0" && mkdir tmp && printf %s "$CONFIG" > temporal.config.js && exec "$@"',
];

/** A cpu worker on a host, and what it has done. */
interface HostWorker extends WorkerProcess {
  host: TestHost;
  done: ActivityEvent[];
}

describe.runIf(mayMakeNetworks())('two hosts that share an object store, PostgreSQL and Temporal, and no disk', () => {
  let base: string;
  let network: TestNetwork;
  let objects: Versitygw;
  let servers: OwnServers;
  let reference: ReturnType<typeof cleanedBytes>;
  let second: HostWorker;
  const workers: HostWorker[] = [];
  let onBegin: ((event: ActivityEvent, host: TestHost) => void) | undefined;

  beforeAll(async () => {
    await build();
    base = await mkdtemp(path.join(tmpdir(), 'two-hosts-'));
    await mkdir(path.join(base, 'objects'));
    objects = await startVersitygw(path.join(base, 'objects'));
    // One in three is a line of the one file that is read, which is cut into units at lines.
    await writeDocuments(path.join(base, 'documents'), 3 * DOCUMENTS, 1);
    await upload(path.join(base, 'documents', 'records.jsonl'));
    servers = await openOwnServers(sharedServers());
    network = new TestNetwork();
    for (const url of [objects.endpoint, servers.env.DATABASE_URL, `http://${servers.env.TEMPORAL_ADDRESS}`]) {
      await network.forward(Number(new URL(url).port));
    }
  });
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.kill()));
    network.remove();
    await servers.stop();
    await objects.stop();
    await rm(base, { recursive: true, force: true });
  });

  async function upload(file: string): Promise<void> {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = objects.env;
    const credentials = { accessKeyId, secretAccessKey };
    const { endpoint } = objects;
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const [Key, Body] = [`documents/${path.basename(file)}`, await readFile(file)];
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    client.destroy();
  }

  /** As this machine's loopback is seen from the network. */
  const seen = (address: string) => address.replace('127.0.0.1', network.gateway);

  /** Starts a cpu worker on a host of its own. */
  async function startHost(name: string): Promise<HostWorker> {
    const host = network.addHost(name);
    const dir = path.join(base, name);
    await mkdir(dir);
    const bucket = { bucket: BUCKET, endpoint: seen(objects.endpoint), forcePathStyle: true };
    const config = {
      artifacts: { type: 's3', ...bucket, prefix: 'artifacts' },
      sources: { s3: [{ ...bucket, prefix: 'documents' }] },
      pools: { cpu: { slots: 2 } },
    };
    const { PATH } = process.env;
    const env = {
      ...{ PATH, HOME: dir, TMPDIR: path.join(dir, 'tmp'), LLM_PACK_CACHE: path.join(dir, 'cache') },
      ...objects.env,
      ...Object.fromEntries(Object.entries(servers.env).map(([variable, value]) => [variable, seen(value)])),
      CONFIG: `module.exports = ${JSON.stringify(config)};`,
    };
    const done: ActivityEvent[] = [];
    const onEvent = (event: ActivityEvent) => {
      if (event.what === 'end') done.push(event);
      else onBegin?.(event, host);
    };
    const launcher = [...host.launcher, ...WITH_OWN_DISK, dir];
    const worker: HostWorker = {
      ...(await startWorkerProcess({ projectDir: dir, env, launcher, onEvent })),
      host,
      done,
    };
    workers.push(worker);
    return worker;
  }

  async function run(workflowId: string) {
    for (const { done } of workers) done.length = 0;
    const { workflow } = servers.client;
    const handle = await workflow.start('cleanDataset', { taskQueue: QUEUES.llm, workflowId, args: [INPUT] });
    return cleanedBytes((await handle.result()) as CleanDatasetOutput);
  }

  const filtered = ({ done }: HostWorker) => done.filter(({ activity }) => activity === 'filterUnit').length;

  /** Runs, and does something to a worker in the middle: when it has begun `MIDDLE` units. */
  async function runAndDo(workflowId: string, victim: HostWorker, act: () => void) {
    let begun = 0;
    onBegin = ({ activity }, host) => {
      if (host === victim.host && activity === 'filterUnit' && (begun += 1) === MIDDLE) act();
    };
    const result = await run(workflowId);
    onBegin = undefined;
    expect(begun).toBeGreaterThanOrEqual(MIDDLE);
    return result;
  }

  it('one of them alone reads the source from the store and publishes a dataset there', async () => {
    await startHost('first');
    reference = await run('alone');
    expect(reference.counts.read).toBe(DOCUMENTS);
    expect(reference.counts.kept).toBeGreaterThan(DOCUMENTS / 2);
  });

  it('both share the units, and publish the same dataset byte for byte', async () => {
    second = await startHost('second');
    expect(await run('both')).toEqual(reference);
    for (const worker of workers) expect(filtered(worker)).toBeGreaterThan(0);
  });

  it('the same, where one is killed in the middle and its disk with it', async () => {
    expect(await runAndDo('killed', second, () => void second.kill())).toEqual(reference);
  });

  it('the same, where one is cut off in the middle and goes on by itself', async () => {
    const victim = await startHost('third');
    expect(await runAndDo('cut-off', victim, () => victim.host.cutLink())).toEqual(reference);
    expect(process.kill(victim.pid, 0)).toBe(true);
  });
});
