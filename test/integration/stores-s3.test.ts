import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isFailure } from '../../activities/errors';
import { openArtifactStore } from '../../activities/stores/open-store';
import { freePort } from '../support/free-port';
import { startVersitygw, type Versitygw } from '../support/versitygw';
import { describeArtifactStore, publish } from './stores-suite';

const BUCKET = 'artifacts';

describe('with a real S3 server', () => {
  let server: Versitygw;
  let client: S3Client;
  let dir: string;
  const settings = () => ({ region: 'us-east-1', endpoint: server.endpoint, forcePathStyle: true });

  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'llm-pack-s3-'));
    await mkdir(path.join(dir, 'buckets'));
    server = await startVersitygw(path.join(dir, 'buckets'));
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
    client = new S3Client(settings());
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    client.destroy();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });

  describeArtifactStore('an S3 bucket', () => {
    const config = { type: 's3' as const, bucket: BUCKET, prefix: 'team/llm', ...settings() };
    let hosts = 0;
    const open = () => openArtifactStore(config, { projectDir: dir, cacheDir: path.join(dir, `host-${(hosts += 1)}`) });
    const target = async (key: string, name: string) => {
      const entry = (await open().manifest(key))?.files.find((file) => file.name === name);
      return { Bucket: BUCKET, Key: `team/llm/${key}/${entry?.sha256}/${name}` };
    };
    return Promise.resolve({
      config,
      projectDir: dir,
      cacheDir: path.join(dir, 'host-children'),
      env: server.env,
      open,
      async tamper(key, name) {
        await client.send(new PutObjectCommand({ ...(await target(key, name)), Body: 'Some text' }));
      },
      async lose(key, name) {
        await client.send(new DeleteObjectCommand(await target(key, name)));
      },
    });
  });

  it('fetches a file once, and again where the local copy was changed', async () => {
    const config = { type: 's3' as const, bucket: BUCKET, prefix: '', ...settings() };
    const open = () => openArtifactStore(config, { projectDir: dir, cacheDir: path.join(dir, 'fetching') });
    await publish(open(), 'dataset/a', { 'a.txt': 'content' });
    const file = await open().localFile('dataset/a', 'a.txt');
    await writeFile(file, 'garbage');
    expect(await open().localFile('dataset/a', 'a.txt')).toBe(file);
    expect(await readFile(file, 'utf8')).toBe('content');
    const { ino } = await stat(file);
    expect(await open().localFile('dataset/a', 'a.txt')).toBe(file);
    expect((await stat(file)).ino).toBe(ino);
  });

  it('is unavailable, and says why without a secret, where the server or the bucket is not there', async () => {
    const places = { projectDir: dir, cacheDir: path.join(dir, 'nobody') };
    const nowhere = { ...settings(), endpoint: `http://127.0.0.1:${await freePort()}` };
    for (const [config, said] of [
      [{ type: 's3' as const, bucket: BUCKET, prefix: '', ...nowhere }, 'ECONNREFUSED'],
      [{ type: 's3' as const, bucket: 'no-such-bucket', prefix: '', ...settings() }, 'NoSuchBucket'],
    ] as const) {
      const store = openArtifactStore(config, places);
      const requests = [
        () => store.manifest('dataset/a'),
        () => store.remove('dataset/'),
        () => publish(store, 'dataset/a', { a: '' }),
      ];
      for (const request of requests) {
        const error: unknown = await request().catch((caught: unknown) => caught);
        expect(isFailure(error, 'Unavailable')).toBe(true);
        expect(String(error)).toContain(said);
        expect(String(error)).not.toContain(server.env.AWS_SECRET_ACCESS_KEY);
      }
    }
  });
});
