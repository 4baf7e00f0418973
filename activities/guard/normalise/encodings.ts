/** A decoder: where its texts stand, and what one of them says. */
interface Encoding {
  kind: string;
  pattern: RegExp;
  decode: (match: string) => Uint8Array | string;
}

const fromHex = (digits: string): Uint8Array =>
  Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648. */
function fromBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let [bits, held] = [0, 0];
  for (const letter of text.replace(/=/g, '')) {
    held = ((held << 5) | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes.push((held >> (bits -= 8)) & 0xff);
  }
  return Uint8Array.from(bytes);
}

const MORSE = new Map(
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'
    .split(' ')
    .map((code, at) => [code, String.fromCharCode(97 + at)]),
);

const ENCODINGS: readonly Encoding[] = [
  {
    kind: 'hex',
    pattern: /(?:(?:0x|\\x)?[0-9a-fA-F]{2}[ ,:]?){8,}/g,
    decode: (text) => fromHex(text.replace(/0x|\\x|[ ,:]/g, '')),
  },
  {
    kind: 'base64',
    pattern: /(?:[A-Za-z0-9+/_-]{4}[\r\n]?){3,}[A-Za-z0-9+/_-]{0,3}={0,2}/g,
    decode: (text) => Buffer.from(text, 'base64'),
  },
  { kind: 'base32', pattern: /\b[A-Z2-7]{16,}={0,6}/g, decode: fromBase32 },
  {
    kind: 'binary',
    pattern: /(?:[01]{8}[ ,]?){4,}/g,
    decode: (text) => Uint8Array.from(text.match(/[01]{8}/g) ?? [], (byte) => parseInt(byte, 2)),
  },
  {
    kind: 'decimal',
    pattern: /(?:\b(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6])[ ,;]{1,2}){7,}\d{2,3}\b/g,
    decode: (text) => Uint8Array.from(text.match(/\d+/g) ?? [], Number),
  },
  {
    kind: 'morse',
    pattern: /(?:[.\-–—·]{1,4}(?: \/ | {1,3}|\/)){6,}[.\-–—·]{1,4}/g,
    decode: (text) =>
      text
        .replace(/[–—]/g, '-')
        .replace(/·/g, '.')
        .split(/ *\/ *| {2,}/)
        .map((word) =>
          word
            .split(' ')
            .map((code) => MORSE.get(code) ?? '?')
            .join(''),
        )
        .join(' '),
  },
];

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The text of what was decoded, if it is one: bytes that are no UTF-8, or mostly signs, were something else. */
function readable(decoded: Uint8Array | string): string | null {
  try {
    const text = typeof decoded === 'string' ? decoded : UTF8.decode(decoded);
    const signs = text.match(/[\p{L}\p{N}\p{P}\p{S}\p{Zs}\n]/gu)?.length ?? 0;
    const letters = text.match(/[\p{L}]/gu)?.length ?? 0;
    const length = [...text].length;
    return length >= 4 && signs >= length * 0.95 && letters >= length * 0.5 ? text : null;
  } catch {
    return null;
  }
}

/** Parts decoded of one text at most. */
const MOST_PARTS = 50;

/** What is written in an encoding inside a text: for each kind that is found, the text with those parts decoded. */
export function decodeParts(text: string): { kind: string; text: string }[] {
  const found: { kind: string; text: string }[] = [];
  for (const { kind, pattern, decode } of ENCODINGS) {
    let parts = 0;
    const read = text.replace(pattern, (match) => {
      // A word or a path can be a part of base64 by chance, and decodes to no text.
      const decoded = parts < MOST_PARTS ? readable(decode(match.trim())) : null;
      if (decoded === null) return match;
      parts += 1;
      return ` ${decoded} `;
    });
    if (parts > 0) found.push({ kind, text: read });
  }
  return found;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', colon: ':' };

const character = (code: number, otherwise: string): string =>
  code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : otherwise;

/** Escapes of URLs, HTML and programs, undone; null where there are none. */
export function undoEscapes(text: string): string | null {
  const read = text
    .replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => readableBytes(run.replace(/%/g, '')) ?? run)
    .replace(
      /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|([a-z]{2,5}));/g,
      (all, hex?: string, decimal?: string, name?: string) =>
        name === undefined
          ? character(hex === undefined ? Number(decimal) : parseInt(hex, 16), all)
          : (ENTITIES[name] ?? all),
    )
    .replace(/\\u\{?([0-9a-fA-F]{4,6})\}?/g, (all, hex: string) => character(parseInt(hex, 16), all))
    .replace(/(?:\\x[0-9a-fA-F]{2})+/g, (run) => readableBytes(run.replace(/\\x/g, '')) ?? run);
  return read === text ? null : read;
}

function readableBytes(hex: string): string | null {
  try {
    return UTF8.decode(fromHex(hex));
  } catch {
    return null;
  }
}
