/** Han characters; a text without any is as it is. */
const HAN = /\p{Script=Han}/u;

/**
 * Loads OpenCC's conversion between simplified Chinese and its standard of traditional Chinese: of characters, and of
 * phrases where a character alone does not tell, but of no vocabulary.
 */
export async function loadChineseConverter(to: 'simplified' | 'traditional'): Promise<(text: string) => string> {
  const { Converter } = await import(to === 'simplified' ? 'opencc-js/t2cn' : 'opencc-js/cn2t');
  const convert = Converter(to === 'simplified' ? { from: 't', to: 'cn' } : { from: 'cn', to: 't' });
  return (text) => (HAN.test(text) ? convert(text) : text);
}
