import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCardNumber, isChineseId } from '../../../activities/cleaning/pii/checksums';
import { findPii } from '../../../activities/cleaning/pii/find';
import { redact } from '../../../activities/cleaning/pii/redact';
import { piiKind } from '../../../schemas/recipes';

const KINDS = piiKind.options;
const found = (text: string) => findPii(text, KINDS).map(({ kind, start, end }) => [kind, text.slice(start, end)]);

const FOUND: [string, string, string][] = [
  ['email', 'Write to jane.doe+list@mail.example.co.uk.', 'jane.doe+list@mail.example.co.uk'],
  ['email', '<a@b.io>', 'a@b.io'],
  ['ipv4', 'from 8.8.8.8, twice', '8.8.8.8'],
  ['ipv6', 'at 2a00:1450:4001:81b::200e now', '2a00:1450:4001:81b::200e'],
  ['phone', 'Call +44 20 7946 0958 today', '+44 20 7946 0958'],
  ['phone', 'or (415) 555-2671.', '(415) 555-2671'],
  ['phone', 'line 010-62345678 in Beijing', '010-62345678'],
  ['card', 'card 4111 1111 1111 1111 please', '4111 1111 1111 1111'],
  ['card', 'amex 378282246310005', '378282246310005'],
  ['chineseId', '身份证11010519491231002X。', '11010519491231002X'],
  ['chineseMobile', '手机13812345678，', '13812345678'],
  ['chineseMobile', 'call +86 138-1234-5678', '+86 138-1234-5678'],
];

const NOT_FOUND: [string, string][] = [
  ['private addresses', '10.0.0.1 192.168.1.1 127.0.0.1 172.20.0.1 169.254.1.1 100.64.0.1 224.0.0.1'],
  ['addresses for documentation', '192.0.2.7 198.51.100.7 203.0.113.7 2001:db8::1 ::1 fe80::1'],
  ['versions and dates', 'v1.2.3.4.5 2024-01-02 12:30:45 1.2.3'],
  ['a card with a wrong check digit', '4111 1111 1111 1112'],
  ['an identity number with a wrong check character', '110105194912310021'],
  ['an identity number of no day', '110105194902300025'],
  ['numbers that are part of others', '913812345678 x4111111111111111 1381234567890'],
  ['a name without a domain', '@user user@localhost a@ @b'],
  ['code', 'std::vector<int> a[2001]; decorator@2x.png?'],
];

describe('personal data', () => {
  it.each(FOUND)('finds %s in "%s"', (kind, text, piece) => {
    expect(found(text)).toEqual([[kind, piece]]);
  });

  it.each(NOT_FOUND)('leaves %s alone', (_what, text) => {
    expect(found(text)).toEqual([]);
  });

  it('replaces what it finds by a mark of its kind, counts it, and leaves nothing to find', () => {
    const text = 'a@b.io, a@c.io and 8.8.8.8';
    const { text: redacted, counts } = redact(text, KINDS);
    expect(redacted).toBe('|||EMAIL_ADDRESS|||, |||EMAIL_ADDRESS||| and |||IP_ADDRESS|||');
    expect(counts).toEqual({ email: 2, ipv4: 1 });
    expect(found(redacted)).toEqual([]);
    expect(redact(text, ['ipv4']).counts).toEqual({ ipv4: 1 });
  });

  it('accepts one check digit of ten for any card, and one check character of eleven for any identity number', () => {
    const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
    fc.assert(
      fc.property(digits(14), (rest) => {
        expect([...'0123456789'].filter((check) => isCardNumber(`4${rest}${check}`))).toHaveLength(1);
      }),
    );
    fc.assert(
      fc.property(digits(3), (serial) => {
        expect([...'0123456789X'].filter((check) => isChineseId(`11010519491231${serial}${check}`))).toHaveLength(1);
      }),
    );
  });

  it('finds pieces in order that do not overlap, in any text, and changes nothing else', () => {
    const piece = fc.constantFrom(
      'a@b.io',
      '8.8.8.8',
      '13812345678',
      '4111111111111111',
      '+1 415 555 2671',
      ' ',
      '.',
      '-',
      '1',
      'é',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 20 }), (parts) => {
        const text = parts.join('');
        const all = findPii(text, KINDS);
        all.forEach(({ start, end }, index) => {
          expect(end).toBeGreaterThan(start);
          expect(start).toBeGreaterThanOrEqual(all[index - 1]?.end ?? 0);
        });
        const rest = redact(text, KINDS).text.split(/\|\|\|[A-Z_]+\|\|\|/);
        expect(rest.join('').length).toBe(text.length - all.reduce((sum, { start, end }) => sum + end - start, 0));
      }),
    );
  });

  it('takes linear time on what was made to be slow', () => {
    for (const unit of ['a', 'a.', '@', 'a@', '1', '1.', '1 ', '1-', '+1(', '2001:', ':', '(415) ']) {
      redact(unit.repeat(400_000 / unit.length), KINDS);
    }
  }, 10_000);
});
