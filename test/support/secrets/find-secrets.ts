import { CANARY } from './canary';

/** A secret that stood where none may; never the secret itself. */
export interface Finding {
  /** File, or run and event. */
  where: string;
  /** Which secret, or what it looks like. */
  what: string;
  /** Bytes from the beginning of what was looked at. */
  at: number;
}

/** A secret that is known, and how it is called in a finding. */
export interface Known {
  name: string;
  text: string;
}

/**
 * Well-known keys, as those who give them out write them, and addresses with a password. All are strict: what matches is a key in
 * any text. The sources are those of gitleaks (https://github.com/gitleaks/gitleaks, config/gitleaks.toml).
 */
const FORMATS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----/g],
  ['a key of AWS', /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g],
  ['a token of GitHub', /\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{82}\b/g],
  ['a token of Slack', /\bxox[abeoprs]-\d{10,13}-[A-Za-z0-9-]{20,}/g],
  ['a key of Google', /\bAIza[\w-]{35}\b/g],
  ['a key of a model provider', /\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9]{20,}\b/g],
  ['a token of the Hugging Face hub', /\bhf_[A-Za-z]{34}\b/g],
  ['a web token', /\beyJ[\w-]{17,}\.eyJ[\w-]{17,}\.[\w-]{10,}/g],
  [
    'an address with a password',
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'`<>]{1,64}:[^\s:/@"'`*<>{}$\\]{3,128}@[\w.[\]-]+[:/]/g,
  ],
];

/**
 * Forms in which a secret may stand: as it is, in an address, in JSON, in digits, and within base64, where it has three, by its place
 * in a group of three bytes, each in both alphabets.
 */
function formsOf(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const plain = [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1), bytes.toString('hex')];
  const encoded = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // The first and the last signs hold bits of neighbours.
    return whole.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 8) / 6));
  });
  const inAddresses = encoded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([...plain, ...encoded, ...inAddresses])].map((form) => Buffer.from(form));
}

export type Search = (where: string, bytes: Buffer, isText: boolean) => Finding[];

/** Looks for every canary and what else is known, and in texts for what has the form of a key. */
export function secretSearch(known: readonly Known[] = []): Search {
  const wanted = [{ name: 'a canary of the tests', text: CANARY }, ...known].map(({ name, text }) => ({
    name,
    forms: formsOf(text),
  }));
  return (where, bytes, isText) => {
    const findings = wanted.flatMap(({ name, forms }) => {
      const at = forms.map((form) => bytes.indexOf(form)).find((found) => found !== -1);
      return at === undefined ? [] : [{ where, what: name, at }];
    });
    if (!isText) return findings;
    const text = bytes.toString('latin1');
    for (const [what, pattern] of FORMATS) {
      for (const { index } of text.matchAll(pattern)) findings.push({ where, what, at: index });
    }
    return findings;
  };
}

/** @throws with each place where a secret stands, and never with the secret. */
export function refuseSecrets(findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const lines = findings.slice(0, 50).map(({ where, what, at }) => `  ${where}, byte ${at}: ${what}`);
  throw new Error(`Secrets stand where none may, ${findings.length} times:\n${lines.join('\n')}`);
}
