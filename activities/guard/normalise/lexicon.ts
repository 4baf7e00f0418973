/**
 * Words by which one tells whether a deciphered text is English, and where one word ends in letters that were run
 * together: the commonest ones, and those that are worth hiding.
 */
const COMMON = `a about above act add admin after again all also always am an and any anything are as ask at be because been
before begin being below bypass can chat code command commands comply content could create data day delete did direct
directive directives disable discard disregard do does email end enable every everything execute explain false filter
filters find first follow following for forget free from get give given go good guard guidelines had has hate have he
hello her hide him his how i if ignore illegal in inform information initial instruction instructions into is it its
jailbreak jailbroken just keep key know last let like limits list make me message mode model more my name never new no not
now of on one only open or other our out output override over password policies policy previous print prior private
prompt prompts put question read reply repeat respond response restriction restrictions return reveal role rule rules run
safe safety say secret secrets send sent she should show so some system tell text than that the their them then there these
they think this those time to translate true two under unrestricted up us use user want was way we were what when where
which who why will with without word words would write yes you your yourself`;

const WORDS = new Set(COMMON.split(/\s+/));
const LONGEST = Math.max(...[...WORDS].map(({ length }) => length));

export const isCommon = (word: string): boolean => WORDS.has(word.toLowerCase());

/** Words read for a verdict on a text: more would not change it. */
const SAMPLE = 60;

/** The share of the first words that are common, 0 to 1; 0 of fewer than three words. */
export function commonShare(text: string): number {
  const words =
    text
      .slice(0, 2_000)
      .match(/[A-Za-z]+/g)
      ?.slice(0, SAMPLE) ?? [];
  return words.length < 3 ? 0 : words.filter(isCommon).length / words.length;
}

/** Letters that are segmented at most. */
const MOST_LETTERS = 400;

/**
 * Letters that were run together, cut into words: of all ways the one that leaves the fewest letters over, and of those
 * the one with the fewest words. `covered` is the share of letters in common words.
 */
export function cutWords(letters: string): { text: string; covered: number } {
  const read = letters.slice(0, MOST_LETTERS).toLowerCase();
  const best: { cost: number; from: number; known: boolean }[] = [{ cost: 0, from: 0, known: true }];
  for (let end = 1; end <= read.length; end++) {
    // A letter over costs ten words.
    let chosen = { cost: (best[end - 1]?.cost ?? 0) + 10, from: end - 1, known: false };
    for (let from = Math.max(0, end - LONGEST); from < end; from++) {
      const cost = (best[from]?.cost ?? 0) + 1;
      if (cost < chosen.cost && WORDS.has(read.slice(from, end))) chosen = { cost, from, known: true };
    }
    best[end] = chosen;
  }
  const words: string[] = [];
  let over = '';
  let known = 0;
  const takeOver = () => {
    if (over) words.unshift(over);
    over = '';
  };
  for (let end = read.length; end > 0;) {
    const step = best[end] ?? { from: end - 1, known: false };
    const piece = read.slice(step.from, end);
    if (step.known) {
      takeOver();
      words.unshift(piece);
      known += piece.length;
    } else over = piece + over;
    end = step.from;
  }
  takeOver();
  return { text: words.join(' ') + letters.slice(MOST_LETTERS), covered: read.length === 0 ? 0 : known / read.length };
}
