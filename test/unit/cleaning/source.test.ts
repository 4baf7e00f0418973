import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../../activities/errors';
import { writePlan } from '../../../activities/cleaning/source/plan';
import { hashRanges } from '../../../activities/cleaning/source/hash';
import { realRoots, resolveSource } from '../../../activities/cleaning/source/resolve';
import { SourceWalk } from '../../../activities/cleaning/source/walk';
import type { ErrorCode } from '../../../schemas/errors';

let base: string;
let root: string;
const never = new AbortController().signal;
const nothing = () => undefined;

beforeAll(async () => {
  base = await realpath(await mkdtemp(path.join(tmpdir(), 'source-')));
  root = path.join(base, 'root');
  await mkdir(path.join(root, 'b', 'inner'), { recursive: true });
  await mkdir(path.join(root, '.git'));
  await mkdir(path.join(base, 'outside'));
  for (const name of ['a.md', 'b/z.txt', 'b/é.txt', 'b/inner/x.jsonl', '.git/a.md', 'c.bin']) {
    await writeFile(path.join(root, name), `${name}\n`);
  }
  await writeFile(path.join(base, 'outside', 'secret.txt'), 'secret');
  await symlink(path.join(base, 'outside'), path.join(root, 'leaves'));
  await symlink(path.join(base, 'outside', 'secret.txt'), path.join(root, 'leaves.txt'));
  await symlink('nowhere', path.join(root, 'dangling.txt'));
  await symlink('..', path.join(root, 'b', 'loop'));
  await symlink('a.md', path.join(root, 'again.md'));
});
afterAll(() => rm(base, { recursive: true }));

const refused = (source: string, code: ErrorCode, roots = [root]) =>
  expect(resolveSource(roots, source)).rejects.toSatisfy((error) => isFailure(error, code), code);

describe('where a source may lie', () => {
  it('is inside a root, by a relative or an absolute path', async () => {
    expect(await resolveSource([root], 'b')).toEqual({ root: 0, path: 'b', absolute: path.join(root, 'b') });
    expect(await resolveSource([root], '.')).toMatchObject({ path: '' });
    expect(await resolveSource([path.join(base, 'none'), root], path.join(root, 'a.md'))).toMatchObject({ root: 1 });
  });

  it.each(['..', 'b/../../outside', 'b/..', '..\\outside'])('refuses %s', (source) =>
    refused(source, 'SourceNotAllowed'),
  );

  it('refuses absolute paths outside, whether or not something is there, and links that lead out', async () => {
    await refused('/etc/passwd', 'SourceNotAllowed');
    await refused('/no/such/place', 'SourceNotAllowed');
    await refused(`${root}-sibling`, 'SourceNotAllowed');
    await refused('leaves', 'SourceNotAllowed');
    await refused('leaves/secret.txt', 'SourceNotAllowed');
  });

  it('says that nothing is there where it would be allowed', () => refused('missing', 'SourceNotFound'));
});

describe('walking a source', () => {
  it('lists files in byte order, each folder once, and counts what it leaves alone', async () => {
    const walk = new SourceWalk(await realRoots([root]), new Set(['text', 'markdown', 'jsonl']));
    const found: string[] = [];
    for await (const { path: name } of walk.folder(root)) found.push(name);
    expect(found).toEqual(['a.md', 'again.md', 'b/inner/x.jsonl', 'b/z.txt', 'b/é.txt']);
    // .git, c.bin, the dangling link, two links that leave, and the loop.
    expect(walk.skipped).toBe(6);
  });
});

describe('planning', () => {
  const plan = async (source: string, formats: ('text' | 'csv')[] = ['text']) => {
    const dir = await mkdtemp(path.join(base, 'plan-'));
    const task = {
      allowed: { roots: [root] },
      source,
      query: null,
      idField: 'id',
      formats,
      unitBytes: 65_536,
      dir,
      scratch: base,
    };
    return writePlan(task, never, nothing);
  };

  it('says that a source holds nothing of the formats', async () => {
    await expect(plan('b', ['csv'])).rejects.toSatisfy((error) => isFailure(error, 'SourceEmpty'));
  });

  it('takes a single file by its name', async () => {
    expect(await plan('b/z.txt')).toMatchObject({ single: true, files: 1, units: 1, source: { path: 'b/z.txt' } });
  });

  it('leaves alone a folder that can not be opened', async () => {
    const closed = path.join(root, 'closed');
    await mkdir(closed);
    await writeFile(path.join(closed, 'a.txt'), 'a');
    await chmod(closed, 0);
    const { files } = await plan('.');
    await chmod(closed, 0o755);
    // The superuser opens everything.
    expect(files).toBe(process.getuid?.() === 0 ? 3 : 2);
    await rm(closed, { recursive: true });
  });
});

describe('hashing by ranges', () => {
  it('cuts after the line that crosses the mark, and knows the lines before', async () => {
    const file = path.join(base, 'lines.jsonl');
    await writeFile(file, ['a'.repeat(9), 'b'.repeat(30), 'c', '', 'd'.repeat(8)].join('\n'));
    const cutter = { atLineBreak: true, next: (start: number) => start + 10 };
    const ranges = await hashRanges(createReadStream(file, { highWaterMark: 7 }), cutter, never, nothing);
    expect(ranges.map(({ start, end, rowsBefore }) => [start, end, rowsBefore])).toEqual([
      [0, 10, 0],
      [10, 41, 1],
      [41, 52, 2],
    ]);
  });
});
