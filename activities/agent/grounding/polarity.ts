import { type Alignment, areRelated, NONE } from './align';
import type { Token } from './tokens';

/** Tokens between what denies and what is denied, at most. */
const REACH = 4;

/**
 * Whether what a claim denies is denied in its evidence too, and the other way round. Returns the index of a token of the
 * claim that is not, or undefined.
 */
export function findDenial(
  claim: readonly Token[],
  evidence: readonly Token[],
  alignment: Alignment,
): number | undefined {
  const { to, back, run } = alignment;
  for (const [cue, token] of claim.entries()) {
    if (!isDenial(claim, cue) || token.kind === 'mark') continue;
    const head = headOf(claim, cue, to);
    const image = head === NONE ? NONE : (to[head] ?? NONE);
    if (image === NONE) {
      if (evidence.some((_, place) => isDenial(evidence, place))) continue;
      return cue;
    }
    const own = to[cue] ?? NONE;
    if (own !== NONE && ((run[cue] ?? 0) > 1 || Math.abs(own - image) <= REACH + 1)) continue;
    if (!isDenied(evidence, image)) return cue;
  }
  for (const cue of evidence.keys()) {
    if (!isDenial(evidence, cue) || back[cue] !== NONE) continue;
    const head = headOf(evidence, cue, back);
    const image = head === NONE ? NONE : (back[head] ?? NONE);
    // A word alone may stand for another place of the evidence, where the evidence has it twice.
    const sure = image !== NONE && ((run[image] ?? 0) > 1 || joins(cue, head, alignment) || isOnly(evidence, head));
    if (image === NONE || !sure || onlyUnless(claim, evidence)) continue;
    if (!isDenied(claim, image)) return image;
  }
  return undefined;
}

/** "Only if" says what "not unless" does. */
const onlyUnless = (claim: readonly Token[], evidence: readonly Token[]): boolean =>
  claim.some(({ text }) => /^(?:only|只|仅)$/.test(text)) &&
  evidence.some(({ text }) => /^(?:unless|until|except|除|非)$/.test(text));

const isOnly = (tokens: readonly Token[], at: number): boolean =>
  !tokens.some((token, other) => other !== at && tokens[at] !== undefined && areRelated(token, tokens[at]));

/** Whether a claim goes on over a denial of its evidence: its tokens beside it stand next to each other there. */
function joins(cue: number, head: number, { back }: Alignment): boolean {
  const [before, after] = [back[cue - 1] ?? NONE, back[head] ?? NONE];
  return before !== NONE && after > before && after - before <= head - cue + 1;
}

const isDenial = (tokens: readonly Token[], at: number): boolean =>
  tokens[at]?.negation === true && !/^(?:only|just|merely|仅|但|只)$/.test(tokens[at + 1]?.text ?? '');

/**
 * What a word denies: the next token with a content, or the one right behind that where only that stands for something on
 * the other side ("not completely established").
 */
function headOf(tokens: readonly Token[], cue: number, image: Int32Array): number {
  let at = cue + 1;
  while (at < tokens.length && at <= cue + REACH && !tokens[at]?.content) at += 1;
  if (!tokens[at]?.content) return NONE;
  return image[at] === NONE && tokens[at + 1]?.content && image[at + 1] !== NONE ? at + 1 : at;
}

/** Whether something denies the token, not far before it and in the same clause. */
function isDenied(tokens: readonly Token[], head: number): boolean {
  for (let at = head; at >= 0 && at >= head - REACH - 1; at -= 1) {
    if (isDenial(tokens, at)) return true;
    if (at < head && tokens[at]?.kind === 'mark') return false;
  }
  // "It is denied by nobody" and "unable": right behind it.
  return isDenial(tokens, head + 1);
}

/** Whether something denies the token. */
export const denied = isDenied;
