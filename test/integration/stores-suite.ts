import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactStore, Published } from '../../activities/stores/artifact-store';
import { isFailure } from '../../activities/errors';
import type { PackConfigInput } from '../../schemas/config';
import type { PublishOrder } from '../support/store-child';

/** A kind of store under test, and what a test does to it from behind. */
export interface StoreHarness {
  config: PackConfigInput['artifacts'];
  projectDir: string;
  cacheDir: string;
  /** Credentials that a process needs. */
  env: Record<string, string>;
  /** The same store as another host sees it: with nothing verified and nothing fetched yet. */
  open(): ArtifactStore;
  /** Overwrites one byte of a stored file, behind the store's back. */
  tamper(key: string, name: string): Promise<void>;
  /** Deletes a stored file, behind the store's back. */
  lose(key: string, name: string): Promise<void>;
  close?(): Promise<void>;
}

const PROCESSES = 4;
const RACES = 12;
// A cold child loads the AWS SDK; kills come at any point of its first thirty publishes or so.
const KILLS = 12;
const KILL_WITHIN_MS = 400;
const BIG_BYTES = 40 * 1024 * 1024;

/** What every artifact store keeps to. */
export function describeArtifactStore(kind: string, openHarness: () => Promise<StoreHarness>): void {
  describe(`artifacts in ${kind}`, () => {
    let harness: StoreHarness;
    let store: ArtifactStore;
    beforeAll(async () => {
      harness = await openHarness();
      store = harness.open();
    });
    afterAll(() => harness?.close?.());

    it('finds nothing at a key before a publish', async () => {
      expect(await store.manifest('work/none/filter/000000')).toBeUndefined();
      await expect(store.localFile('work/none/filter/000000', 'a.txt')).rejects.toSatisfy(is('ArtifactMissing'));
    });

    it('gives back what was published, in another process as well', async () => {
      const published = await publish(store, 'work/a/filter/000001', { 'b.txt': 'beta', 'a.txt': '' }, { rows: 2 });
      expect(published.first).toBe(true);
      expect(published.manifest).toEqual({
        files: [
          { name: 'a.txt', bytes: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
          { name: 'b.txt', bytes: 4, sha256: 'f44e64e75f3948e9f73f8dfa94721c4ce8cbb4f265c4790c702b2d41cfbf2753' },
        ],
        meta: { rows: 2 },
      });
      const elsewhere = harness.open();
      expect(await elsewhere.manifest('work/a/filter/000001')).toEqual(published.manifest);
      expect(await textOf(elsewhere, 'work/a/filter/000001', 'b.txt')).toBe('beta');
      await expect(elsewhere.localFile('work/a/filter/000001', 'c.txt')).rejects.toSatisfy(is('ArtifactMissing'));
    });

    it('keeps the first of two publishes and tells the second what stands', async () => {
      const first = await publish(store, 'work/a/filter/000002', { 'a.txt': 'first' }, { attempt: 1 });
      const second = await publish(store, 'work/a/filter/000002', { 'a.txt': 'late', 'b.txt': '' }, { attempt: 2 });
      expect(second).toEqual({ manifest: first.manifest, first: false });
      expect(await textOf(harness.open(), 'work/a/filter/000002', 'a.txt')).toBe('first');
    });

    it('publishes a set without files for the sake of its meta', async () => {
      expect((await publish(store, 'work/a/match/000000', {}, { pairs: 0 })).manifest).toEqual({
        files: [],
        meta: { pairs: 0 },
      });
    });

    it('notices one changed byte', async () => {
      await publish(store, 'work/a/filter/000003', { 'a.txt': 'some text' });
      await harness.tamper('work/a/filter/000003', 'a.txt');
      const elsewhere = harness.open();
      await expect(elsewhere.localFile('work/a/filter/000003', 'a.txt')).rejects.toSatisfy(is('ArtifactCorrupt'));
    });

    it('says which file of a set is gone', async () => {
      await publish(store, 'work/a/filter/000004', { 'a.txt': 'a', 'b.txt': 'b' });
      await harness.lose('work/a/filter/000004', 'a.txt');
      const elsewhere = harness.open();
      await expect(elsewhere.localFile('work/a/filter/000004', 'a.txt')).rejects.toSatisfy(is('ArtifactMissing'));
      expect(await textOf(elsewhere, 'work/a/filter/000004', 'b.txt')).toBe('b');
    });

    it('removes what is below a prefix, and nothing else', async () => {
      await publish(store, 'work/b/filter/000000', { 'a.txt': 'a' });
      await publish(store, 'work/bb/filter/000000', { 'a.txt': 'b' });
      await store.remove('work/b/');
      await store.remove('work/b/');
      expect(await store.manifest('work/b/filter/000000')).toBeUndefined();
      expect(await textOf(harness.open(), 'work/bb/filter/000000', 'a.txt')).toBe('b');
      expect((await publish(store, 'work/b/filter/000000', { 'a.txt': 'again' })).first).toBe(true);
    });

    it(`carries a file of ${BIG_BYTES / 1024 / 1024} MB`, async () => {
      const content = Buffer.alloc(BIG_BYTES, 'seventeen bytes. ');
      const dir = await store.scratch();
      await writeFile(path.join(dir, 'big.bin'), content);
      await store.publish('work/a/big/000000', dir, {});
      const elsewhere = harness.open();
      expect(content.equals(await readFile(await elsewhere.localFile('work/a/big/000000', 'big.bin')))).toBe(true);
    });

    it('lets one of several processes win that publish different sets at once', async () => {
      const children = await Promise.all(Array.from({ length: PROCESSES }, () => startChild(harness)));
      for (let race = 0; race < RACES; race += 1) {
        const key = `work/race/filter/${race}`;
        const answers = await Promise.all(
          children.map((child, me) => child.publish({ key, files: { 'a.txt': `by ${me}` }, meta: { me } })),
        );
        expect(answers.filter((answer) => answer.first)).toHaveLength(1);
        const winner = answers.find((answer) => answer.first);
        for (const answer of answers) expect(answer.manifest).toEqual(winner?.manifest);
        expect(await textOf(store, key, 'a.txt')).toBe(`by ${String(winner?.manifest.meta.me)}`);
      }
      await Promise.all(children.map((child) => child.end()));
    });

    it('never shows half a set to a reader that looks while it is published', async () => {
      const child = await startChild(harness);
      const files = threeFiles();
      for (let unit = 0; unit < RACES; unit += 1) {
        const key = `work/seen/filter/${unit}`;
        const published = child.publish({ key, files, meta: {} });
        while (!(await store.manifest(key))) continue;
        // The last file first: it is the one that would still be missing.
        for (const [name, text] of Object.entries(files).reverse()) expect(await textOf(store, key, name)).toBe(text);
        expect((await published).first).toBe(true);
      }
      await child.end();
    });

    it('shows all of a set or nothing after a kill at any moment', async () => {
      const files = threeFiles();
      let whole = 0;
      let absent = 0;
      for (let kill = 0; kill < KILLS; kill += 1) {
        const child = await startChild(harness);
        const keys = Array.from({ length: 30 }, (_, unit) => `work/kill${kill}/filter/${unit}`);
        const answers = Promise.allSettled(keys.map((key) => child.publish({ key, files, meta: {} })));
        // At an even spread of moments, counted from its first order.
        await delay((kill * KILL_WITHIN_MS) / KILLS);
        await child.kill();
        const told = await answers;
        for (const [unit, key] of keys.entries()) {
          const stands = (await store.manifest(key)) !== undefined;
          // What was acknowledged is there.
          if (told[unit]?.status === 'fulfilled') expect(stands).toBe(true);
          if (stands)
            for (const [name, text] of Object.entries(files)) expect(await textOf(store, key, name)).toBe(text);
          if (stands) whole += 1;
          else absent += 1;
        }
        const next = keys.find((_, unit) => told[unit]?.status === 'rejected');
        // Whatever the killed one left behind, another attempt ends with a whole set.
        if (next) expect((await publish(store, next, files)).manifest.files).toHaveLength(3);
      }
      expect(whole).toBeGreaterThan(0);
      expect(absent).toBeGreaterThan(0);
    }, 120_000);
  });
}

/** Large enough that a publish takes a moment. */
const threeFiles = (): Record<string, string> =>
  Object.fromEntries(['a', 'b', 'c'].map((name) => [`${name}.txt`, name.repeat(200_000)]));

const is = (code: Parameters<typeof isFailure>[1]) => (error: unknown) => isFailure(error, code);

/** Writes the files into a scratch folder and publishes it. */
export async function publish(
  store: ArtifactStore,
  key: string,
  files: Record<string, string>,
  meta = {},
): Promise<Published> {
  const dir = await store.scratch();
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(dir, name), text);
  return store.publish(key, dir, meta);
}

