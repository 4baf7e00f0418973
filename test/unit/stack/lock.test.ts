import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cached } from '../../../workers/stack/cache';
import { acquireLock, LockHeld } from '../../../workers/stack/lock';
import { Ports } from '../../../workers/stack/ports';
import { processIdentity } from '../../../workers/stack/processes';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'llm-pack-lock-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('lets one at a time hold a lock, and each in the end', async () => {
  let inside = 0;
  const one = async () => {
    const lock = await acquireLock(dir, { waitMs: 30_000 });
    expect((inside += 1)).toBe(1);
    await turn();
    inside -= 1;
    await lock.release();
  };
  await Promise.all(Array.from({ length: 20 }, one));
  expect(await readdir(dir)).toEqual([]);
});

it('names the process that holds it to one that does not wait', async () => {
  await acquireLock(dir);
  await expect(acquireLock(dir)).rejects.toThrow(new LockHeld(process.pid));
});

it('takes the claim of a process that died for nothing, also where its pid is in use again', async () => {
  await writeFile(path.join(dir, `${process.pid}.earlier.0`), '');
  await writeFile(path.join(dir, `4194999.1.0`), '');
  await acquireLock(dir);
  expect(await readdir(dir)).toHaveLength(1);
});

it('tells processes apart that had the same pid', () => {
  expect(processIdentity(process.pid)).toMatch(/^\S+$/);
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  expect(processIdentity(process.ppid)).not.toBe(processIdentity(process.pid));
});

it('builds what is wanted by many only once, and shows it only whole', async () => {
  let builds = 0;
  const build = async (into: string) => {
    builds += 1;
    await writeFile(path.join(into, 'a'), 'a');
    expect(await readdir(dir)).not.toContain('thing');
    await writeFile(path.join(into, 'b'), 'b');
  };
  const places = await Promise.all(Array.from({ length: 5 }, () => cached(dir, 'thing', build)));
  expect(builds).toBe(1);
  expect(new Set(places)).toEqual(new Set([path.join(dir, 'thing')]));
  expect(await readdir(path.join(dir, 'thing'))).toEqual(['a', 'b']);
});

it('begins anew after a build that failed or was killed half-way', async () => {
  await mkdir(path.join(dir, 'partial', 'thing', 'half'), { recursive: true });
  await expect(cached(dir, 'thing', () => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
  const place = await cached(dir, 'thing', (into) => writeFile(path.join(into, 'a'), 'a'));
  expect(await readdir(place)).toEqual(['a']);
});

it('gives two stacks different ports before either listens, and each its own again', async () => {
  const names = ['temporal', 'postgres'];
  const stacks = await Promise.all(
    ['first', 'second'].map(async (name) => {
      const stateDir = path.join(dir, name);
      await mkdir(stateDir);
      return { stateDir, ports: new Ports(stateDir, dir) };
    }),
  );
  // The same preference for all: at most one of them can have it.
  const chosen = await Promise.all(stacks.flatMap(({ ports }) => names.map((name) => ports.choose(name, 47_233))));
  expect(new Set(chosen).size).toBe(4);
  for (const { ports } of stacks) await ports.release();
  const again = new Ports(stacks[1]?.stateDir ?? '', dir);
  expect(await again.choose('temporal', 47_233)).toBe(chosen[2]);
  await again.release();
});
