import { BYTE_ALPHABET, BYTE_PLACES, PRETOKENS } from './byte-alphabet';
import { MergeQueue } from './merge-queue';
import { tokenizerFile } from './tokenizer-file';
import { PAIR } from './train-bpe';

/** Pretokens whose tokens are remembered: a few tens of megabytes, and nearly all that a corpus has again and again. */
const REMEMBERED = 200_000;
/** Longer pretokens (runs of Chinese, of code) hardly ever come again. */
const LONGEST_REMEMBERED = 48;

/**
 * Turns texts into tokens by a byte-level `tokenizer.json`, as Hugging Face's tokenizers do, several times as fast:
 * what a pretoken became is remembered. A text that looks like a special token is text.
 */
export class BpeTokenizer {
  private readonly special: ReadonlyMap<string, number>;
  private readonly firstByte: Int32Array;
  /** Id of the token that a pair becomes, and which pair is merged before which, by `left * PAIR + right`. */
  private readonly merges = new Map<number, { rank: number; id: number }>();
  private readonly known = new Map<string, readonly number[]>();

  /** @param json the parsed content of a `tokenizer.json` with a byte-level BPE. @throws where it is not one. */
  constructor(json: unknown) {
    const { added_tokens, model } = tokenizerFile.parse(json);
    this.special = new Map(added_tokens.map(({ content, id }) => [content, id]));
    const idOf = (token: string): number => {
      const id = model.vocab[token];
      if (id === undefined) throw new Error(`The tokenizer's vocabulary lacks ${JSON.stringify(token)}.`);
      return id;
    };
    this.firstByte = Int32Array.from(BYTE_PLACES, (place) => idOf(BYTE_ALPHABET[place] ?? ''));
    model.merges.forEach(([left, right], rank) => {
      this.merges.set(idOf(left) * PAIR + idOf(right), { rank, id: idOf(left + right) });
    });
  }

  /** Id of a special token. @throws where there is none. */
  specialId(token: string): number {
    const id = this.special.get(token);
    if (id === undefined) throw new Error(`The tokenizer has no special token ${JSON.stringify(token)}.`);
    return id;
  }

  /** The tokens of a text, without any special one. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const pretoken of text.match(PRETOKENS) ?? []) {
      for (const id of this.tokensOf(pretoken)) ids.push(id);
    }
    return ids;
  }

  private tokensOf(pretoken: string): readonly number[] {
    const known = this.known.get(pretoken);
    if (known) return known;
    const ids = this.merged(pretoken);
    if (pretoken.length <= LONGEST_REMEMBERED) {
      // Forgetting all is rare and cheap: the frequent ones are back at once.
      if (this.known.size >= REMEMBERED) this.known.clear();
      this.known.set(pretoken, ids);
    }
    return ids;
  }

  /** Merges the pair of least rank, the leftmost first, until none is left: n log n, as a pretoken may be a whole text. */
  private merged(pretoken: string): number[] {
    const ids = Array.from(Buffer.from(pretoken), (byte) => this.firstByte[byte] ?? 0);
    if (ids.length < 2) return ids;
    // Tokens are linked: a merged one takes the place of its left part, and the right part's place is empty (-1).
    const next = Int32Array.from(ids, (_, at) => at + 1);
    const before = Int32Array.from(ids, (_, at) => at - 1);
    const queue = new MergeQueue<{ rank: number; at: number; pair: number; id: number }>(
      (a, b) => a.rank - b.rank || a.at - b.at,
    );
    const pairAt = (at: number): number => (ids[at] ?? 0) * PAIR + (ids[next[at] ?? 0] ?? 0);
    const offer = (at: number): void => {
      if (at < 0 || (next[at] ?? ids.length) >= ids.length) return;
      const pair = pairAt(at);
      const merge = this.merges.get(pair);
      if (merge) queue.push({ ...merge, at, pair });
    };
    for (let at = 0; at + 1 < ids.length; at++) offer(at);
    for (let top = queue.pop(); top; top = queue.pop()) {
      const { at, pair, id } = top;
      const right = next[at] ?? ids.length;
      // A neighbour may have been merged away since.
      if (ids[at] === -1 || right >= ids.length || pairAt(at) !== pair) continue;
      ids[at] = id;
      ids[right] = -1;
      const after = next[right] ?? ids.length;
      next[at] = after;
      if (after < ids.length) before[after] = at;
      offer(before[at] ?? -1);
      offer(at);
    }
    return ids.filter((id) => id !== -1);
  }
}
