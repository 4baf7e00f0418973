import type { PiiKind } from '../../../schemas/recipes';
import { isPublicIpv4, isPublicIpv6 } from './addresses';
import { isCardNumber, isChineseId } from './checksums';

/** A piece of personal data in a text: from `start` to `end`. */
export interface Found {
  kind: PiiKind;
  start: number;
  end: number;
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';

/**
 * Numbers of each kind by their form, and what else must hold of them. Each pattern is bounded in length, so that it
 * takes linear time on any text, and wants no digit or letter at either end: it would be part of something else.
 */
const PATTERNS: Record<Exclude<PiiKind, 'email'>, { pattern: RegExp; holds?: (text: string) => boolean }> = {
  ipv6: { pattern: /(?<![\w:.])[23][0-9a-f]{3}:[0-9a-f:.]{2,40}(?<=[0-9a-f:])(?![\w:])/gi, holds: isPublicIpv6 },
  ipv4: { pattern: new RegExp(`(?<![\\w.])${OCTET}(?:\\.${OCTET}){3}(?!\\.?\\w)`, 'g'), holds: isPublicIpv4 },
  chineseId: { pattern: /(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])/g, holds: isChineseId },
  card: { pattern: /(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-])/g, holds: isCardNumber },
  chineseMobile: { pattern: /(?<![\w.+-])(?:(?:\+|00)?86[ -]?)?1[3-9]\d([ -]?)\d{4}\1\d{4}(?![\w-])/g },
  // With its country code; or as North America writes numbers, or China those of its lines.
  phone: {
    pattern:
      /(?<![\w.+-])(?:\+[1-9][\d ().-]{6,20}\d|(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}|0\d{2,3}-[2-9]\d{6,7})(?![\w-])/g,
    holds: (text) => {
      const digits = text.replace(/\D/g, '').length;
      return digits >= 8 && digits <= 15;
    },
  },
};

/** Where kinds overlap, the first of these is what it is. */
const ORDER: readonly PiiKind[] = ['email', 'ipv6', 'ipv4', 'chineseId', 'card', 'chineseMobile', 'phone'];

/** All personal data of the kinds asked for, in the order of the text; none overlaps another. */
export function findPii(text: string, kinds: readonly PiiKind[]): Found[] {
  const found: Found[] = [];
  const isFree = (start: number, end: number) => found.every((other) => end <= other.start || start >= other.end);
  for (const kind of ORDER) {
    if (!kinds.includes(kind)) continue;
    for (const { start, end } of kind === 'email' ? emails(text) : numbers(text, kind)) {
      if (isFree(start, end)) found.push({ kind, start, end });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

function* numbers(text: string, kind: Exclude<PiiKind, 'email'>): Generator<{ start: number; end: number }> {
  const { pattern, holds } = PATTERNS[kind];
  for (const match of text.matchAll(pattern)) {
    if (!holds || holds(match[0])) yield { start: match.index, end: match.index + match[0].length };
  }
}

/** RFC 5321: at most 64 characters before the @, 255 after it. */
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 255;
const LOCAL = /[A-Za-z0-9][A-Za-z0-9!#$%&'*+/=?^_`{|}~-]*(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}(?![A-Za-z0-9])/;

/** `logo@2x.png`: a picture for dense screens, not an address. */
const PICTURE = /^[1-4]x\./;

/** From each @ to both sides: searched from the front, a long run of letters would cost its square. */
function* emails(text: string): Generator<{ start: number; end: number }> {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const local = LOCAL.exec(text.slice(Math.max(0, at - LONGEST_LOCAL), at));
    const domain = local && DOMAIN.exec(text.slice(at + 1, at + 1 + LONGEST_DOMAIN));
    if (local && domain && !PICTURE.test(domain[0]))
      yield { start: at - local[0].length, end: at + 1 + domain[0].length };
  }
}
