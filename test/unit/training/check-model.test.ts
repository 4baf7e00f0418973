import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../../activities/errors';
import { checkModel } from '../../../activities/training/models/check-model';
import { licenceOf, writeCard } from '../../../activities/training/models/card';
import { flatName, isKept, type ModelFiles, nestedName } from '../../../activities/training/models/model-files';
import { CLUTTER, safetensors, TINY, TINY_PARAMETERS, tinyFiles } from '../../support/tiny-model';

const inMemory = (files: Record<string, string | Buffer>): ModelFiles => ({
  files: Object.entries(files).map(([name, content]) => ({ name, bytes: Buffer.byteLength(content) })),
  read: (name, start, end) => Promise.resolve(Buffer.from(files[name] as string).subarray(start, end)),
});
const check = (changed: Record<string, string | Buffer | null>) => {
  const files = { ...tinyFiles(), ...changed };
  return checkModel(
    inMemory(
      Object.fromEntries(
        Object.entries(files).flatMap(([name, content]) => (content === null ? [] : [[name, content]])),
      ),
    ),
  );
};
const refusal = async (changed: Record<string, string | Buffer | null>): Promise<string> => {
  const error: unknown = await check(changed).catch((thrown: unknown) => thrown);
  expect(isFailure(error, 'ModelRefused'), String(error)).toBe(true);
  return String(error);
};
const configWith = (more: object) =>
  JSON.stringify({ ...(JSON.parse(tinyFiles()['config.json'] as string) as object), ...more });

describe('a model that is checked', () => {
  it('is known by class, parameters and licence, and leaves code, pickles and other formats behind', async () => {
    const { kept, ...checked } = await check(CLUTTER);
    expect(checked).toEqual({
      facts: { architecture: 'BertModel', kind: 'encoder', parameters: TINY_PARAMETERS },
      licence: 'apache-2.0',
      leftOut: Object.keys(CLUTTER).length,
      tensors: 3,
    });
    expect(kept.sort()).toEqual(Object.keys(tinyFiles()).sort());
  });

  it('may have its weights in shards, as the index says', async () => {
    const [words = '', ...layers] = Object.keys(TINY);
    const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const shards = {
      'model.safetensors': null,
      [first]: safetensors({ [words]: TINY[words] ?? [] }),
      [second]: safetensors(Object.fromEntries(layers.map((name) => [name, TINY[name] ?? []]))),
    };
    const index = (weight_map: object) => ({ 'model.safetensors.index.json': JSON.stringify({ weight_map }) });
    const map = { [words]: first, ...Object.fromEntries(layers.map((name) => [name, second])) };
    expect((await check({ ...shards, ...index(map) })).facts.parameters).toBe(TINY_PARAMETERS);
    expect(await refusal(shards)).toContain('no model.safetensors.index.json');
    expect(await refusal({ ...shards, ...index({ ...map, [words]: second }) })).toContain(`${words} in ${second}`);
    expect(await refusal({ ...shards, ...index({ [words]: first }) })).toContain('1 tensors of 3');
  });

  it.each([
    ['no configuration', { 'config.json': null }, 'no config.json'],
    ['a configuration without a class', { 'config.json': '{"model_type":"bert"}' }, 'architectures'],
    ['code of its own', { 'config.json': configWith({ auto_map: { AutoModel: 'x.Y' } }) }, 'auto_map'],
    ['pickled weights alone', { 'model.safetensors': null, 'pytorch_model.bin': 'x' }, 'pytorch_model.bin'],
    ['no weights', { 'model.safetensors': null }, 'no weights'],
    ['words of another number', { 'config.json': configWith({ vocab_size: 41 }) }, '40 × 8'],
    ['words of another width', { 'config.json': configWith({ hidden_size: 16 }) }, '40 × 8'],
    ['layers that are missing', { 'config.json': configWith({ num_hidden_layers: 3 }) }, '2 layers'],
    ['no tokenizer', { 'tokenizer.json': null }, 'no tokenizer'],
    ['a tokenizer that is no JSON', { 'tokenizer.json': '{' }, 'no JSON'],
    ['a tokenizer of more words', { 'tokenizer.json': '{"model":{"vocab":{"a":40}}}' }, 'a token 40'],
    ['a tensor of an unknown type', { 'model.safetensors': safetensors(TINY, typeOf('F3')) }, 'the type F3'],
  ] as [string, Record<string, string | Buffer | null>, string][])('is refused with %s', async (_, changed, said) => {
    expect(await refusal(changed)).toContain(said);
  });

  it('is refused where its weights are cut off, or have more after them', async () => {
    const whole = safetensors(TINY);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        await refusal({ 'model.safetensors': whole.subarray(0, length) });
      }),
    );
    await refusal({ 'model.safetensors': Buffer.concat([whole, Buffer.alloc(1)]) });
  });

  it('is refused where a tensor is not of the bytes that its shape takes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(TINY)),
        fc.array(fc.nat(50), { maxLength: 3 }),
        async (name, shape) => {
          const numbers = (sides: readonly number[]) => sides.reduce((product, side) => product * side, 1);
          fc.pre(numbers(shape) !== numbers(TINY[name] ?? []));
          const reshape = (header: Record<string, unknown>) => Object.assign(header[name] as object, { shape });
          await refusal({ 'model.safetensors': safetensors(TINY, reshape) });
        },
      ),
    );
  });

  it.each([
    [{ architectures: ['LlamaForCausalLM'], model_type: 'llama' }, 'causal-lm'],
    [{ architectures: ['MixtralForCausalLM'], model_type: 'mixtral', num_local_experts: 8 }, 'moe'],
    [{ architectures: ['LlamaForSequenceClassification'], model_type: 'llama', id2label: { 0: 'LABEL_0' } }, 'reward'],
    [{ architectures: ['BertForSequenceClassification'], id2label: { 0: 'LABEL_0' } }, 'classifier'],
    [
      { architectures: ['LlamaForSequenceClassification'], model_type: 'llama', id2label: { 0: 'a', 1: 'b' } },
      'classifier',
    ],
    [{ architectures: ['T5ForConditionalGeneration'], model_type: 't5' }, 'other'],
  ])('of %o is for %s', async (config, kind) => {
    expect((await check({ 'config.json': configWith(config) })).facts.kind).toBe(kind);
  });
});

