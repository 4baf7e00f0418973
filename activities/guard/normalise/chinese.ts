import { loadChineseConverter } from '../../cleaning/text/chinese';

/** Words that are worth hiding, with their syllables (ü as v). Those that sound as an everyday word does are left out. */
const PHRASES: readonly (readonly [string, string])[] = [
  ['忽略', 'hu lve'],
  ['忘记', 'wang ji'],
  ['指令', 'zhi ling'],
  ['规则', 'gui ze'],
  ['限制', 'xian zhi'],
  ['系统', 'xi tong'],
  ['提示词', 'ti shi ci'],
  ['越狱', 'yue yu'],
  ['扮演', 'ban yan'],
  ['开发者', 'kai fa zhe'],
  ['密码', 'mi ma'],
  ['密钥', 'mi yao'],
  ['泄露', 'xie lou'],
  ['绕过', 'rao guo'],
  ['审查', 'shen cha'],
  ['之前', 'zhi qian'],
  ['所有', 'suo you'],
  ['输出', 'shu chu'],
  ['道德', 'dao de'],
];

/** Characters by the syllable that they are read as, whatever the tone: the common ones of those that `PHRASES` need. */
const HOMOPHONES: Record<string, string> = {
  hu: '忽乎呼胡湖糊户互虎护狐壶葫',
  lve: '略掠',
  wang: '忘王往望网旺汪亡妄',
  ji: '记计急机级集几己技继际季寄鸡基及极',
  zhi: '指之只知直制志止纸值治职支至质置',
  ling: '令另领零灵铃凌龄岭',
  gui: '规归鬼贵柜轨桂龟',
  ze: '则泽择责',
  xian: '限先线县现显险献仙鲜',
  xi: '系西希息洗细喜戏吸析',
  tong: '统同通童痛铜桶捅',
  ti: '提题体替梯踢',
  shi: '示是事时实试式世市十使石食视师',
  ci: '词次此磁瓷刺辞慈',
  yue: '越月约阅乐跃岳',
  yu: '狱语鱼雨玉育遇预与余域',
  ban: '扮办半班版伴搬',
  yan: '演眼言严研颜盐烟验岩',
  kai: '开凯',
  fa: '发法罚乏',
  zhe: '者着这折哲',
  mi: '密米迷蜜秘觅',
  ma: '码马吗妈骂麻玛',
  yao: '钥要药摇腰咬遥',
  xie: '泄写谢些鞋协血卸',
  lou: '露漏楼搂',
  rao: '绕饶扰',
  guo: '过国果锅郭',
  shen: '审身深神甚慎沈',
  cha: '查茶差插察',
  qian: '前钱千签浅欠',
  suo: '所锁索缩',
  you: '有友又右由油游',
  shu: '输书树数属术叔',
  chu: '出初处除触储',
  dao: '道到刀导倒岛',
  de: '德得的',
};

const READERS = PHRASES.map(([phrase, pinyin]) => {
  const syllables = pinyin.split(' ');
  const latin = syllables.map((syllable) => syllable.replace('v', '(?:v|u)')).join("[ '-]?");
  return {
    phrase,
    heard: new RegExp(syllables.map((syllable) => `[${HOMOPHONES[syllable] ?? ''}]`).join(''), 'gu'),
    spelt: new RegExp(`(?<![A-Za-z])${latin}(?![A-Za-z])`, 'giu'),
  };
});

/** One could be chance: other words sound alike. */
const LEAST_PHRASES = 2;

/**
 * Words that are written with other characters of the same sound, or in pinyin (with tones as marks or digits), written as
 * usual; null where there are fewer than two, for one alone may be another word.
 */
export function undoHomophones(text: string): string | null {
  let found = 0;
  let read = text;
  for (const { phrase, heard } of READERS) {
    let replaced = false;
    read = read.replace(heard, (word) => {
      replaced ||= word !== phrase;
      return phrase;
    });
    if (replaced) found += 1;
  }
  let toneless = read
    .normalize('NFD')
    .replace(/(?<=[A-Za-z])\p{M}+/gu, '')
    .replace(/(?<=[a-z])[1-5](?![0-9])/gi, '');
  for (const { phrase, spelt } of READERS) {
    const before = toneless;
    toneless = toneless.replace(spelt, phrase);
    if (before !== toneless) [found, read] = [found + 1, toneless];
  }
  // Between two words in pinyin stood a space.
  return found >= LEAST_PHRASES ? read.replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '') : null;
}

/** Loads the way from traditional to simplified Chinese. */
export async function loadSimplified(): Promise<(text: string) => string> {
  return loadChineseConverter('simplified');
}
