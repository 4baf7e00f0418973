/** A quantity as it is compared: its value in the base unit of its dimension. */
export interface Quantity {
  value: number;
  /** Dimension of the unit, such as `length`, or the unit itself where nothing converts it; '' where there is none. */
  unit: string;
}

const LEAST_DIFFERENCE = 1e-9;

/** Whether two numbers say the same; one that has no unit may stand for any. */
export function sameQuantity(one: Quantity, other: Quantity): boolean {
  if (one.unit !== other.unit && one.unit !== '' && other.unit !== '') return false;
  const bound = LEAST_DIFFERENCE * Math.max(Math.abs(one.value), Math.abs(other.value));
  return Math.abs(one.value - other.value) <= bound;
}

/** Units by name, as dimension and factor to its base; abbreviations that are words of their own are left out. */
const UNITS = new Map<string, readonly [string, number]>();
function unit(dimension: string, factor: number, names: string): void {
  for (const name of names.split(' ')) UNITS.set(name, [dimension, factor]);
}
unit('percent', 1, '% percent pct 百分点');
unit('permille', 1, '‰');
unit('length', 1e-3, 'mm millimeter millimetre 毫米');
unit('length', 1e-2, 'cm centimeter centimetre 厘米 公分');
unit('length', 1, 'm meter metre 米 公尺');
unit('length', 1e3, 'km kilometer kilometre 公里 千米');
unit('length', 1609.344, 'mile 英里 哩');
unit('length', 0.3048, 'foot ft 英尺 呎');
unit('length', 0.0254, 'inch 英寸 吋');
unit('area', 1, 'm² 平方米');
unit('area', 1e6, 'km² 平方公里 平方千米');
unit('area', 1e4, '公顷 hectare');
unit('mass', 1e-3, 'g gram 克');
unit('mass', 1, 'kg kilogram 公斤 千克');
unit('mass', 1e3, 'ton tonne 吨');
unit('mass', 0.45359237, 'lb pound 磅');
unit('year', 1, 'year 年');
unit('month', 1, 'month 月');
unit('day', 1, 'day 日 号 天');
unit('week', 1, 'week 周');
unit('time', 3600, 'hour hr 小时');
unit('time', 60, 'minute min 分钟');
unit('time', 1, 'second sec 秒');
unit('time', 1e-3, 'ms millisecond 毫秒');
unit('dollar', 1, '$ dollar usd 美元');
unit('euro', 1, '€ euro eur 欧元');
unit('yuan', 1, 'yuan rmb 元 人民币');
unit('degree', 1, '° degree deg 度');
unit('celsius', 1, '℃ °c');
unit('person', 1, '人 名');

/** Names of units written in Chinese or with a sign, the longest first: they follow a number without a blank. */
export const ATTACHED_UNITS = [...UNITS.keys()]
  .filter((name) => !/^[a-z]{3,}$/.test(name))
  .sort((a, b) => b.length - a.length);

/** The quantity of a number with a unit, by its name in lower case and singular. */
export function quantity(value: number, name = ''): Quantity {
  const [dimension, factor] = UNITS.get(name) ?? [name, 1];
  return { value: value * factor, unit: dimension };
}
export const isUnit = (name: string): boolean => UNITS.has(name);

const ENGLISH_SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const ENGLISH_TENS = '  twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const SCALES: Record<string, number> = {
  ...{ hundred: 100, thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12, dozen: 12 },
  ...{ 十: 10, 百: 100, 千: 1e3, 万: 1e4, 亿: 1e8, 萬: 1e4, 億: 1e8 },
};

/** What a word adds to a number, or what it multiplies it by. */
export function englishNumeral(word: string): { value: number; scale: boolean } | undefined {
  const small = ENGLISH_SMALL.indexOf(word);
  if (small >= 0) return { value: small, scale: false };
  const tens = word === '' ? -1 : ENGLISH_TENS.indexOf(word);
  if (tens > 0) return { value: tens * 10, scale: false };
  const scale = SCALES[word];
  return scale === undefined ? undefined : { value: scale, scale: true };
}

/** The number that English words give, one after the other: "one hundred and five" without its "and". */
export function readEnglish(words: readonly string[]): number {
  let total = 0;
  let part = 0;
  for (const word of words) {
    const numeral = englishNumeral(word);
    if (!numeral) continue;
    if (!numeral.scale) part += numeral.value;
    else if (numeral.value >= 1e3) {
      total += (part || 1) * numeral.value;
      part = 0;
    } else part = (part || 1) * numeral.value;
  }
  return total + part;
}

const CHINESE_DIGITS = '零一二三四五六七八九';
const digitOf = (character: string): number =>
  character === '〇' ? 0 : character === '两' || character === '兩' ? 2 : CHINESE_DIGITS.indexOf(character);

/** A run of Chinese numerals; it begins with a digit or 十. */
export const CHINESE_NUMERAL = /[零〇一二两兩三四五六七八九十][零〇一二两兩三四五六七八九十百千万亿萬億]*/y;

/** The number that Chinese numerals give: 二十三, 一九九五 (digit by digit), 三千五百万; undefined where they give none. */
export function readChinese(numerals: string): number | undefined {
  if (!/[十百千万亿萬億]/.test(numerals)) return Number([...numerals].map(digitOf).join(''));
  let total = 0;
  let section = 0;
  let digit: number | undefined;
  for (const character of numerals) {
    const scale = SCALES[character];
    if (scale === undefined) {
      if (digit !== undefined && digit !== 0) return undefined;
      digit = digitOf(character);
    } else if (scale >= 1e4) {
      total = (total + section + (digit ?? 0)) * scale;
      [section, digit] = [0, undefined];
    } else {
      section += (digit ?? 1) * scale;
      digit = undefined;
    }
  }
  return total + section + (digit ?? 0);
}

/** What follows a number in Chinese to multiply it: 3万. */
export const chineseScale = (character: string): number | undefined =>
  /^[百千万亿萬億]$/.test(character) ? SCALES[character] : undefined;

/** Characters behind a single Chinese numeral that make it a count, not a part of a word. */
export const MEASURES = new Set(
  '个個名位年月日号座条次岁人艘架部届天周小时分秒点元块米公里千克吨亩层倍成章集期版首家所间种类代世项票张支只头匹杯辆台幅段节卷册辑路线区省市县楼局场战者轮级站团队营师军艺声等大度万亿件份颗粒棵株根门把封幢栋口组套双对批届回遍番'.split(
    '',
  ),
);

const MONTHS =
  'january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec'.split(
    ' ',
  );
const SHORT_MONTHS = [0, 1, 2, 3, 5, 6, 7, 8, 8, 9, 10, 11];

/** The month that a word names, from 1; undefined where it names none. */
export function monthOf(word: string): number | undefined {
  const at = MONTHS.indexOf(word.replace(/\.$/, ''));
  if (at < 0) return undefined;
  return at < 12 ? at + 1 : (SHORT_MONTHS[at - 12] ?? 0) + 1;
}
