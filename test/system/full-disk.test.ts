import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CleanDatasetOutput } from '../../schemas';
import { writeDocuments } from '../support/documents';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';

// Only root may mount the small disk; there is no other way to have one that is really full.
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)('cleanDataset on a disk that is full', () => {
  let disk: string;
  let pack: Awaited<ReturnType<typeof startPack>>;
  const resize = (size: string) => execFileSync('mount', ['-o', `remount,size=${size}`, disk]);

  beforeAll(async () => {
    disk = mkdtempSync(join(tmpdir(), 'llm-pack-small-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]);
    mkdirSync(join(disk, 'artifacts'));
    pack = await startPack(sharedServers(), { artifacts: { type: 'file', dir: join(disk, 'artifacts') } });
    await writeDocuments(join(pack.projectDir, 'documents'), 900, 7);
  });
  afterAll(async () => {
    await pack.stop();
    // Fails as busy where a failed attempt has left a file open.
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  });

  it('says so, waits for space, and then ends with nothing lost', async () => {
    const input = { source: 'documents', name: 'full-disk', recipe: 'minimal', unitBytes: 65_536 };
    const handle = await pack.start('cleanDataset', input, 'full-disk');
    await vi.waitFor(
      async () => {
        const { raw } = await handle.describe();
        const failures = (raw.pendingActivities ?? []).map(({ lastFailure }) => lastFailure?.message ?? '');
        expect(failures.join('\n')).toContain(`that holds ${disk}`);
        expect(failures.join('\n')).toContain('Remedy: Free space on the disk');
      },
      { timeout: 60_000, interval: 200 },
    );
    resize('256m');
    const waited = (await handle.result()) as CleanDatasetOutput;
    const { counts } = waited;
    expect(counts.read).toBe(900);
    expect(counts.kept + counts.rejected).toBe(900);

    const again = await pack.start('cleanDataset', { ...input, force: true }, 'disk-with-space');
    const output = (await again.result()) as CleanDatasetOutput;
    expect(waited.dataset?.artifact).toEqual(output.dataset?.artifact);
  });
});
