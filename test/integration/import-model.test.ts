import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { isFailure } from '../../activities/errors';
import { FileArtifactStore } from '../../activities/stores/file-store';
import { createImportActivities, type ImportPlaces } from '../../activities/training/models/import-activities';
import { modelFolder } from '../../activities/training/models/model-folder';
import { publishModel } from '../../activities/training/models/publish-model';
import { type HubModel, startHub } from '../support/hub-server';
import { canary } from '../support/secrets/canary';
import { CLUTTER, safetensors, TINY, TINY_PARAMETERS, tinyFiles, writeFiles } from '../support/tiny-model';
import { startVersitygw, type Versitygw } from '../support/versitygw';
import { runActivity } from './cleaning-run';

const is = (code: Parameters<typeof isFailure>[1]) => (error: unknown) => isFailure(error, code);
const COMMIT = 'c'.repeat(40);

let dir: string;
let store: FileArtifactStore;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-models-'));
  store = new FileArtifactStore(path.join(dir, 'store'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const root = () => path.join(dir, 'root');
/** The activities of `importModel`; a model's registration is tried with the real registry elsewhere. */
const activitiesOn = (places: Partial<ImportPlaces> = {}, s3: object[] = []) =>
  createImportActivities({
    store,
    registry: { finishWork: () => Promise.reject(new Error('nothing is recorded here')) },
    sources: { roots: [root()], s3: s3 as never },
    models: {
      ...{ hub: ['*'], env: {}, downloads: path.join(dir, 'downloads') },
      encoderWeights: () => Promise.resolve(path.join(root(), 'tiny')),
      ...places,
    },
    hostQueue: 'this-host',
  });
type Activities = ReturnType<typeof activitiesOn>;

const imported = async (activities: Activities, source: string, more: { licence?: string } = {}) => {
  const planned = await runActivity(() => activities.planModelImport({ source, ...more }));
  const artifact = await runActivity(() => activities.fetchModel({ source, plan: planned.plan }));
  return { ...planned, artifact };
};
const contents = async (folder: string) => {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = names.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  const read = async (name: string): Promise<[string, Buffer]> => [name, await readFile(path.join(folder, name))];
  return Object.fromEntries(await Promise.all(files.map(read)));
};
const bytesOf = (files: Record<string, string | Buffer>) =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [name, Buffer.from(content as string)]));

