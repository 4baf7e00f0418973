import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import { packageRoot } from '../../activities/kit/package-root';
import { checkedKey, checkedPrefix, manifestText, parseManifest, sealFiles } from '../../activities/stores/file-set';

const is = (code: Parameters<typeof isFailure>[1]) => (error: unknown) => isFailure(error, code);
const refusal = (act: () => unknown): unknown => {
  try {
    return { returned: act() };
  } catch (error) {
    return error;
  }
};

describe('a key of the artifact store', () => {
  it('stays below the root of the store, or is refused', () => {
    const piece = fc.oneof(fc.constantFrom('..', '.', '', 'a', 'work', '\\', '\0', '~', 'A', 'é'), fc.string());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const result = refusal(() => checkedKey(pieces.join('/')));
        if (isFailure(result, 'InvariantBroken')) return;
        const { returned } = result as { returned: string };
        const inside = path.relative('/store', path.resolve('/store', returned));
        expect(inside).toBe(returned);
        expect(inside).not.toBe('');
        expect(inside).toMatch(/^[a-z0-9@_-][a-z0-9@._/-]*$/);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['', '/', '/etc', 'a/../b', '..', 'a//b', 'a/./b', 'a/.hidden', 'A', 'tmp', 'tmp/x', 'a b', 'x'.repeat(600)])(
    'is not %j',
    (key) => {
      expect(refusal(() => checkedKey(key))).toSatisfy(is('InvariantBroken'));
    },
  );

  it.each(['work/0a/filter/000007', 'dataset/9f', 'a@b/c_d-e.f', 'tmpfiles/x'])('may be %j', (key) =>
    expect(checkedKey(key)).toBe(key),
  );

  it('is removed by a prefix that ends where a segment ends', () => {
    expect(checkedPrefix('work/0a/')).toBe('work/0a');
    for (const prefix of ['work/0', '/', '', '../']) {
      expect(refusal(() => checkedPrefix(prefix))).toSatisfy(is('InvariantBroken'));
    }
  });
});

describe('the files of a set', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'llm-pack-set-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('are in the order of their names, whatever order they were written in', async () => {
    for (const name of ['b-2', 'README.md', 'a', 'b-10']) await writeFile(path.join(dir, name), name);
    expect((await sealFiles(dir)).map((file) => file.name)).toEqual(['README.md', 'a', 'b-10', 'b-2']);
  });

  it.each(['manifest.json', '.hidden', 'with space', 'ü'])('can not be named %j', async (name) => {
    await writeFile(path.join(dir, name), '');
    await expect(sealFiles(dir)).rejects.toSatisfy(is('InvariantBroken'));
  });

  it('can not be folders or links', async () => {
    await symlink('/etc/hostname', path.join(dir, 'link'));
    await expect(sealFiles(dir)).rejects.toSatisfy(is('InvariantBroken'));
    await rm(path.join(dir, 'link'));
    await mkdir(path.join(dir, 'folder'));
    await expect(sealFiles(dir)).rejects.toSatisfy(is('InvariantBroken'));
  });
});

describe('a manifest', () => {
  it('reads back as it was written, for any JSON in its meta', () => {
    const files = [{ name: 'a', sha256: '0'.repeat(64), bytes: 1 }];
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (meta) => {
        const read = parseManifest(manifestText(files, meta), 'k');
        expect(JSON.stringify(read)).toBe(JSON.stringify({ files, meta }));
      }),
      { examples: [[JSON.parse('{"__proto__": {"a": 1}}') as Record<string, string>]] },
    );
  });

  it.each(['', '{', 'null', '{"files":[]}', '{"files":[{"name":"../x","sha256":"0","bytes":1}],"meta":{}}'])(
    'is corrupt when it is %j',
    (text) => {
      expect(refusal(() => parseManifest(text, 'k'))).toSatisfy(is('ArtifactCorrupt'));
    },
  );
});

it('knows the folder of its package', () => {
  expect(packageRoot()).toBe(path.resolve(__dirname, '../..'));
});
