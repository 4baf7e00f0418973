import type { PiiKind } from '../../../schemas/recipes';
import { findPii } from './find';

/** What stands for each kind, in the manner of dolma: no text has it by chance, and a tokenizer sees where it begins. */
const MARKS: Record<PiiKind, string> = {
  email: '|||EMAIL_ADDRESS|||',
  ipv4: '|||IP_ADDRESS|||',
  ipv6: '|||IP_ADDRESS|||',
  phone: '|||PHONE_NUMBER|||',
  card: '|||PAYMENT_CARD|||',
  chineseId: '|||IDENTITY_NUMBER|||',
  chineseMobile: '|||PHONE_NUMBER|||',
};

export type PiiCounts = Partial<Record<PiiKind, number>>;

/** The text with marks in place of personal data, and how often each kind was found. */
export function redact(text: string, kinds: readonly PiiKind[]): { text: string; counts: PiiCounts } {
  const counts: PiiCounts = {};
  const parts: string[] = [];
  let end = 0;
  for (const found of findPii(text, kinds)) {
    parts.push(text.slice(end, found.start), MARKS[found.kind]);
    end = found.end;
    counts[found.kind] = (counts[found.kind] ?? 0) + 1;
  }
  return { text: end === 0 ? text : parts.join('') + text.slice(end), counts };
}