describe('a model in a folder', () => {
  beforeEach(() => writeFiles(path.join(root(), 'tiny'), { ...tinyFiles(), ...CLUTTER }));

  it('is imported without its clutter, and laid out as it was', async () => {
    const { counts, found, artifact, taskQueue } = await imported(activitiesOn(), 'tiny');
    expect(found).toMatchObject({
      source: 'path:tiny',
      licence: 'apache-2.0',
      kind: 'encoder',
      parameters: TINY_PARAMETERS,
    });
    expect(counts).toMatchObject({ files: 5, leftOut: 4, tensors: 3, parameters: TINY_PARAMETERS });
    expect(artifact).toMatchObject({ kind: 'model', rows: TINY_PARAMETERS, bytes: counts.bytes });
    expect(taskQueue).toBe('this-host');
    const folder = await modelFolder(store, artifact, path.join(dir, 'bases'));
    expect(await contents(folder)).toEqual(bytesOf(tinyFiles()));
    const { ino } = await stat(path.join(folder, 'config.json'));
    expect(await modelFolder(store, artifact, path.join(dir, 'bases'))).toBe(folder);
    expect((await stat(path.join(folder, 'config.json'))).ino).toBe(ino);
  });

  it('is the same artifact wherever it comes from', async () => {
    const { artifact } = await imported(activitiesOn(), 'tiny');
    expect((await publishModel(store, path.join(root(), 'tiny'))).artifact).toEqual(artifact);
    const weights = await imported(activitiesOn(), 'encoder:default');
    expect(weights).toMatchObject({ artifact, taskQueue: null, found: { source: 'encoder:default' } });
  });

  it('is laid out once when many ask at once, and not at all where a stored byte is another', async () => {
    const { artifact } = await publishModel(store, path.join(root(), 'tiny'));
    const parent = path.join(dir, 'bases');
    const folders = await Promise.all(Array.from({ length: 8 }, () => modelFolder(store, artifact, parent)));
    expect(new Set(folders).size).toBe(1);
    expect(await readdir(parent)).toHaveLength(1);
    await writeFile(
      path.join(dir, 'store', artifact.uri.slice('artifact:'.length), 'config.json'),
      '{"model_type":"bert"}',
    );
    await expect(
      modelFolder(new FileArtifactStore(path.join(dir, 'store')), artifact, path.join(dir, 'other')),
    ).rejects.toSatisfy(is('ArtifactCorrupt'));
    expect(await readdir(path.join(dir, 'other'))).toEqual([]);
  });

  it('with a card that states no licence is taken only where the input says one', async () => {
    await writeFile(path.join(root(), 'tiny/README.md'), '# Tiny\n');
    const activities = activitiesOn();
    await expect(imported(activities, 'tiny')).rejects.toSatisfy(is('LicenceUnknown'));
    expect((await imported(activities, 'tiny', { licence: 'unknown' })).found.licence).toBe('unknown');
  });

  it('that has changed since it was planned is not imported', async () => {
    const activities = activitiesOn();
    const { plan } = await runActivity(() => activities.planModelImport({ source: 'tiny' }));
    await writeFile(path.join(root(), 'tiny/model.safetensors'), safetensors({ ...TINY, more: [1] }));
    await expect(runActivity(() => activities.fetchModel({ source: 'tiny', plan }))).rejects.toSatisfy(
      is('SourceChanged'),
    );
  });

  it('outside the roots, behind a link that leads there, or that is a file, is refused', async () => {
    await writeFiles(path.join(dir, 'outside'), tinyFiles());
    await mkdir(path.join(root(), 'linked'));
    for (const name of await readdir(path.join(dir, 'outside'))) {
      await symlink(path.join(dir, 'outside', name), path.join(root(), 'linked', name));
    }
    const activities = activitiesOn();
    await expect(imported(activities, path.join(dir, 'outside'))).rejects.toSatisfy(is('SourceNotAllowed'));
    await expect(imported(activities, 'linked')).rejects.toSatisfy(is('SourceNotAllowed'));
    await expect(imported(activities, 'tiny/config.json')).rejects.toSatisfy(is('SourceNotFound'));
    await expect(imported(activities, 'nowhere')).rejects.toSatisfy(is('SourceNotFound'));
  });
});

