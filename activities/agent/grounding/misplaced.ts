import type { Doubt } from '../../../schemas/grounding';
import { type Alignment, areContrary, areEqual, NONE } from './align';
import type { Token } from './tokens';

/** Tokens of a claim, [start, end), that stand where the evidence has another number or name, or the opposite. */
export interface Misplaced {
  kind: Doubt;
  at: readonly [number, number];
}

/** Tokens of a run that may have been put where others stood. */
const SHORT = 3;

/**
 * Takes apart short runs that stand elsewhere in the evidence, while where their neighbours stand there is something else
 * in between: "the lift exceeds the drag" has every word of "the drag exceeds the lift".
 */
export function loosenMisplaced(
  claim: readonly Token[],
  evidence: readonly Token[],
  alignment: Alignment,
): Misplaced | undefined {
  let doubt: Misplaced | undefined;
  const { to, back, start, run } = alignment;
  const isShort = (at: number) => (run[at] ?? 0) <= 2;
  const misplaced: (readonly [number, number])[] = [];
  for (let first = 0; first < claim.length; first += 1) {
    if (start[first] !== first) continue;
    let end = first + 1;
    while (start[end] === first) end += 1;
    if (end - first > SHORT || !isShort(first) || (run[first] ?? 0) === 0) continue;
    if (isDated(claim, first)) continue;
    const placed = claim.slice(first, end);
    const [before, next] = [first > 0 ? (to[first - 1] ?? NONE) : NONE, to[first] ?? NONE];
    const instead = before === NONE || next === before + 1 ? undefined : evidence[before + 1];
    if (instead && back[before + 1] === NONE && placed[0] && areContrary(placed[0], instead)) {
      doubt ??= { kind: 'opposite', at: [first, end] };
    }
    const [from, until, sides] = betweenNeighbours(first, end, claim, evidence, to);
    const own = to[first] ?? NONE;
    if (until - from < 1 || until - from > end - first + 2 || (own >= from && own < until)) continue;
    let rival = false;
    let fixed = false;
    let named = false;
    for (let place = from; place < until; place += 1) {
      const other = evidence[place];
      if (!other?.content) continue;
      const holder = back[place] ?? NONE;
      if (holder !== NONE && !isShort(holder)) fixed = true;
      else if (sides === 2 || until - from === placed.length || placed.some((token) => areOfKind(token, other))) {
        rival = true;
        named ||= other.name && placed.some(({ name }) => name);
      }
    }
    if (!rival || fixed) continue;
    misplaced.push([first, end]);
    if (named) doubt ??= { kind: 'name', at: [first, end] };
  }
  for (const [first, end] of misplaced) {
    for (let at = first; at < end; at += 1) {
      back[to[at] ?? 0] = NONE;
      to[at] = NONE;
      start[at] = NONE;
      run[at] = 0;
    }
  }
  return doubt;
}

/** The parts of a date stand in any order. */
const isDated = (claim: readonly Token[], at: number): boolean =>
  [at - 1, at, at + 1].some((place) => claim[place]?.quantity?.unit === 'month');

/** Whether one may have been put in the place of the other: both numbers, both names, or opposites. */
const areOfKind = (one: Token, other: Token): boolean =>
  one.quantity || other.quantity
    ? one.quantity !== undefined && other.quantity !== undefined
    : (one.name && other.name) || areContrary(one, other) || (one.kind === 'han' && other.kind === 'han');

/** The places of the evidence, [from, until), that lie between the images of a run's neighbours, or up to the end of a clause. */
function betweenNeighbours(
  first: number,
  end: number,
  claim: readonly Token[],
  evidence: readonly Token[],
  to: Int32Array,
): readonly [number, number, sides: number] {
  const nothing = [0, 0, 0] as const;
  const opens = first === 0 || claim[first - 1]?.kind === 'mark';
  const closes = end === claim.length || claim[end]?.kind === 'mark';
  const left = opens ? NONE : (to[first - 1] ?? NONE);
  const right = closes ? NONE : (to[end] ?? NONE);
  if (left !== NONE && right !== NONE) return [left + 1, right, 2];
  const atEdge = (place: number) => evidence[place] === undefined || evidence[place].kind === 'mark';
  if (opens && right !== NONE) {
    let from = right;
    while (from > 0 && !atEdge(from - 1)) from -= 1;
    return [from, right, 1];
  }
  if (closes && left !== NONE) {
    let until = left + 1;
    while (until < evidence.length && !atEdge(until)) until += 1;
    return [left + 1, until, 1];
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
): Misplaced | undefined {
  const turned = claim.some(({ text }) => text === 'by') !== evidence.some(({ text }) => text === 'by');
  for (const [at, token] of claim.entries()) {
    const own = to[at] ?? NONE;
    const named = token.name && !turned;
    if (own === NONE || (run[at] ?? 0) > 1 || !(token.quantity || named) || isDated(claim, at)) continue;
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
