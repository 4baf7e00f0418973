import { existsSync } from 'node:fs';
import path from 'node:path';
import { type generateAttacks, isDocument } from '../activities/guard/generate';
import { guessFamily, type SetText } from '../activities/guard/training/sets';
import type { Share } from '../schemas/guard-sets';
import { jsonLines } from './json-lines';

/** A share and its interval, in three digits. */
export const within = ({ share, low, high }: Share): string =>
  `${share.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;

/** Turns with one of these are left out: what they ask for is often harmful, and then no harmless text. */
const HARM =
  /kill|murder|bomb|gun|weapon|drug|sex|porn|steal|hack|suicid|\bdie|dead|attack|hurt|illegal|scam|cheat|hate|poison|naked|rob\b|revenge|punch|beat|fight|racis|retard|burn|address|threat|blackmail|abus|tortur|stalk|spy|fake|forge|shoplift|crim|prank|nude|dumb|stupid|ugly|explos|profan|inappropriate|offens|harm/i;

const given = (texts: Iterable<string>, family: string, surface: SetText['surface'] = 'input'): SetText[] =>
  [...new Set(texts)].filter((text) => text.trim() !== '').map((text) => ({ text, family, surface, generated: false }));

/** Harmless texts of public collections. */
export async function harmlessTexts(data: string): Promise<SetText[]> {
  const texts = async (file: string) =>
    existsSync(path.join(data, file))
      ? (await jsonLines<{ text: string }>(path.join(data, file))).map(({ text }) => text)
      : [];
  const dialogues = path.join(data, 'preferences/harmless.jsonl');
  const turns = existsSync(dialogues)
    ? (await jsonLines<{ chosen: string }>(dialogues)).map(
        ({ chosen }) => chosen.split('\n\nHuman:')[1]?.split('\n\nAssistant:')[0]?.trim() ?? '',
      )
    : [];
  return [
    ...given(await texts('cranfield/queries.jsonl'), 'questions, Cranfield'),
    ...given(await texts('cranfield/documents.jsonl'), 'abstracts, Cranfield', 'document'),
    ...given(await texts('cmrc2018-trial/questions.jsonl'), 'questions, CMRC'),
    ...given(await texts('cmrc2018-trial/passages.jsonl'), 'passages, CMRC', 'document'),
    ...given(
      turns.filter((turn) => turn.length > 15 && !HARM.test(turn)),
      'first turns of people',
    ),
  ];
}

/** Texts of a grammar, as the stage takes them. */
export const made = (texts: ReturnType<typeof generateAttacks>): SetText[] =>
  texts.map(({ text, family }) => ({
    text,
    family,
    surface: isDocument(family) ? 'document' : 'input',
    generated: true,
  }));

/** Jailbreaks seen in the wild, or null where there are none. */
export async function wildTexts(data: string): Promise<SetText[] | null> {
  const file = path.join(data, 'jailbreak/in-the-wild.jsonl');
  if (!existsSync(file)) {
    console.log(`Quality is skipped: there is no ${file}.`);
    return null;
  }
  return (await jsonLines<{ text: string }>(file)).map(({ text }): SetText => {
    return { text, family: `wild: ${guessFamily(text, 'input')}`, surface: 'input', generated: false };
  });
}
