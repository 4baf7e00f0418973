import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCleaningActivities } from '../../activities/cleaning';
import { withDuckDB } from '../../activities/cleaning/duckdb';
import type { AllowedSources } from '../../activities/cleaning/source/allowed';
import { FileArtifactStore } from '../../activities/stores/file-store';
import { documentFormat } from '../../schemas/clean-dataset';
import { RECIPES } from '../../schemas/recipes';
import { seededRandom } from '../support/random';
import { startPostgres, type TestPostgres } from '../support/postgres';
import { startVersitygw, type Versitygw } from '../support/versitygw';
import { clean, rowsOf, runActivity } from './cleaning-run';

const UNIT_BYTES = 65_536;
let base: string;
beforeAll(async () => void (base = await mkdtemp(path.join(tmpdir(), 'sources-'))));
afterAll(() => rm(base, { recursive: true }));
const newFolder = (name: string) => mkdtemp(path.join(base, `${name}-`));

/** Twelve words that hardly any two documents share. */
function textOf(n: number): string {
  const random = seededRandom(n);
  const word = () => Array.from({ length: 8 }, () => 'bcdfghklmnprstvz'.charAt(random.below(16))).join('');
  return Array.from({ length: 12 }, word).join(' ');
}
const line = (n: number, id = n) => `${JSON.stringify({ id, text: textOf(n) })}\n`;
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

/** A folder with files of every way of reading: cut at lines, by row groups, packed, and whole. */
async function writeSource(dir: string): Promise<void> {
  await mkdir(path.join(dir, 'inner'));
  await writeFile(
    path.join(dir, 'a.jsonl'),
    numbers(0, 1_500)
      .map((n) => line(n))
      .join(''),
  );
  await writeFile(
    path.join(dir, 'b.jsonl.gz'),
    gzipSync(
      numbers(2_000, 50)
        .map((n) => line(n))
        .join(''),
    ),
  );
  await writeFile(path.join(dir, 'inner', 'c.md'), `# Title\n\n${textOf(3_000)}`);
  await writeFile(path.join(dir, 'inner', 'd.csv'), `id,text\n1,${textOf(3_001)}\n`);
  await writeFile(path.join(dir, 'inner', 'left-alone.bin'), 'x');
  await writeFile(path.join(dir, 'broken.parquet'), 'PAR1 not at all');
  const rows = path.join(base, 'rows.jsonl');
  await writeFile(
    rows,
    numbers(4_000, 9_000)
      .map((n) => line(n))
      .join(''),
  );
  await withDuckDB((connection) =>
    connection.run(
      `copy (select * from read_json('${rows}')) to '${path.join(dir, 'e.parquet')}' (format parquet, row_group_size 3000)`,
    ),
  );
}

/** What a run has kept and rejected, without the order of its files. */
async function contentOf(run: Parameters<typeof clean>[0]) {
  const { counts, artifact, rejects, units } = await clean({ unitBytes: UNIT_BYTES, ...run });
  const sorted = async (ref: typeof artifact) =>
    (await rowsOf(run.storeDir, ref)).map((row) => JSON.stringify(row)).sort();
  return { counts, units, kept: await sorted(artifact), rejected: await sorted(rejects) };
}

const planOf = async (allowed: Omit<AllowedSources, 'roots'>, source: string, query: string | null = null) => {
  const store = new FileArtifactStore(await newFolder('store'));
  const activities = createCleaningActivities({ store, sources: { roots: [base], ...allowed }, threads: 1 });
  const planned = await runActivity(() =>
    activities.planSource({ source, query, formats: [...documentFormat.options], unitBytes: UNIT_BYTES }),
  );
  const options = { rules: RECIPES.minimal, textField: 'text', idField: 'id', maxDocumentBytes: 1 << 20 };
  const filter = (unit = 0) =>
    runActivity(() => activities.filterUnit({ workKey: '3'.repeat(64), plan: planned.plan, unit, ...options }));
  return { ...planned, filter };
};

