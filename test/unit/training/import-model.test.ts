import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slug } from '../../../schemas/common';
import { importedName, importModelStage } from '../../../schemas/import-model';

describe('the name of an imported model', () => {
  it.each([
    ['hub:org/All-MiniLM-L6-v2@main', 'all-minilm-l6-v2'],
    ['hub:gpt2', 'gpt2'],
    ['s3://bucket/models/Tiny Llama/', 'tiny-llama'],
    ['models/mine@v2', 'mine'],
    ['encoder:default', 'default'],
    ['模型', 'model'],
  ])('is the last part of %s', (source, name) => expect(importedName({ source })).toBe(name));

  it('is the one that is given, and always a name', () => {
    expect(importedName({ source: 'hub:org/x', name: 'mine' })).toBe('mine');
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (source) => {
        expect(slug.safeParse(importedName({ source })).success).toBe(true);
      }),
    );
  });
});

describe('a source', () => {
  const accepts = (source: string) => importModelStage.input.safeParse({ source }).success;
  it.each(['models/x', '/abs/x', 's3://bucket/x', 'hub:gpt2', 'hub:org/x@refs/pr/1', 'encoder:default'])(
    'may be %s',
    (source) => expect(accepts(source)).toBe(true),
  );
  it.each(['', 'hub:', 'hub:a/b/c', 'hub:org/x@', 'hub:org/x y', 'encoder:', 'encoder:A/b'])(
    'may not be %j',
    (source) => expect(accepts(source)).toBe(false),
  );
});
