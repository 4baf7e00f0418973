import { exchange, put, type Rewrite, type Rules, somewhere, tableOf } from './answers';

const SYNONYMS = tableOf(`
位于/坐落于/地处 | 使用/采用/运用 | 建立/创建/成立 | 因此/所以/因而 | 但是/然而/不过 | 开始/起初 | 著名/知名/有名 | 认为/觉得
目前/现在/如今 | 拥有/具有 | 获得/取得/赢得 | 制作/制造 | 主要/首要 | 由于/因为 | 发布/公布 | 担任/出任 | 出生于/生于 | 去世/逝世/过世
包括/包含 | 建造/修建/兴建 | 称为/叫做 | 全部/所有 | 经常/常常 | 以及/和 | 属于/归于 | 提供/供应 | 导致/造成/引起 | 其中/当中
改编自/取材自 | 之后/以后/后来 | 超过/多于 | 大约/约/大概 | 许多/很多/不少 | 最终/最后 | 生活/居住 | 表示/声称 | 分布于/分布在 | 参加/参与
`);
const ANTONYMS = tableOf(`
增加/减少 | 最大/最小 | 最高/最低 | 开始/结束 | 北部/南部 | 东部/西部 | 以前/以后 | 成功/失败 | 上升/下降 | 国内/国外 | 男性/女性 | 第一/最后
支持/反对 | 早期/晚期 | 进口/出口 | 胜利/失利 | 公开/秘密 | 允许/禁止 | 大型/小型 | 父亲/母亲 | 东北/西南 | 左侧/右侧 | 收入/支出
`);
const NAMES = tableOf(`
日本/韩国/泰国/越南 | 美国/英国/法国/德国/俄罗斯 | 北京/上海/广州/南京/武汉 | 香港/澳门/台湾/新加坡 | 湖南/四川/山东/云南/福建
东京/大阪/京都 | 伦敦/巴黎/柏林/纽约 | 清朝/明朝/宋朝/唐朝 | 亚洲/欧洲/非洲 | 小说/电影/漫画 | 中国/印度/加拿大 | 英语/法语/德语/日语
大学/中学 | 医院/银行 | 铁路/公路/机场 | 导演/编剧/作曲家 | 父亲/兄长 | 总统/首相/国王 | 足球/篮球/排球
`);
const keys = (table: ReadonlyMap<string, unknown>) =>
  new RegExp([...table.keys()].sort((a, b) => b.length - a.length).join('|'), 'g');
// "发生于" is no birth, and "三十分" no degree.
const SYNONYM = new RegExp(`(?<!发)(?:${keys(SYNONYMS).source})`, 'g');
const DIGITS = '零一二三四五六七八九';

const replaceWord = (table: ReadonlyMap<string, readonly string[]>): Rewrite => {
  const pattern = keys(table);
  return (sentence, draw) => {
    const found = somewhere(sentence, pattern, draw);
    const other = found && draw.pick(table.get(found[0])?.filter((word) => !sentence.includes(word)) ?? []);
    return found && other !== undefined ? put(sentence, found, other) : undefined;
  };
};

const otherNumber: Rewrite = (sentence, draw) => {
  const found = somewhere(
    sentence,
    /(?<![A-Za-z\d.,])\d+(?:\.\d+)?(?![A-Za-z\d]|[.,]\d)|[二三四五六七八九](?=[个名位年月日座条次岁人艘架部届])/g,
    draw,
  );
  if (!found) return undefined;
  const word = DIGITS.indexOf(found[0]);
  if (word > 0) return put(sentence, found, DIGITS[2 + ((word - 2 + 1 + draw.below(6)) % 8)] ?? '');
  const [whole = '', part] = found[0].split('.');
  const other = Number(whole) + (draw.pick([1, 2, 3, 5, 10, -1]) ?? 1);
  const written = String(Math.abs(other) === Number(whole) ? other + 4 : Math.abs(other));
  return put(sentence, found, part === undefined ? written : `${written}.${part}`);
};

/** What stands between 《 and 》, or in Latin letters, taken from elsewhere. */
const otherTitle: Rewrite = (sentence, draw, { title }) => {
  const found = somewhere(sentence, /(?<=《)[^》]{2,12}(?=》)|[A-Z][A-Za-z]{3,}/g, draw);
  if (!found) return undefined;
  const latin = /[A-Z]/.test(found[0]);
  const others = latin
    ? ['Nexus', 'Vertigo', 'Samsung', 'Mercury', 'Oracle']
    : ['红楼梦', '夜航船', '海底两万里', '春江花月夜', '黑暗骑士'];
  return put(sentence, found, draw.pick(others.filter((other) => other !== found[0] && other !== title)) ?? '');
};

