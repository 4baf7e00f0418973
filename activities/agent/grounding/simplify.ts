import { loadChineseConverter } from '../../cleaning/text/chinese';

const HAN = /\p{Script=Han}/u;
let loaded: Promise<(text: string) => string> | undefined;

/**
 * Turns traditional Chinese characters into simplified ones where no offset changes by that, as in nearly every text: an
 * answer may be written in the one where its passages are in the other. The tables are loaded with the first Chinese text.
 */
export async function simplifierFor(texts: readonly string[]): Promise<(text: string) => string> {
  if (!texts.some((text) => HAN.test(text))) return (text) => text;
  const convert = await (loaded ??= loadChineseConverter('simplified'));
  return (text) => {
    const simple = convert(text);
    return simple.length === text.length ? simple : text;
  };
}
