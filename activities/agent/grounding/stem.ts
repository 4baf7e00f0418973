import { IRREGULAR } from './lexicon/english';

const VOWEL = /[aeiouy]/;

/** Endings that make one word of another without changing what it is about. */
const DERIVED = new Set(
  `s es ed d ing ion ions ation ations ition itions ative ive al ally ical ically ic ics ment ments er ers or ors ity ities ness able ible ably
  ance ances ence ences ant ent ous ously ize ise izes ized ised izing ising ization isation y ly ie ies ied tion tions sion sions
  ure ures ate ates ated ating ator e a an ian ians ese ish th t ful fully hood ship ist ists ism age ary ory`
    .split(/\s+/)
    .concat(''),
);
const NEGATING = ['a', 'ab', 'un', 'in', 'im', 'il', 'ir', 'non', 'dis', 'mis', 'anti', 'de', 'counter'];

/**
 * The form of an English word in lower case without the endings of plural, past and progress. Lighter than Porter's
 * stemmer ("An algorithm for suffix stripping", 1980): what it leaves apart, `areDerived` joins.
 */
export function stem(word: string): string {
  const base = word.replace(/['’]s?$/, '');
  const irregular = IRREGULAR.get(base);
  if (irregular !== undefined) return withoutE(irregular);
  let form = base;
  if (form.length > 4 && form.endsWith('ies')) form = `${form.slice(0, -3)}y`;
  else if (/(?:ss|x|ch|sh|z)es$/.test(form)) form = form.slice(0, -2);
  else if (form.length > 3 && /[^sui]s$/.test(form)) form = form.slice(0, -1);
  for (const ending of ['ing', 'ied', 'ed']) {
    const left = form.slice(0, -ending.length);
    if (!form.endsWith(ending) || left.length < 3 || !VOWEL.test(left)) continue;
    form = ending === 'ied' ? `${left}y` : left.replace(/([^aeiouls])\1$/, '$1');
    break;
  }
  return withoutE(form);
}

const withoutE = (form: string): string => (form.length > 3 ? form.replace(/e$/, '') : form);

/** Whether two words are made of one: "investigation" and "investigated". */
export function areDerived(one: string, other: string): boolean {
  let common = 0;
  while (common < one.length && one[common] === other[common]) common += 1;
  if (common < 4 || common < 0.5 * Math.max(one.length, other.length)) return false;
  // The last letter before an ending changes often: "apply" and "application".
  for (const cut of [common, common - 1]) {
    if (cut >= 4 && DERIVED.has(one.slice(cut)) && DERIVED.has(other.slice(cut))) return true;
  }
  return false;
}

/** Whether one word is the other with a prefix or an ending that denies it: "stable" and "unstable". */
export function areNegated(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  const same = (a: string, b: string) => a === b || stem(a) === stem(b) || areDerived(a, b);
  if (short.length < 3) return false;
  if (NEGATING.some((prefix) => long.startsWith(prefix) && same(long.slice(prefix.length).replace(/^-/, ''), short))) {
    return true;
  }
  const bare = (word: string) => /^(.{3,})(less|ful)$/.exec(word);
  const [a, b] = [bare(short), bare(long)];
  if (a && b) return a[1] === b[1] && a[2] !== b[2];
  return b?.[2] === 'less' && b[1] === short;
}
