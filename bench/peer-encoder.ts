import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../activities/kit/package-root';

/** Seconds that a piece of work took: by the clock, and of the CPU, all threads together. */
export interface Spent {
  wall: number;
  cpu: number;
}

/** Encodes the texts that it was opened with, and says what that took. */
export type Side = () => Promise<Spent>;

/**
 * Lends `use` sentence-transformers on the CPU, with its defaults and all cores, in a process of its own that ends with it.
 * @param weights folder of the model.
 * @throws where the process ends before it was asked to.
 */
export async function withPeer<T>(
  python: string,
  weights: string,
  texts: readonly string[],
  use: (side: Side) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-bench-'));
  const task = path.join(dir, 'task.json');
  await writeFile(task, JSON.stringify({ weights, texts, threads: availableParallelism() }));
  const env = { ...process.env, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'true' };
  const peer = spawn(python, [path.join(packageRoot(), 'bench/encoder_peer.py'), task], { env });
  peer.stderr.pipe(process.stderr);
  const answer = linesOf(peer);
  try {
    await answer();
    return await use(async () => {
      peer.stdin.write('\n');
      return JSON.parse(await answer()) as Spent;
    });
  } finally {
    peer.stdin.end();
    await rm(dir, { recursive: true, force: true });
  }
}

/** The versions of the peer's libraries. */
export async function peerVersions(python: string): Promise<string> {
  const code =
    'import sentence_transformers as s, torch; print(f"sentence-transformers {s.__version__}, torch {torch.__version__}")';
  const child = spawn(python, ['-c', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
  await once(child, 'close');
  return told.trim();
}

function linesOf(peer: ChildProcessWithoutNullStreams): () => Promise<string> {
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
  return async () => {
    const line = await lines.next();
    if (line.done) throw new Error('sentence-transformers has ended');
    return line.value;
  };
}