describe('a source in a bucket', () => {
  let server: Versitygw;
  let bucket: string;
  let client: S3Client;
  beforeAll(async () => {
    bucket = await newFolder('buckets');
    server = await startVersitygw(bucket);
    Object.assign(process.env, server.env);
    const { endpoint } = server;
    client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'corpora' }));
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
  });

  const allowed = (prefix = '') => ({
    s3: [{ bucket: 'corpora', prefix, region: 'us-east-1', endpoint: server.endpoint, forcePathStyle: true }],
  });
  const put = (Key: string, Body: string | Buffer) =>
    client.send(new PutObjectCommand({ Bucket: 'corpora', Key, Body }));

  it('gives the same documents as the same files in a folder', async () => {
    const root = await newFolder('root');
    await writeSource(root);
    for (const name of (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    )) {
      const file = path.join(name.parentPath, name.name);
      await put(`nightly/${path.relative(root, file)}`, await readFile(file));
    }
    const local = await contentOf({ root, storeDir: await newFolder('store') });
    const source = 's3://corpora/nightly';
    const remote = await contentOf({ root, storeDir: await newFolder('store'), source, allowed: allowed('nightly') });
    expect(remote).toEqual({ ...local, units: remote.units });
    expect(remote.counts).toMatchObject({ files: 6, read: 10_553, kept: 10_552, reasons: { unreadable_file: 1 } });
    // The lines and the row groups were cut: a unit reads its own part.
    expect(remote.units).toBeGreaterThan(6);
  });

  it('takes a single object by its key', async () => {
    await put('one/a.b.jsonl', line(1));
    const { filter, ...plan } = await planOf(allowed(), 's3://corpora/one/a.b.jsonl');
    // Any host may read it.
    expect(plan).toMatchObject({ files: 1, units: 1, taskQueue: null });
    expect(await filter()).toMatchObject({ read: 1, kept: 1 });
  });

  it('fails where an object changes between plan and reading', async () => {
    await put('changing/a.jsonl', line(1));
    const { filter } = await planOf(allowed(), 's3://corpora/changing/');
    await put('changing/a.jsonl', line(2));
    await expect(filter()).rejects.toMatchObject({ type: 'SourceChanged', nonRetryable: true });
  });

  it('lies in an allowed bucket and below its prefix, and holds something', async () => {
    const plan = (source: string) => planOf(allowed('nightly'), source);
    await expect(plan('s3://other/nightly')).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(plan('s3://corpora/one')).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(plan('s3://corpora/nightly-other')).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(plan('s3://corpora/nightly/../one')).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(plan('s3://corpora/nightly/nothing')).rejects.toMatchObject({ type: 'SourceEmpty' });
  });
});

describe('a source behind an address', () => {
  type Answer = (request: IncomingMessage, response: ServerResponse) => void;
  let server: Server;
  let origin: string;
  let answers: Record<string, Answer>;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const answer = answers[request.url ?? ''];
      if (answer) answer(request, response);
      else response.writeHead(404).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());
  beforeEach(() => void (answers = {}));

  const allowed = (more: object = {}) => ({
    http: [{ url: `${origin}/data/`, maxBytes: 1 << 20, privateNetwork: true, ...more }],
  });
  const plan = (name: string, more?: object) => planOf(allowed(more), `${origin}/data/${name}`);

  /** As a file server answers: with an ETag, and by ranges. */
  const file =
    (content: string | Buffer, etag: string): Answer =>
    (request, response) => {
      const bytes = Buffer.from(content);
      const [, start = '0', end = ''] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      const part = bytes.subarray(Number(start), Number(end) + 1);
      const range = `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}`;
      response.writeHead(206, { etag, 'content-range': range, 'content-length': part.length }).end(part);
    };
  /** As a small script answers: the whole, without a word on it. */
  const whole =
    (content: string): Answer =>
    (_request, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.write(content.slice(0, 10));
      response.end(content.slice(10));
    };

  it('gives the same documents as the same file in a folder, by ranges or without', async () => {
    const root = await newFolder('root');
    const lines = numbers(0, 1_500).map((n) => line(n));
    const content = `${lines.join('')}not JSON\n`;
    await writeFile(path.join(root, 'a.jsonl'), content);
    const local = await contentOf({ root, storeDir: await newFolder('store'), source: 'a.jsonl' });
    for (const answer of [file(content, '"1"'), whole(content)]) {
      answers['/data/a.jsonl'] = answer;
      const source = `${origin}/data/a.jsonl`;
      expect(await contentOf({ root, storeDir: await newFolder('store'), source, allowed: allowed() })).toEqual(local);
    }
    expect(local.units).toBeGreaterThan(1);
  });

  it('fails where the file changes between plan and reading, with an ETag or without', async () => {
    for (const [before, after] of [
      [file(line(1), '"1"'), file(line(2), '"2"')],
      [whole(line(1)), whole(line(2))],
      [file(line(1), '"1"'), whole('')],
    ] as const) {
      answers['/data/a.jsonl'] = before;
      const { filter } = await plan('a.jsonl');
      answers['/data/a.jsonl'] = after;
      await expect(filter()).rejects.toMatchObject({ type: 'SourceChanged', nonRetryable: true });
    }
  });

  it('is fetched from allowed addresses only, redirects included', async () => {
    const redirect =
      (location: string): Answer =>
      (_request, response) =>
        void response.writeHead(302, { location }).end();
    answers['/data/b.jsonl'] = file(line(1), '"1"');
    answers['/data/a.jsonl'] = redirect('b.jsonl');
    answers['/data/out.jsonl'] = redirect('/other/b.jsonl');
    answers['/data/elsewhere.jsonl'] = redirect('http://169.254.169.254/data/a.jsonl');
    answers['/data/loop.jsonl'] = redirect('loop.jsonl');
    expect(await (await plan('a.jsonl')).filter()).toMatchObject({ read: 1 });
    for (const name of ['out.jsonl', 'elsewhere.jsonl', 'loop.jsonl', '../other/b.jsonl']) {
      await expect(plan(name), name).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    }
    const secret = origin.replace('//', '//user:hidden@');
    const refused = planOf(allowed(), `${secret}/data/b.jsonl`);
    await expect(refused).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(refused).rejects.not.toThrow('hidden');
  });

  it('is not fetched from a private network, by its number or by its name', async () => {
    answers['/data/a.jsonl'] = file(line(1), '"1"');
    await expect(plan('a.jsonl', { privateNetwork: false })).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    const named = origin.replace('127.0.0.1', 'localhost');
    const http = [{ url: named, maxBytes: 1 << 20, privateNetwork: false }];
    await expect(planOf({ http }, `${named}/data/a.jsonl`)).rejects.toMatchObject({ type: 'SourceNotAllowed' });
  });

  it('is no larger than allowed, and there', async () => {
    answers['/data/a.jsonl'] = file(line(1), '"1"');
    answers['/data/chunked.jsonl'] = whole(line(1));
    await expect(plan('a.jsonl', { maxBytes: 50 })).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(plan('chunked.jsonl', { maxBytes: 50 })).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(plan('none.jsonl')).rejects.toMatchObject({ type: 'SourceNotFound' });
    await expect(plan('a.bin')).rejects.toMatchObject({ type: 'SourceEmpty' });
  });

  it('is tried again when its server says', async () => {
    answers['/data/a.jsonl'] = (_request, response) => void response.writeHead(503, { 'retry-after': '7' }).end();
    await expect(plan('a.jsonl')).rejects.toMatchObject({ type: 'Unavailable', nextRetryDelay: 7_000 });
    answers['/data/a.jsonl'] = (_request, response) => void response.destroy();
    await expect(plan('a.jsonl')).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false });
  });
});

