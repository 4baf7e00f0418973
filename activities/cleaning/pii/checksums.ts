const digitsOf = (text: string): number[] => [...text].filter((character) => /\d/.test(character)).map(Number);

/** The check digit of payment cards (ISO/IEC 7812-1, annex B). */
export function passesLuhn(text: string): boolean {
  const sum = digitsOf(text)
    .reverse()
    .reduce((total, digit, place) => {
      if (place % 2 === 0) return total + digit;
      return total + (digit > 4 ? digit * 2 - 9 : digit * 2);
    }, 0);
  return sum % 10 === 0;
}

/** Lengths of card numbers by how they begin: American Express, Diners, JCB, Visa, Mastercard, UnionPay, Discover. */
const CARDS: [RegExp, number[]][] = [
  [/^3[47]/, [15]],
  [/^3(?:0[0-5]|[689])/, [14, 16]],
  [/^35/, [16]],
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|2[2-7])/, [16]],
  [/^62/, [16, 17, 18, 19]],
  [/^6(?:011|4[4-9]|5)/, [16, 19]],
];

/** Whether the digits of `text` are the number of a payment card: of a known kind, with the right check digit. */
export function isCardNumber(text: string): boolean {
  const digits = digitsOf(text).join('');
  return CARDS.some(([start, lengths]) => start.test(digits) && lengths.includes(digits.length)) && passesLuhn(digits);
}

/** Weights of the first 17 digits, and the check characters by the sum modulo 11 (GB 11643-1999, after ISO 7064). */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = '10X98765432';

/** Whether 18 characters are a Chinese identity number: a province, a day that was, and the right check character. */
export function isChineseId(text: string): boolean {
  if (!/^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])\d{15}[\dXx]$/.test(text)) return false;
  const [year, month, day] = [text.slice(6, 10), text.slice(10, 12), text.slice(12, 14)].map(Number) as [
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDay = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDay || year < 1850 || year > 2100) return false;
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(text[place]), 0);
  return CHECKS[sum % 11] === text.charAt(17).toUpperCase();
}