describe('a model of a hub', () => {
  const model: HubModel = { commit: COMMIT, files: { ...tinyFiles(), ...CLUTTER } };
  let hub: Awaited<ReturnType<typeof startHub>>;
  beforeEach(async () => {
    hub = await startHub({ 'org/tiny': model });
  });
  afterEach(() => hub.stop());
  const activities = (more: Partial<ImportPlaces> = {}) =>
    activitiesOn({ env: { HF_ENDPOINT: hub.endpoint }, ...more });

  it('is fetched at the commit that its revision stands for, without its clutter', async () => {
    const { found, artifact, taskQueue, counts } = await imported(activities(), 'hub:org/tiny');
    expect(found.source).toBe(`hub:org/tiny@${COMMIT}`);
    expect(taskQueue).toBeNull();
    expect(counts).toMatchObject({ files: 5, leftOut: 4 });
    expect(await contents(await modelFolder(store, artifact, path.join(dir, 'bases')))).toEqual(bytesOf(tinyFiles()));
    expect(hub.asked.filter(({ file }) => file in CLUTTER)).toEqual([]);
    expect(await readdir(path.join(dir, 'downloads'))).toEqual([]);
  });

  it('goes on where a download broke off', async () => {
    const { plan } = await runActivity(() => activities().planModelImport({ source: 'hub:org/tiny@main' }));
    hub.asked.length = 0;
    hub.cutOff('model.safetensors', 1_000);
    const fetch = () => runActivity(() => activities().fetchModel({ source: 'hub:org/tiny@main', plan }));
    await expect(fetch()).rejects.toSatisfy(is('Unavailable'));
    await fetch();
    const asked = hub.asked.filter(({ file }) => file === 'model.safetensors').map(({ from }) => from);
    expect(asked).toEqual([0, 1_000]);
    expect(hub.asked.filter(({ file }) => file === 'config.json')).toHaveLength(1);
  });

  it('is fetched anew where what came before the break is not what it should be', async () => {
    const { plan } = await runActivity(() => activities().planModelImport({ source: 'hub:org/tiny' }));
    const downloads = path.join(dir, 'downloads', plan.sha256.slice(0, 16));
    await writeFiles(downloads, {
      'model.safetensors': 'not these bytes',
      'config.json': '{"architectures":["Other"]',
    });
    const fetch = () => runActivity(() => activities().fetchModel({ source: 'hub:org/tiny', plan }));
    await expect(fetch()).rejects.toSatisfy(is('SourceChanged'));
    await expect(fetch()).rejects.toSatisfy(is('SourceChanged'));
    expect((await fetch()).kind).toBe('model');
  });

  it('is refused where it is not there, not allowed, or the hub may not be asked', async () => {
    const { endpoint } = hub;
    await expect(imported(activities(), 'hub:org/none')).rejects.toSatisfy(is('SourceNotFound'));
    await expect(imported(activities(), 'hub:org/tiny@other')).rejects.toSatisfy(is('SourceNotFound'));
    await expect(imported(activities({ hub: ['other', 'org/tin'] }), 'hub:org/tiny')).rejects.toSatisfy(
      is('SourceNotAllowed'),
    );
    const offline = activities({ env: { HF_ENDPOINT: endpoint, HF_HUB_OFFLINE: '1' } });
    await expect(imported(offline, 'hub:org/tiny')).rejects.toSatisfy(is('SourceNotAllowed'));
    const nobody = activities({ env: { HF_ENDPOINT: 'http://127.0.0.1:1' } });
    await expect(imported(nobody, 'hub:org/tiny')).rejects.toSatisfy(is('Unavailable'));
  });

  it('that needs a token is had with one, which no failure tells', async () => {
    const token = canary('hub');
    hub.demandToken(token);
    const wrong = canary('wrong-hub');
    const asks = (HF_TOKEN: string) =>
      imported(activities({ env: { HF_ENDPOINT: hub.endpoint, HF_TOKEN } }), 'hub:org/tiny');
    const refusal: unknown = await asks(wrong).catch((error: unknown) => error);
    expect(isFailure(refusal, 'SourceNotFound')).toBe(true);
    expect(String(refusal)).not.toContain(wrong);
    expect((await asks(token)).artifact.kind).toBe('model');
  });
});

describe('a model in a bucket', () => {
  let server: Versitygw;
  let served: string;
  beforeAll(async () => {
    served = await mkdtemp(path.join(tmpdir(), 'llm-pack-models-s3-'));
    server = await startVersitygw(served);
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server?.stop();
    await rm(served, { recursive: true, force: true });
  });
  const settings = () => ({ region: 'us-east-1', endpoint: server.endpoint, forcePathStyle: true });
  const put = (name: string, body: string | Buffer) =>
    new S3Client(settings()).send(new PutObjectCommand({ Bucket: 'models', Key: `tiny/${name}`, Body: body }));

  it('is fetched from the prefix, and not once an object is another', async () => {
    await new S3Client(settings()).send(new CreateBucketCommand({ Bucket: 'models' }));
    for (const [name, body] of Object.entries(tinyFiles())) await put(name, body);
    const activities = activitiesOn({}, [{ bucket: 'models', prefix: '', ...settings() }]);
    const { found, plan, artifact } = await imported(activities, 's3://models/tiny');
    expect(found).toMatchObject({ source: 's3://models/tiny', licence: 'apache-2.0' });
    expect(await contents(await modelFolder(store, artifact, path.join(dir, 'bases')))).toEqual(bytesOf(tinyFiles()));
    await put('config.json', '{"architectures":["Other"],"model_type":"bert"}');
    await expect(runActivity(() => activities.fetchModel({ source: 's3://models/tiny', plan }))).rejects.toSatisfy(
      is('SourceChanged'),
    );
    await expect(imported(activities, 's3://other/tiny')).rejects.toSatisfy(is('SourceNotAllowed'));
    await expect(imported(activities, 's3://models/none')).rejects.toSatisfy(is('SourceNotFound'));
  });
});
