import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { StudentPrecision } from '../../schemas/distillation-gate';
import { ENCODER_BUILD, ENCODER_FILES } from '../encoder/build-encoder';
import { type Encoder, openEncoder } from '../encoder/encoder';
import { failure } from '../errors';
import { createThreadPool } from '../kit/thread';
import type { ArtifactStore } from '../stores/artifact-store';
import { errorCode } from '../stores/disk';
import { modelFolder } from '../training/models/model-folder';
import type * as thread from './build-thread';

/** A registered model in one of the forms that it runs in. */
export interface ShelvedModel {
  artifact: Pick<ArtifactRef, 'uri' | 'sha256'>;
  task: 'embedding' | 'classifier';
  precision: StudentPrecision;
  /** Numbers of a vector; null for all. */
  dimensions: number | null;
  /** The graph is the one in its folder, which computes in this precision; else it is built of the weights. */
  isExported?: boolean;
}

export interface ShelfOptions {
  store: ArtifactStore;
  /** Folder of this host for what can be made again. */
  dir: string;
  provider: 'auto' | 'cpu' | 'cuda';
  threads: 'cores' | number;
}

/** As many as are compared with one another: the teacher and its student. */
const MOST_OPEN = 2;

/**
 * Models of the registry on this host: laid out, built for ONNX Runtime and opened when they are first asked for. The last two stay open, so that the
 * units of a run need not load their teacher each time.
 */
export class ModelShelf {
  private readonly open = new Map<string, Promise<Encoder>>();
  private readonly threads = createThreadPool<typeof thread>(__dirname, 'build-thread', { threads: 1 });
  /** One at a time: who uses a model may be sure that it stays open. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ShelfOptions) {}

  /** The folder with the weights. @throws `ArtifactMissing`, `ArtifactCorrupt` */
  async folder(artifact: ShelvedModel['artifact']): Promise<string> {
    const parent = path.join(this.options.dir, 'registered');
    await mkdir(parent, { recursive: true });
    return modelFolder(this.options.store, artifact, parent);
  }

  /** The folder with the graph and its tokenizer, and the bytes of the graph. @throws `ModelRefused` where it can not be built. */
  async built(model: ShelvedModel): Promise<{ dir: string; bytes: number }> {
    const dir = model.isExported
      ? await this.folder(model.artifact)
      : path.join(this.options.dir, 'built', keyOf(model));
    if (!existsSync(dir)) {
      const aside = `${dir}.${randomUUID()}`;
      await mkdir(aside, { recursive: true });
      try {
        const { task, precision, dimensions } = model;
        const from = await this.folder(model.artifact);
        await this.threads.run('build', { from, to: aside, task, precision, dimensions }).catch((error: unknown) => {
          const [why = ''] = (error instanceof Error ? error.message : String(error))
            .replaceAll(from, 'it')
            .split('\n');
          throw failure('ModelRefused', `A graph of ${model.artifact.uri} could not be built: ${why}.`, error);
        });
        await rename(aside, dir).catch((error: unknown) => {
          if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
        });
      } finally {
        await rm(aside, { recursive: true, force: true });
      }
    }
    return { dir, bytes: (await stat(path.join(dir, ENCODER_FILES.model))).size };
  }

  /** Does `work` with models that stay open for as long as it takes. */
  async using<R>(models: readonly ShelvedModel[], work: (...encoders: Encoder[]) => Promise<R>): Promise<R> {
    const before = this.last;
    let end: () => void = () => undefined;
    this.last = new Promise<void>((resolve) => (end = resolve));
    await before;
    try {
      const encoders: Encoder[] = [];
      for (const model of models) encoders.push(await this.opened(model));
      return await work(...encoders);
    } finally {
      end();
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.open.values()].map((opened) => opened.then((encoder) => encoder.close())));
    await this.threads.close();
  }

  private async opened(model: ShelvedModel): Promise<Encoder> {
    const key = keyOf(model);
    const known = this.open.get(key);
    if (known) {
      // The last one used goes last.
      this.open.delete(key);
      this.open.set(key, known);
      return known;
    }
    for (const [other, opened] of [...this.open].slice(0, Math.max(0, this.open.size - MOST_OPEN + 1))) {
      this.open.delete(other);
      await (await opened).close();
    }
    const { dir } = await this.built(model);
    const { provider, threads } = this.options;
    const opening = openEncoder({
      ...{ dir, name: model.artifact.uri, threads, precision: model.precision },
      // 8 bits are for CPUs: there a teacher and its student are timed on the same.
      provider: model.precision === 'int8' ? 'cpu' : provider,
      gives: model.task === 'classifier' ? 'logits' : 'vectors',
    });
    this.open.set(key, opening);
    opening.catch(() => this.open.delete(key));
    return opening;
  }
}

const keyOf = ({ artifact, task, precision, dimensions, isExported }: ShelvedModel): string =>
  `${artifact.sha256.slice(0, 16)}-${task}-${precision}-${dimensions ?? 'all'}-${isExported ? 'own' : ENCODER_BUILD}`;
