import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../../activities/errors';
import { openReranker, type Reranker } from '../../../activities/search/rerank';
import { PAIR_LIMIT, writeTinyCrossEncoder } from './tiny-cross-encoder';

describe('a cross-encoder', () => {
  let dir: string;
  let reranker: Reranker;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'llm-pack-reranker-'));
    await writeTinyCrossEncoder(dir);
    reranker = await openReranker({ dir, threads: 1 });
  });
  afterAll(async () => {
    await reranker.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('reads the query as the first part and the text as the second, of any lengths together', async () => {
    const scores = await reranker.score('z a q', ['q b q', 'b', 'q z', '']);
    expect([...scores].map((score) => Number(score.toFixed(3)))).toEqual([1.9, -0.1, 0.9, -0.1]);
    expect(await reranker.score('a', [])).toHaveLength(0);
  });

  it('cuts a long text, and a long query to half of the room', async () => {
    const many = (letter: string) => Array.from({ length: 40 }, () => letter).join(' ');
    // [CLS] a [SEP] takes 3, the last [SEP] 1.
    expect([...(await reranker.score('a', [many('q')]))]).toEqual([PAIR_LIMIT - 4]);
    // [CLS] and [SEP] leave 4 for the query, and [SEP] leaves 5 for the text.
    const [score] = await reranker.score(many('z'), [many('q')]);
    expect(score).toBeCloseTo(5 - 0.4, 5);
  });

  it('is refused where the folder holds none', async () => {
    const missing = openReranker({ dir: join(dir, 'nowhere'), threads: 1 });
    await expect(missing).rejects.toSatisfy((error) => isFailure(error, 'ModelNotFound'));
  });
});
