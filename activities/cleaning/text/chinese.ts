/** Han characters; a text without any is as it is. */
const HAN = /\p{Script=Han}/u;

/**
 * Loads OpenCC's conversion between simplified Chinese and its standard of traditional Chinese: of characters, and of
 * phrases where a character alone does not tell, but of no vocabulary.
 */
export async function loadChineseConverter(to: 'simplified' | 'traditional'): Promise<(text: string) => string> {
  const simplified = to === 'simplified';
  const { Converter } = simplified ? await import('opencc-js/t2cn') : await import('opencc-js/cn2t');
  const convert = Converter(simplified ? { from: 't', to: 'cn' } : { from: 'cn', to: 't' });
  return (text) => (HAN.test(text) ? convert(text) : text);
}