describe('the files of a model', () => {
  it('have flat names in the store that give their own back', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}$/);
    const file = fc.oneof(
      part,
      fc.tuple(part, part).map((parts) => parts.join('/')),
    );
    fc.assert(
      fc.property(file, (name) => {
        expect(nestedName(flatName(name))).toBe(name);
      }),
    );
  });

  it.each([
    '1_Pooling/config.json',
    '2_Dense/model.safetensors',
    'spiece.model',
    'merges.txt',
    'LICENSE',
    'chat_template.jinja',
  ])('are taken over: %s', (name) => expect(isKept(name)).toBe(true));
  it.each([
    'a@b.json',
    '../config.json',
    '/etc/x.json',
    'original/consolidated.safetensors',
    '.cache/x.json',
    '1_Pooling/x.py',
    'x.bin',
  ])('stay behind: %s', (name) => expect(isKept(name)).toBe(false));
});

describe('a card', () => {
  it.each([
    ['---\nlicense: mit\n---\n', 'mit'],
    ['---\r\ntags: [a]\r\nlicense: "cc-by-4.0" # as is\r\n---\r\nText', 'cc-by-4.0'],
    ['---\nlicense: other\nlicense_name: my-licence\n---\n', 'my-licence'],
    ['---\ntags: [a]\n---\nlicense: mit', null],
    ['license: mit', null],
    ['---\nlicense: [mit]\n---\n', null],
  ])('%j states the licence %s', (card, licence) => expect(licenceOf(card)).toBe(licence));

  it('that is written here states its licence, its base and what was measured', () => {
    const facts = { name: 'tuned', licence: 'apache-2.0', architecture: 'BertModel', parameters: 22_713_216 };
    const card = writeCard({ ...facts, base: 'base@1', metrics: { mrr: 0.5 }, lineage: { dataset: 'pairs@2' } });
    expect(licenceOf(card)).toBe('apache-2.0');
    for (const said of ['base_model: base@1', '22,713,216', '| mrr | 0.5 |', '| dataset | pairs@2 |'])
      expect(card).toContain(said);
  });
});

function typeOf(dtype: string) {
  return (header: Record<string, unknown>) => Object.assign(header[Object.keys(TINY)[0] ?? ''] as object, { dtype });
}