const twoExchanged: Rewrite = (sentence, draw) => {
  const numbers = [...sentence.matchAll(/(?<![A-Za-z\d.,])\d+(?![A-Za-z\d]|[.,]\d)/g)];
  const from = draw.below(Math.max(numbers.length - 1, 1));
  const [first, second] = numbers.slice(from, from + 2);
  if (!first || !second || first[0] === second[0]) return undefined;
  if (/^[，、/和及与或]$/.test(sentence.slice(first.index + first[0].length, second.index))) return undefined;
  return put(put(sentence, second, first[0]), first, second[0]);
};

const NEGATED: readonly (readonly [RegExp, string])[] = [
  [/(?<![不但还总只要可于如都凡就更]|是)是(?![否不以])/g, '不是'],
  [/(?<![没只所具拥享持含还占稀])有(?![限关效名时些人的所])/g, '没有'],
  [/可以/g, '不可以'],
  [/(?<![不可才功性职])能够/g, '不能够'],
  [/位于/g, '不位于'],
  [/(?<![未没])被/g, '未被'],
  [/(?<!不)属于/g, '不属于'],
  [/(?<![自由])由(?![于此])/g, '并非由'],
  [/(?<![不])成为/g, '没有成为'],
];

export const CHINESE: Rules = {
  sentences: (text) =>
    (text.match(/[^。！？]+[。！？]+[”」』）)]*/g) ?? [])
      .map((sentence) => sentence.trim())
      .filter((sentence) => sentence.length >= 12 && sentence.length <= 100),
  join: (sentences) => sentences.join(''),
  merge: (first, second, draw) => first.replace(/。$/, '') + (draw.pick(['；', '，而', '，并且']) ?? '；') + second,
  paraphrases: {
    reordered: (sentence) => {
      const leading =
        /^((?:在|于|自|当|由于|因为|随着)?[^，。；（）《》“”「」]{4,18})，([^，；（）《》“”「」]{6,}(?:，[^，；（）]{4,})?)。$/.exec(
          sentence,
        );
      return leading ? `${leading[2]}，${leading[1]}。` : undefined;
    },
    dropped: (sentence) =>
      sentence
        .replace(/（[^（）]*）|\([^()]*\)/g, '')
        .replace(/著名的?|非常|(?<![一二三四五\d])十分|主要|美丽的|较为|逐渐|正式|一直|曾经?(?=[在是任])/g, ''),
    shortened: (sentence) => {
      const clauses = sentence.replace(/。$/, '').split('，');
      return clauses.length > 2 && !/[（“「《]/.test(clauses.at(-1) ?? '')
        ? `${clauses.slice(0, -1).join('，')}。`
        : undefined;
    },
    synonyms: (sentence, draw) => exchange(sentence, SYNONYM, SYNONYMS, draw, 3),
    numbers: (sentence) =>
      sentence
        .replace(
          /(?<![十百千万亿第零一二三四五六七八九点几])([二三四五六七八九])(?=[个名位年月座条次岁人艘架部])/g,
          (word) => String(DIGITS.indexOf(word)),
        )
        .replace(/(?<=\d),(?=\d{3})/g, ''),
    named: (sentence, _, { title }) =>
      /^(?:它|他|她|该片|该书|该剧|该站|本片|本剧|本作|此剧)(?!们)/.test(sentence)
        ? sentence.replace(/^(?:它|他|她|[该本此].)/, title)
        : undefined,
    introduced: (sentence, draw) =>
      `${draw.pick(['根据资料，', '文档指出，', '据文中所述，', '资料显示，'])}${sentence}`,
  },
  plants: {
    number: otherNumber,
    name: replaceWord(NAMES),
    title: otherTitle,
    antonym: replaceWord(ANTONYMS),
    exchanged: twoExchanged,
    negation: (sentence, draw) => {
      const negated = somewhere(sentence, /不(?=[是能会属])|没有|未(?=[能被])/g, draw);
      if (negated) return put(sentence, negated, negated[0] === '没有' ? '有' : '');
      const [pattern, instead] = draw.pick(NEGATED.filter(([pattern]) => sentence.search(pattern) >= 0)) ?? [];
      const found = pattern && somewhere(sentence, pattern, draw);
      return found && instead !== undefined ? put(sentence, found, instead) : undefined;
    },
  },
  terms: (text) =>
    text.match(/[\u4e00-\u9fff](?=[\u4e00-\u9fff])/g)?.map((_, at, all) => all[at] + (all[at + 1] ?? '')) ?? [],
};
