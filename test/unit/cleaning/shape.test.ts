import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repairMojibake } from '../../../activities/cleaning/text/mojibake';
import { prepareShape } from '../../../activities/cleaning/text/shape';

/** UTF-8 as it looks to who takes it for Latin-1. */
const misread = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('repair of misread UTF-8', () => {
  it.each([
    ['cafÃ© au lait', 'café au lait'],
    ['itâ€™s â€œquotedâ€\u009d â€” so', 'it’s “quoted” — so'],
    ['5 â‚¬ or Â£4', '5 € or £4'],
    ['Ã‚Â© twice', '© twice'],
    ['fine ðŸ˜€', 'fine 😀'],
    [misread('Привет, мир'), 'Привет, мир'],
    [misread('中文文本在这里'), '中文文本在这里'],
    ['one line cafÃ©\nand another: “fine”', 'one line café\nand another: “fine”'],
  ])('%s becomes %s', (found, repaired) => {
    expect(repairMojibake(found)).toBe(repaired);
  });

  it.each([
    'café, naïve, Müller, SÃO PAULO, «CAFÉ»',
    'CAFÉ»',
    'À la carte · 20 °C ± 1',
    'Ã© beside “real quotes”: 中',
    'ÐÑÒ',
    'plain ASCII',
    'a Â b',
  ])('%s stays', (text) => {
    expect(repairMojibake(text)).toBe(text);
  });

  it('restores any text of letters with accents, and changes none that was right', () => {
    const word = fc.stringMatching(/^[a-zà-öø-ÿœ’]{1,9}$/);
    const text = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, (right) => {
        expect(repairMojibake(misread(right))).toBe(right);
        expect(repairMojibake(right)).toBe(right);
      }),
    );
  });
});

describe('the form of texts', () => {
  const shape = async (rules: Partial<Parameters<typeof prepareShape>[0]>, text: string) =>
    (await prepareShape({ normalise: 'none', repairMojibake: false, chinese: null, ...rules }))(text);

  it('is that in which they were found, but for halves of surrogate pairs', async () => {
    const text = ' e\u0301 \r\n\x00\ud83d\ude00\u2028';
    expect(await shape({}, text)).toBe(text);
    expect(await shape({}, 'a\ud83d')).toBe('a\ufffd');
  });

  it('is repaired before control characters go, which are part of what was misread', async () => {
    expect(await shape({ normalise: 'standard', repairMojibake: true }, 'so â€œsaidâ€\u009d he ')).toBe('so “said” he');
  });

  it('is simplified or traditional Chinese where that is asked for', async () => {
    expect(await shape({ chinese: 'simplified' }, '漢語與後來 ABC')).toBe('汉语与后来 ABC');
    expect(await shape({ chinese: 'traditional' }, '头发和发展')).toBe('頭髮和發展');
    expect(await shape({ chinese: 'simplified' }, 'plain')).toBe('plain');
  });
});