const textOf = async (store: ArtifactStore, key: string, name: string): Promise<string> =>
  readFile(await store.localFile(key, name), 'utf8');

interface Child {
  /** Rejects where the child dies before it answers. */
  publish(order: PublishOrder): Promise<Published>;
  kill(): Promise<void>;
  end(): Promise<void>;
}

/** A process that publishes to the store of a harness; returns once it waits for orders. */
async function startChild({ config, projectDir, cacheDir, env }: StoreHarness): Promise<Child> {
  const jiti = path.join(path.dirname(require.resolve('jiti/package.json')), 'lib/jiti-cli.mjs');
  const script = path.join(__dirname, '../support/store-child.ts');
  const child = spawn(process.execPath, [jiti, script, JSON.stringify({ artifacts: config, projectDir, cacheDir })], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  // A killed child's standard input breaks; what matters is which orders it answered.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout });
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  const next = () => new Promise<string>((resolve, reject) => waiting.push({ resolve, reject }));
  lines.on('line', (line) => waiting.shift()?.resolve(line));
  lines.on('close', () => waiting.splice(0).forEach(({ reject }) => reject(new Error('The process has ended.'))));
  expect(await next()).toBe('ready');
  return {
    async publish(order) {
      const answer = next();
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return JSON.parse(await answer) as Published;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async end() {
      child.stdin.end();
      await exited;
    },
  };
}
