/**
 * Words that the English tokenizer does not cut by its rules but as listed: contractions, abbreviations, times of day
 * and emoticons. The list is that of spaCy 3.8 (MIT), made from its parts instead of written out.
 */

type Parts = readonly string[];

const list = (text: string): string[] => text.split(' ');
const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
const bothCases = (words: string[]): string[] => words.flatMap((word) => [word, capital(word)]);

const special = new Map<string, Parts>();
const add = (...parts: string[]): void => void special.set(parts.join(''), parts);

/** `you` + `'ll` + `'ve`, and the same as it is written without apostrophes. */
function contract(words: string[], ...endings: string[]): void {
  for (const word of bothCases(words)) {
    add(word, ...endings);
    add(word, ...endings.map((ending) => (ending === "n't" ? 'nt' : ending.replace("'", ''))));
  }
}

const QUESTIONS = list('who what when where why how there that');
const THIS = ['this'];
const PLURALS = list('these those');
const PRONOUNS = list('i you he she it we they');

contract(['i'], "'m");
contract(['i'], "'m", 'a');
for (const words of [PRONOUNS, QUESTIONS, THIS, PLURALS]) {
  contract(words, "'ll");
  contract(words, "'ll", "'ve");
  contract(words, "'d");
  contract(words, "'d", "'ve");
}
contract(list('i you we they'), "'ve");
contract(list('you we they'), "'re");
contract([...list('he she it'), ...QUESTIONS, ...THIS], "'s");
contract([...list('who what when where why how there'), ...PLURALS], "'re");
contract([...list('who what when where why how there'), ...PLURALS], "'ve");

const NEGATED = list('ca could do does did had may might must need ought sha should wo would');
contract(NEGATED, "n't");
contract(NEGATED, "n't", "'ve");
contract(list('could might must should would'), "'ve");
contract(list('ai are is was were have has dare'), "n't");

for (const word of bothCases(list('doin goin nothin nuthin ol somethin lovin havin'))) {
  add(word);
  add(`${word}'`);
}
for (const word of list('em ll nuff')) {
  add(word);
  add(`'${word}`);
}
for (let hour = 1; hour <= 12; hour++) for (const period of list('a.m. am p.m. pm')) add(String(hour), period);

add("y'", 'all');
add('y', 'all');
for (const how of list('how How')) add(how, "'d", "'y");
for (const not of list('not Not')) {
  add(not, "'ve");
  add(not, 've');
}
for (const [head = '', tail = ''] of ['can not', 'gon na', 'got ta', "let 's", "c'm on"].map(list)) {
  add(head, tail);
  add(capital(head), tail);
}

const WHOLE = [
  "'S 's ‘S ‘s and/or w/o 're 'Cause 'cause 'cos 'Cos 'coz 'Coz 'cuz 'Cuz 'bout ma'am Ma'am o'clock O'clock 'd",
  'Mt. Ak. Ala. Apr. Ariz. Ark. Aug. Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. Ind. Jan. Jul. Jun. Kan. Kans.',
  'Ky. La. Mar. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. Ore. Pa. S.C. Sep.',
  'Sept. Tenn. Va. Wash. Wis. a.m. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. i.e. I.e. I.E. Inc. Jr. Ltd.',
  'Md. Messrs. Mo. Mont. Mr. Mrs. Ms. p.m. Ph.D. Prof. Rep. Rev. Sen. St. vs. v.s. C++ <space> \\t \\n \\") ä. ö. ü.',
  // Emoticons
  ':) :-) :)) :-)) :))) :-))) (: (-: =) (= :] :-] [: [-: [= =] :o) (o: :} :-} 8) 8-) (-8 ;) ;-) (; (-; :( :-( :(( :-((',
  ":((( :-((( ): )-: =( >:( :') :'-) :'( :'-( :/ :-/ =/ =| :| :-| ]= =[ :1 :P :-P :p :-p :O :-O :o :-o :0 :-0 :() >:o :*",
  ':-* :3 :-3 =3 :> :-> :X :-X :x :-x :D :-D ;D ;-D =D xD XD xDD XDD 8D 8-D ^_^ ^__^ ^___^ >.< >.> <.< ._. ;_; -_- -__-',
  'v.v V.V v_v V_V o_o o_O O_o O_O 0_o o_0 0_0 o.O O.o O.O o.o 0.0 o.0 0.o @_@ <3 <33 <333 </3 (^_^) (-_-) (._.) (>_<) (*_*)',
  "(¬_¬) ಠ_ಠ ಠ︵ಠ (ಠ_ಠ) ¯\\(ツ)/¯ (╯°□°）╯︵┻━┻ ><(((*> — ' ''",
];
for (const word of WHOLE.flatMap(list)) add(word);
for (const letter of 'abcdefghijklmnopqrstuvwxyz') add(`${letter}.`);
for (const unit of 'cfkCFK') add('°', unit, '.');

// These read as words of their own.
for (const word of bothCases(list('ill its hell shell shed were well whore'))) special.delete(word);

// The same words with a typographic apostrophe.
for (const [word, parts] of [...special]) {
  if (word.includes("'"))
    special.set(
      word.replaceAll("'", '’'),
      parts.map((part) => part.replaceAll("'", '’')),
    );
}

/** The tokens of each word that is cut as listed. */
export const SPECIAL_WORDS: ReadonlyMap<string, Parts> = special;

/** Length of the longest of them, in UTF-16 units: longer words need no look-up. */
export const LONGEST_SPECIAL = Math.max(...[...special.keys()].map((word) => word.length));
