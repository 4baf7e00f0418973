/**
 * Letters of other scripts that look like Latin ones and that NFKC leaves as they are: the part of Unicode's
 * confusables (UTS 39) that is used to write English words. Each line is the Latin letter, then what looks like it.
 */
const LOOKALIKES = `
a аɑα⍺ᴀ
b Ьвʙᏼ
c сϲⅽᴄ
d ԁⅾᴅ
e еҽєεᴇ
f ϝғꜰ
g ɡցԍɢ
h һհнʜ
i іıιɪ
j јϳᴊ
k кκᴋ
l ӏⅼʟ
m мⅿᴍ
n ոռηпɴ
o оοօσᴏ
p рρᴘ
q ԛզ
r гᴦʀ
s ѕꜱ
t тτᴛ
u υսцᴜ
v νѵⅴᴠ
w ԝաѡωᴡ
x хχⅹ
y уүγʏ
z ᴢ
A АΑᎪꓮ
B ВΒᏴꓐ
C СϹᏟꓚ
D Ꭰꓓ
E ЕΕᎬꓰ
F ϜꓝҒ
G ԌᏀꓖ
H НΗᎻꓧ
I ІΙӀ
J ЈᎫꓙ
K КΚᏦꓗ
L ᏞꓡԼ
M МΜᎷꓟ
N Νꓠ
O ОΟՕꓳ
P РΡᏢꓑ
Q Ԛ
R ᎡᏒꓣ
S ЅՏᏚꓢ
T ТΤᎢꓔ
U Սꓴ
V ѴᏙꓦ
W ԜᎳꓪ
X ХΧꓫ
Y УΥҮꓬ
Z ΖᏃꓜ`;

const LATIN = new Map(
  LOOKALIKES.trim()
    .split('\n')
    .flatMap((line) => [...line.slice(2)].map((other) => [other, line.charAt(0)] as const)),
);

/** Small capitals and phonetic letters are no script of their own: nobody writes words in them for good. */
const ALWAYS = /[\u0251\u0261\u0262\u026a\u0274\u0280\u028f\u0299\u029c\u029f\u1d00-\u1d22\u1d26\ua730\ua731]/u;
/** A letter of a script that has letters which look Latin. */
const FOREIGN = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}]/u;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/** How a text reads, and in how many words a letter was not what it looked like. */
export interface Unmasked {
  text: string;
  words: number;
}

/**
 * Writes letters that only look Latin as Latin ones: in words that mix them with Latin letters, and in words made of
 * nothing else where the text around is Latin. A word that is plainly Russian or Greek stays as it is.
 */
export function unmaskLookalikes(text: string): Unmasked {
  if (!FOREIGN.test(text) && !ALWAYS.test(text)) return { text, words: 0 };
  let [latin, foreign] = [0, 0];
  for (const letter of text) {
    if (/[A-Za-z]/.test(letter)) latin += 1;
    else if (FOREIGN.test(letter)) foreign += 1;
  }
  let words = 0;
  const read = text.replace(WORD, (word) => {
    const letters = [...word];
    const others = letters.filter((letter) => FOREIGN.test(letter) || ALWAYS.test(letter));
    if (others.length === 0) return word;
    const mixed = letters.some((letter) => /[A-Za-z]/.test(letter)) || others.some((letter) => ALWAYS.test(letter));
    const disguised = latin > foreign && others.every((letter) => LATIN.has(letter));
    if (!mixed && !disguised) return word;
    words += 1;
    return letters.map((letter) => LATIN.get(letter) ?? letter).join('');
  });
  return { text: read, words };
}
