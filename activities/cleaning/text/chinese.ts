/** Han characters; a text without any is as it is. */
const HAN = /\p{Script=Han}/u;

/** The part of opencc-js in use: its own declarations name files that they do not find. */
interface OpenCC {
  Converter(options: { from: string; to: string }): (text: string) => string;
}

/**
 * Loads OpenCC's conversion between simplified Chinese and its standard of traditional Chinese: of characters, and of
 * phrases where a character alone does not tell, but of no vocabulary.
 */
export async function loadChineseConverter(to: 'simplified' | 'traditional'): Promise<(text: string) => string> {
  const simplified = to === 'simplified';
  const module: unknown = simplified ? await import('opencc-js/t2cn') : await import('opencc-js/cn2t');
  const convert = (module as OpenCC).Converter(simplified ? { from: 't', to: 'cn' } : { from: 'cn', to: 't' });
  return (text) => (HAN.test(text) ? convert(text) : text);
}
