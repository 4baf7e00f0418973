import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import { FileArtifactStore } from '../../activities/stores/file-store';
import { openArtifactStore } from '../../activities/stores/open-store';
import { describeArtifactStore, publish } from './stores-suite';

describeArtifactStore('a folder', async () => {
  const projectDir = await mkdtemp(path.join(os.tmpdir(), 'llm-pack-files-'));
  const file = (key: string, name: string) => path.join(projectDir, 'artifacts', key, name);
  const config = { type: 'file' as const, dir: 'artifacts' };
  return {
    config,
    projectDir,
    cacheDir: projectDir,
    env: {},
    open: () => openArtifactStore(config, { projectDir, cacheDir: projectDir }),
    async tamper(key, name) {
      const content = await readFile(file(key, name));
      content[0] = (content[0] ?? 0) ^ 1;
      await writeFile(file(key, name), content);
    },
    lose: (key, name) => rm(file(key, name)),
    close: () => rm(projectDir, { recursive: true, force: true }),
  };
});

describe('a folder of artifacts', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'llm-pack-files-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('sweeps scratch folders that nobody wrote to for a day, and no others', async () => {
    const store = new FileArtifactStore(path.join(root, 'sweep'));
    const [old, busy, young] = [await store.scratch(), await store.scratch(), await store.scratch()];
    const longAgo = new Date(Date.now() - 25 * 3600 * 1000);
    await writeFile(path.join(busy, 'growing.bin'), 'x');
    for (const dir of [old, busy]) await utimes(dir, longAgo, longAgo);
    expect(await store.sweep()).toBe(1);
    await expect(writeFile(path.join(old, 'a'), '')).rejects.toThrow('ENOENT');
    for (const dir of [busy, young]) await writeFile(path.join(dir, 'a'), '');
  });

  it('is there before anything was written', async () => {
    const store = new FileArtifactStore(path.join(root, 'fresh', 'artifacts'));
    expect(await store.sweep()).toBe(0);
    await store.remove('work/a/');
    expect((await publish(store, 'work/a/filter/0', {})).first).toBe(true);
  });

  // Only root can mount the small disk that this needs.
  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'says which disk is full, publishes nothing, and goes on when there is room',
    async () => {
      const disk = path.join(root, 'small');
      await mkdir(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
      try {
        const store = new FileArtifactStore(disk);
        const dir = await store.scratch();
        await writeFile(path.join(dir, 'a.txt'), 'a');
        // Leaves no page for the manifest.
        await writeFile(path.join(disk, 'ballast'), Buffer.alloc(2 ** 20)).catch(() => undefined);
        await expect(store.publish('work/a/filter/0', dir, {})).rejects.toSatisfy(
          (error: unknown) => isFailure(error, 'StorageFull') && String(error).includes(disk),
        );
        expect(await store.manifest('work/a/filter/0')).toBeUndefined();
        await rm(path.join(disk, 'ballast'));
        await rm(dir, { recursive: true });
        expect((await publish(store, 'work/a/filter/0', { 'a.txt': 'a' })).first).toBe(true);
      } finally {
        execFileSync('umount', [disk]);
      }
    },
  );
});
