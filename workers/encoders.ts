import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Encoder, openEncoder } from '../activities/encoder/encoder';
import { exportedPrecision } from '../activities/encoder/exported';
import { fingerprintOf } from '../activities/encoder/fingerprint';
import { notConfigured, type WantedEncoder } from '../activities/encoder/wanted';
import { failure } from '../activities/errors';
import { DEFAULT_ENCODER, type EncoderSettings, type PackConfig } from '../schemas/config';
import type { EncoderIdentity } from '../schemas/rebuild-index';
import { type ModelFolders, registeredModel } from './registered-models';
import type { Settings } from './settings';
import { ensureEncoderModel } from './stack/encoder-model';
import { ensureEncoderWeights } from './stack/encoder-weights';

/** The configured encoders by name, the default one first. */
export const configuredEncoders = ({ encoder, encoders }: PackConfig): Map<string, EncoderSettings> =>
  new Map([[DEFAULT_ENCODER, encoder], ...Object.entries(encoders)]);

/** The configured encoders of a process: each is found, fetched and loaded when it is first asked for, and once. */
export class Encoders {
  private readonly settings: ReadonlyMap<string, EncoderSettings>;
  private readonly opened = new Map<string, Promise<Encoder>>();
  private readonly fingerprints = new Map<string, Promise<string>>();

  constructor(
    private readonly project: Pick<Settings, 'config' | 'cacheDir'>,
    private readonly log: (message: string) => void,
    /** Finds registered models; left out where none can be had. */
    private readonly registered?: ModelFolders,
  ) {
    this.settings = configuredEncoders(project.config);
  }

  /** See `OpenEncoder`. */
  async open(wanted: WantedEncoder = { named: DEFAULT_ENCODER }): Promise<Encoder> {
    if ('identity' in wanted) return this.named(await this.nameOf(wanted.identity));
    if ('language' in wanted) return this.named(await this.nameFor(wanted.language));
    return this.named(wanted.named);
  }

  /** The folder with the weights of a configured encoder. @throws `EncoderNotConfigured`, `ModelNotFound` */
  async weightsOf(name: string, signal?: AbortSignal): Promise<string> {
    const { model } = await this.located(name);
    const folder = path.resolve(model);
    if (existsSync(folder)) return folder;
    const log = ({ message }: { message: string }) => this.log(message);
    const { cacheDir } = this.project;
    return (await ensureEncoderWeights({ model, cacheDir, log, ...(signal ? { signal } : {}) })).dir;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.opened.values()].map((encoder) => encoder.then((open) => open.close())));
  }

  private named(name: string): Promise<Encoder> {
    return once(this.opened, name, async () => {
      const { model, precision, threads } = this.settingsOf(name);
      const { provider } = this.project.config.pools.gpu;
      const dir = await this.dirOf(name);
      // A student says itself what its graph computes in.
      return openEncoder({ dir, name: model, threads, precision: exportedPrecision(dir) ?? precision, provider });
    });
  }

  /** The one that lists the language of what is to be embedded, else the default. */
  private async nameFor(language: () => Promise<string | null>): Promise<string> {
    const named = Object.entries(this.project.config.encoders).filter(([, { languages }]) => languages.length > 0);
    if (named.length === 0) return DEFAULT_ENCODER;
    const found = await language();
    return named.find(([, { languages }]) => found !== null && languages.includes(found))?.[0] ?? DEFAULT_ENCODER;
  }

  /** The one with a fingerprint. Those of the same model come first, so that no other has to be fetched to be told apart. */
  private async nameOf(identity: EncoderIdentity): Promise<string> {
    const names = [...this.settings].map(([name, { model }]) => ({ name, isOther: model !== identity.name }));
    const failed: Error[] = [];
    for (const { name } of names.sort((a, b) => Number(a.isOther) - Number(b.isOther))) {
      try {
        const fingerprint = await once(this.fingerprints, name, async () => fingerprintOf(await this.dirOf(name)));
        if (fingerprint === identity.fingerprint) return name;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        failed.push(error); // it may be the one that is sought
      }
    }
    throw failed[0] ?? notConfigured(identity, 'What was asked for');
  }

  private async dirOf(name: string): Promise<string> {
    const { model, precision } = await this.located(name);
    const log = ({ message }: { message: string }) => this.log(message);
    return (await ensureEncoderModel({ model, precision, cacheDir: this.project.cacheDir, log })).dir;
  }

  /** The settings of an encoder, with a folder in place of the registered model that they name. */
  private async located(name: string): Promise<EncoderSettings> {
    const settings = this.settingsOf(name);
    const reference = registeredModel(settings.model);
    if (reference === undefined) return settings;
    if (!this.registered)
      throw failure('EncoderNotConfigured', `${settings.model} is in the registry, which is not asked here.`);
    return { ...settings, model: await this.registered(reference) };
  }

  private settingsOf(name: string): EncoderSettings {
    const settings = this.settings.get(name);
    if (settings) return settings;
    const known = [...this.settings.keys()].join(', ');
    throw failure('EncoderNotConfigured', `There is no encoder "${name}" in temporal.config.ts; there are ${known}.`);
  }
}

/** What `make` gives for a name, made once; a failure is not kept: the next attempt tries again. */
function once<T>(kept: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  const before = kept.get(name);
  if (before) return before;
  const made = make();
  kept.set(name, made);
  made.catch(() => kept.delete(name));
  return made;
}