describe('a source in a database', () => {
  let server: TestPostgres;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres();
    url = await server.createDatabase();
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('create table notes (id bigint, body text, heading text, secret bytea)');
    const values = numbers(0, 1_200).map(
      (n) => `(${9_007_199_254_740_993n + BigInt(n)}, '${textOf(n)}', 'H${n}', null)`,
    );
    await client.query(`insert into notes values ${values.join(', ')}`);
    await client.end();
  });
  afterAll(() => server.stop());

  const QUERY = 'select id, body as text, heading as title from notes -- all of them';

  it('is read once, in the order of its ids, and gives the same bytes again', async () => {
    const run = async () => {
      const storeDir = await newFolder('store');
      const allowed = { postgres: { notes: url } };
      const how = { root: base, storeDir, source: 'postgres:notes', query: QUERY, allowed, unitBytes: UNIT_BYTES };
      return { storeDir, ...(await clean(how)) };
    };
    const first = await run();
    expect(first.units).toBeGreaterThan(1);
    expect(first.counts).toMatchObject({ files: 1, read: 1_200, kept: 1_200 });
    const rows = await rowsOf(first.storeDir, first.artifact);
    expect(rows[1_199]).toMatchObject({
      id: 'postgres:notes#9007199254742192',
      source: 'postgres:notes',
      title: 'H1199',
      text: textOf(1_199),
    });
    expect((await run()).artifact).toEqual(first.artifact);
  });

  it('keeps a row without a text as a reject', async () => {
    const query = "select * from (values (1, null), (2, 'a text')) as rows (id, text)";
    const { filter } = await planOf({ postgres: { notes: url } }, 'postgres:notes', query);
    expect(await filter()).toMatchObject({ read: 2, kept: 1, rejected: 1, reasons: { missing_text: 1 } });
  });

  it.each([
    ['a second statement', 'select 1 as id) x; commit; drop table notes; --'],
    ['a write', "select id, 'x' as text from (delete from notes returning id) x"],
    ['a function that writes', "select 1 as id, set_config('a.b', nextval('none')::text, false) as text"],
    ['what is not there', 'select id from nothing'],
    ['no column to order by', 'select body as text from notes'],
    ['nothing at all', '-- nothing'],
  ])('refuses %s, for good, and without the address of the database', async (_what, query) => {
    const refused = planOf({ postgres: { notes: url } }, 'postgres:notes', query);
    await expect(refused).rejects.toMatchObject({ type: 'InvalidQuery', nonRetryable: true });
    await expect(refused).rejects.not.toThrow(new URL(url).password);
  });

  it('is one that the configuration names, and answers', async () => {
    const wrong = 'postgres://nobody:hidden@127.0.0.1:1/none';
    const plan = (source: string) => planOf({ postgres: { notes: url, away: wrong } }, source, QUERY);
    await expect(plan('postgres:other')).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(plan('postgres:constructor')).rejects.toMatchObject({ type: 'SourceNotAllowed' });
    await expect(plan('postgres:away')).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false });
    await expect(plan('postgres:away')).rejects.not.toThrow('hidden');
  });
});
