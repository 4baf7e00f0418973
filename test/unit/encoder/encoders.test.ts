import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEncoder } from '../../../activities/encoder/build-encoder';
import { fingerprintOf } from '../../../activities/encoder/fingerprint';
import { isFailure } from '../../../activities/errors';
import { packConfig } from '../../../schemas/config';
import { Encoders } from '../../../workers/encoders';
import { tinyWeights, writeTinyModel } from './tiny-bert';

let dir: string;
let encoders: Encoders;
const folder = (name: string) => join(dir, name);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llm-pack-encoders-'));
  for (const [at, name] of ['first', 'second'].entries()) {
    await writeTinyModel(folder(name), tinyWeights(at + 1));
    await buildEncoder(folder(name), folder(name));
  }
  encoders = new Encoders(
    configured({ letters: { model: folder('second'), threads: 1, languages: ['zh', 'ja'] } }),
    () => undefined,
  );
});
afterAll(async () => {
  await encoders.close();
  await rm(dir, { recursive: true, force: true });
});

function configured(others: object) {
  const encoder = { model: folder('first'), threads: 1 };
  return { config: packConfig.parse({ encoder, encoders: others }), cacheDir: folder('cache') };
}

describe('the encoders of a project', () => {
  it('are opened by name, each once; the default one without a name', async () => {
    const [first, again, second] = await Promise.all([
      encoders.open(),
      encoders.open({ named: 'default' }),
      encoders.open({ named: 'letters' }),
    ]);
    expect(first.identity.name).toBe(folder('first'));
    expect(again).toBe(first);
    expect(second.identity.name).toBe(folder('second'));
  });

  it('are chosen by language, the default where none is for it or there is none', async () => {
    const forLanguage = async (language: string | null) =>
      (await encoders.open({ language: () => Promise.resolve(language) })).identity.name;
    await expect(forLanguage('ja')).resolves.toBe(folder('second'));
    await expect(forLanguage('de')).resolves.toBe(folder('first'));
    await expect(forLanguage(null)).resolves.toBe(folder('first'));
  });

  it('may be registered models, named with their version', async () => {
    const asked: string[] = [];
    const find = (reference: string) => {
      asked.push(reference);
      return Promise.resolve(folder('second'));
    };
    const settings = configured({ tuned: { model: 'model:tuned@2', threads: 1 }, latest: { model: 'model:tuned' } });
    const registered = new Encoders(settings, () => undefined, find);
    const { identity } = await registered.open({ named: 'tuned' });
    expect(identity).toMatchObject({ name: 'model:tuned@2', fingerprint: await fingerprintOf(folder('second')) });
    expect(asked).toEqual(['tuned@2']);
    const refused = (error: unknown) => isFailure(error, 'EncoderNotConfigured');
    await expect(registered.open({ named: 'latest' })).rejects.toSatisfy(refused);
    await expect(new Encoders(settings, () => undefined).open({ named: 'tuned' })).rejects.toSatisfy(refused);
    await registered.close();
  });

  it('are found by fingerprint, whatever the model was called when it was used', async () => {
    const fingerprint = await fingerprintOf(folder('second'));
    const moved = await encoders.open({ identity: { name: 'elsewhere', fingerprint, dimensions: 8 } });
    expect(moved.identity).toMatchObject({ name: folder('second'), fingerprint });
  });

  it('do not hold one that is not configured: its fingerprint is told, and what there is', async () => {
    const gone = encoders.open({ identity: { name: folder('first'), fingerprint: 'f'.repeat(64), dimensions: 8 } });
    await expect(gone).rejects.toSatisfy((error) => isFailure(error, 'EncoderNotConfigured'));
    await expect(gone).rejects.toThrow('ffffffffffff');
    await expect(encoders.open({ named: 'numbers' })).rejects.toThrow('there are default, letters');
  });

  it('do not ask for the language where none is for a language', async () => {
    const alone = new Encoders(configured({}), () => undefined);
    const never = () => Promise.reject(new Error('the language was asked for'));
    await expect(alone.open({ language: never })).resolves.toMatchObject({ identity: { name: folder('first') } });
    await alone.close();
  });
});

it('can not take a name that has a meaning, nor a language that another one has', () => {
  const model = 'someone/model';
  expect(() => packConfig.parse({ encoders: { auto: { model } } })).toThrow('has a meaning already');
  expect(() => packConfig.parse({ encoders: { default: { model } } })).toThrow('has a meaning already');
  const two = { one: { model, languages: ['zh'] }, other: { model, languages: ['zh'] } };
  expect(() => packConfig.parse({ encoders: two })).toThrow("another encoder's already");
  expect(() => packConfig.parse({ encoders: { one: { languages: ['zh'] } } })).toThrow();
});
