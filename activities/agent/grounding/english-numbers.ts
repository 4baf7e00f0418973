import { englishNumeral, isUnit, monthOf, quantity, readEnglish } from './numbers';
import type { Token } from './tokens';

/** Joins number words to one number, and a number with the unit or the month beside it. */
export function joinEnglishNumbers(tokens: readonly Token[]): Token[] {
  const joined: Token[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) break;
    const run = numeralRun(tokens, at);
    if (run > 0) {
      const words = tokens.slice(at, at + run);
      const vague = run === 1 && token.text === 'one';
      const value = readEnglish(words.map(({ text }) => text));
      joined.push({
        ...token,
        kind: 'number',
        to: words.at(-1)?.to ?? token.to,
        content: !vague,
        vague,
        quantity: quantity(value),
      });
      at += run - 1;
    } else joined.push(token);
  }
  for (const [at, token] of joined.entries()) withNeighbours(token, joined[at - 1], joined[at + 1], joined[at + 2]);
  return joined.filter((token) => token.to > token.from);
}

/** How many tokens from there on are one number in words. */
function numeralRun(tokens: readonly Token[], at: number): number {
  let run = 0;
  while (tokens[at + run]?.kind === 'word') {
    const numeral = englishNumeral(tokens[at + run]?.text ?? '');
    const scaled = run === 0 ? numeral && !numeral.scale : numeral;
    if (scaled) run += 1;
    else if (run > 0 && tokens[at + run]?.text === 'and' && englishNumeral(tokens[at + run + 1]?.text ?? '')) run += 1;
    else break;
  }
  // "three and four" are two numbers.
  for (let place = at + 1; place < at + run - 1; place += 1) {
    const scaleBefore = englishNumeral(tokens[place - 1]?.text ?? '')?.scale;
    if (tokens[place]?.text === 'and' && !scaleBefore) return place - at;
  }
  return run;
}

/** Gives a number the unit that the next word names, and a month beside a number its number. */
function withNeighbours(token: Token, before?: Token, after?: Token, second?: Token): void {
  const month = token.kind === 'word' ? monthOf(token.text) : undefined;
  const dated = (neighbour?: Token) => neighbour?.kind === 'number' && neighbour.quantity?.unit === '';
  if (month !== undefined && (dated(before) || dated(after) || (token.name && token.text !== 'may'))) {
    Object.assign(token, { kind: 'number', content: true, name: false, quantity: { value: month, unit: 'month' } });
    return;
  }
  if (token.kind !== 'number' || token.quantity?.unit !== '' || after?.kind !== 'word') return;
  const scale = englishNumeral(after.text);
  if (scale?.scale) {
    // "3 million": the word is taken into the number.
    token.quantity = quantity(token.quantity.value * scale.value, second && takeUnit(second));
    token.to = after.to;
    Object.assign(after, { to: after.from });
    return;
  }
  const counted = after.content && second?.kind === 'word' && !after.quantity ? takeUnit(second) : '';
  // "five working days" counts days.
  token.quantity = quantity(token.quantity.value, takeUnit(after) || counted);
}

/** The unit that a word names, which then says nothing by itself any more; '' where it names none. */
function takeUnit(word: Token): string {
  const name = [word.text, word.text.replace(/s$/, ''), word.stem, `${word.stem}e`].find(isUnit);
  if (name !== undefined) Object.assign(word, { content: false, name: false });
  return name ?? '';
}
