import type { Doubt } from '../../../schemas/grounding';
import { type Alignment, areEqual, NONE } from './align';
import type { Token } from './tokens';

/** Tokens of a run that may have been put where others stood. */
const SHORT = 3;

/**
 * Takes apart short runs that stand elsewhere in the evidence, while where their neighbours stand there is something else
 * in between: "the lift exceeds the drag" has every word of "the drag exceeds the lift".
 */
export function loosenMisplaced(claim: readonly Token[], evidence: readonly Token[], alignment: Alignment): void {
  const { to, back, start, run } = alignment;
  const isShort = (at: number) => (run[at] ?? 0) <= 2;
  const misplaced: (readonly [number, number])[] = [];
  for (let first = 0; first < claim.length; first += 1) {
    if (start[first] !== first) continue;
    let end = first + 1;
    while (start[end] === first) end += 1;
    if (end - first > SHORT || !isShort(first) || (run[first] ?? 0) === 0) continue;
    const [from, until] = betweenNeighbours(first, end, claim, evidence, to);
    const own = to[first] ?? NONE;
    if (until - from < 1 || until - from > end - first + 2 || (own >= from && own < until)) continue;
    let rival = false;
    let fixed = false;
    for (let place = from; place < until; place += 1) {
      if (!evidence[place]?.content) continue;
      const holder = back[place] ?? NONE;
      if (holder === NONE || isShort(holder)) rival = true;
      else fixed = true;
    }
    if (rival && !fixed) misplaced.push([first, end]);
  }
  for (const [first, end] of misplaced) {
    for (let at = first; at < end; at += 1) {
      back[to[at] ?? 0] = NONE;
      to[at] = NONE;
      start[at] = NONE;
      run[at] = 0;
    }
  }
}

/** The places of the evidence, [from, until), that lie between the images of a run's neighbours, or up to the end of a clause. */
function betweenNeighbours(
  first: number,
  end: number,
  claim: readonly Token[],
  evidence: readonly Token[],
  to: Int32Array,
): readonly [number, number] {
  const nothing = [0, 0] as const;
  const opens = first === 0 || claim[first - 1]?.kind === 'mark';
  const closes = end === claim.length || claim[end]?.kind === 'mark';
  const left = opens ? NONE : (to[first - 1] ?? NONE);
  const right = closes ? NONE : (to[end] ?? NONE);
  if (left !== NONE && right !== NONE) return [left + 1, right];
  const atEdge = (place: number) => evidence[place] === undefined || evidence[place].kind === 'mark';
  if (opens && right !== NONE) {
    let from = right;
    while (from > 0 && !atEdge(from - 1)) from -= 1;
    return [from, right];
  }
  if (closes && left !== NONE) {
    let until = left + 1;
    while (until < evidence.length && !atEdge(until)) until += 1;
    return [left + 1, until];
  }
  return nothing;
}

/** Tokens walked from a neighbour to where a number or name should stand. */
const PLACE_REACH = 5;

/**
 * A number or a name that the evidence has, but in another place: where its neighbours say that it should stand, there
 * stands another one.
 */
export function findMisplaced(
  claim: readonly Token[],
  evidence: readonly Token[],
  { to, run }: Alignment,
): { kind: Doubt; at: readonly [number, number] } | undefined {
  const turned = claim.some(({ text }) => text === 'by') !== evidence.some(({ text }) => text === 'by');
  for (const [at, token] of claim.entries()) {
    const own = to[at] ?? NONE;
    const named = token.name && !turned;
    if (own === NONE || (run[at] ?? 0) > 1 || !(token.quantity || named)) continue;
    const sides = ([-1, 1] as const).map((side) => rivalFrom(at, side, own, { claim, evidence, to }));
    if (sides.includes('other') && !sides.includes('own'))
      return { kind: token.quantity ? 'number' : 'name', at: [at, at + 1] };
  }
  return undefined;
}

/** What stands where a claim's token should, walking on from the image of its neighbour: itself, another of its kind, or nothing. */
function rivalFrom(
  at: number,
  side: -1 | 1,
  own: number,
  { claim, evidence, to }: { claim: readonly Token[]; evidence: readonly Token[]; to: Int32Array },
): 'own' | 'other' | undefined {
  const token = claim[at];
  const neighbour = at + side;
  const image = to[neighbour] ?? NONE;
  if (!token || neighbour < 0 || neighbour >= claim.length || image === NONE) return undefined;
  for (let step = 1; step <= PLACE_REACH; step += 1) {
    const place = image - side * step;
    if (place === own) return 'own';
    const other = evidence[place];
    if (!other || other.kind === 'mark') return undefined;
    const rival = token.quantity ? other.quantity !== undefined && !areEqual(token, other) : other.name;
    if (rival) return 'other';
    if (other.content) return undefined;
  }
  return undefined;
}
