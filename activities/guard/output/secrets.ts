import type { GuardReason } from '../../../schemas/guard';
import type { Reading } from '../normalise';

/** What secrets look like, by who gives them out. */
const PATTERNS: readonly { id: string; pattern: RegExp; weight: number }[] = [
  { id: 'private key', pattern: /-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----/, weight: 0.95 },
  { id: 'AWS key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, weight: 0.9 },
  { id: 'GitHub token', pattern: /\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{50,}\b/, weight: 0.95 },
  { id: 'Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/, weight: 0.95 },
  { id: 'Google key', pattern: /\bAIza[A-Za-z0-9_-]{35}\b/, weight: 0.9 },
  { id: 'model provider key', pattern: /\bsk-(?:[A-Za-z]+-)*[A-Za-z0-9_-]{20,}\b/, weight: 0.9 },
  { id: 'Stripe key', pattern: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}\b/, weight: 0.9 },
  { id: 'web token', pattern: /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/, weight: 0.8 },
  {
    id: 'address with a password',
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{1,64}:[^\s:/@*<{$]{3,128}@[\w.-]+/i,
    weight: 0.8,
  },
  {
    id: 'assigned secret',
    pattern:
      /\b(?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token)["']? ?[:=] ?["']?(?=[^\s"']{0,63}\d)(?=[^\s"']{0,63}[A-Za-z])[^\s"'<>{}*$]{10,64}/i,
    weight: 0.5,
  },
];

/** Letters, digits and signs in one piece that is long enough for a key. */
const TOKEN = /[A-Za-z0-9+/_=-]{24,128}/g;
/** Bits a character above which a piece is random: words stay below 3.9, keys of 64 signs come near 5. */
const RANDOM_BITS = 4.4;
/** A hash or an id is as random, and no secret. */
const HASH = /^(?:[0-9a-f]+|[0-9A-F]+|[0-9a-fA-F-]{36})$/;
const ENTROPY_WEIGHT = 0.36;

/** Shorter ones would be found by chance. */
const LEAST_SECRET = 6;

/** Entropy of the characters of a text, in bits a character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const sign of text) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/**
 * Reasons against an output that gives secrets away: the given ones, in any view of the text and with anything between their
 * characters, backwards too; what looks like a key; what looks random. No reason holds the secret.
 */
export function secretReasons({ views }: Reading, secrets: readonly string[]): GuardReason[] {
  const found: GuardReason[] = [];
  const add = (rule: string, why: string, view: string, weight: number) => {
    if (!found.some((reason) => reason.rule === rule && reason.why === why)) found.push({ rule, why, view, weight });
  };
  const wanted = secrets.map(bare).filter(({ length }) => length >= LEAST_SECRET);
  for (const { kind, text } of views) {
    const shown = bare(text);
    const given = wanted.some((secret) => shown.includes(secret) || shown.includes([...secret].reverse().join('')));
    if (given) add('secret', 'holds a secret that was to be kept', kind, 1);
    for (const { id, pattern, weight } of PATTERNS) {
      if (pattern.test(text)) add('secret-pattern', `holds what looks like a ${id}`, kind, weight);
    }
  }
  const plain = views[0]?.text ?? '';
  for (const [token] of plain.matchAll(TOKEN)) {
    if (HASH.test(token) || !/\d/.test(token) || !/[A-Z]/.test(token) || !/[a-z]/.test(token)) continue;
    if (entropy(token) >= RANDOM_BITS)
      add('secret-entropy', 'holds a random piece as long as a key', 'plain', ENTROPY_WEIGHT);
  }
  return found;
}

/** Letters and digits alone, in lower case: what is left of a text however it is spaced out. */
const bare = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
