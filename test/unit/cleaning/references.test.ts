import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvaluationIndex } from '../../../activities/cleaning/references/contamination';
import { simplifiedWords } from '../../../activities/cleaning/references/simplify';
import { badWordsFilter } from '../../../activities/cleaning/rules/bad-words';
import { loadLanguageDetector } from '../../../activities/cleaning/rules/language';
import { UrlRules } from '../../../activities/cleaning/rules/url-rules';

const QUESTION = 'Which of the nine planets that circle the sun has the largest known mountain?';

describe('decontamination', () => {
  const index = new EvaluationIndex([
    { name: 'first', texts: ['too short', QUESTION] },
    { name: 'second', texts: [`${QUESTION} Mars, of course, and it is called Olympus Mons by all who know.`] },
    { name: 'chinese', texts: ['中国的首都是哪一座城市，它有多少人口？'] },
  ]);

  it('finds thirteen words in a row, whatever their case, marks and line breaks', () => {
    const text = `Quiz: which of the NINE planets, that circle\nthe sun — has the largest "known" mountain`;
    expect(index.find(text)).toEqual({
      set: 'first',
      ngram: 'which of the nine planets that circle the sun has the largest known',
    });
    expect(index.find('mars of course and it is called olympus mons by all who know nothing')?.set).toBe('second');
  });

  it('finds no twelve of them, and none with a word in between', () => {
    expect(index.find(QUESTION.split(' ').slice(0, 12).join(' '))).toBeUndefined();
    expect(index.find(QUESTION.replace('sun', 'sun really'))).toBeUndefined();
    expect(index.find('too short')).toBeUndefined();
  });

  it('takes characters for words where a script has no blanks', () => {
    expect(index.find('据说中国的首都是哪一座城市，它有一条河')?.set).toBe('chinese');
    expect(index.find('中国的首都是哪一个')).toBeUndefined();
  });

  it('finds what comparing all runs of words finds', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(words, { maxLength: 4 }), words, (texts, text) => {
        const runs = (list: string[]) => list.slice(12).map((_, start) => list.slice(start, start + 13).join(' '));
        const sought = new Set(texts.flatMap(runs));
        const one = new EvaluationIndex([{ name: 's', texts: texts.map((list) => list.join(' ')) }]);
        expect(one.find(text.join(' '))?.ngram).toBe(runs(text).find((run) => sought.has(run)));
      }),
    );
  });

  it('simplifies as datatrove does', () => {
    expect(simplifiedWords('Ünïcode, 3.14 and 1,000\nIT’S “done”!')).toEqual('unicode 0 and 0 it s done'.split(' '));
  });
});

describe('rules on addresses', () => {
  const parseHost = (url: string) => {
    const { hostname } = new URL(url);
    return { hostname, domain: hostname.split('.').slice(-2).join('.') };
  };
  const rules = new UrlRules(
    {
      urlDomains: ['bad.example', 'blog.fine.example'],
      urls: ['http://fine.example/one'],
      urlWords: ['Banned'],
      urlSoftWords: ['soft', 'softer'],
      urlSubstrings: ['x-rated'],
    },
    2,
    parseHost,
  );

  it.each([
    ['https://www.bad.example/a', 'domain'],
    ['https://blog.fine.example/', 'subdomain'],
    ['http://fine.example/one', 'url'],
    ['http://fine.example/a-banned-word', 'hard_blacklisted'],
    ['http://fine.example/soft/softer', 'soft_blacklisted'],
    ['http://fine.example/isxRated', 'blacklisted_subword'],
    ['http://fine.example/soft/unbanned', undefined],
    ['http://other.fine.example/', undefined],
  ])('%s: %s', (url, reason) => {
    expect(rules.reasonFor(url)).toBe(reason);
  });
});

describe('bad words', () => {
  it('are found as whole words of any script, without regard to case', () => {
    const has = badWordsFilter(['damn', 'a$$', 'zwei Worte', ' ', 'sm'], 'words');
    for (const text of ['DAMN', 'well, damn!', 'a$$.', 'x\nzwei worte\ny'])
      expect(has?.(text.toLowerCase())).toBe(true);
    for (const text of ['damnation', 'édamn', 'damn_it', 'zwei  Worte', 'sm', '']) expect(has?.(text)).toBe(false);
  });

  it('are found anywhere where a script has no blanks, but for those that C4 lets pass', () => {
    const has = badWordsFilter(['脏话', '性'], 'anywhere');
    expect(has?.('这是脏话吗')).toBe(true);
    expect(has?.('性质')).toBe(false);
    expect(badWordsFilter(['性'], 'anywhere')).toBeUndefined();
  });
});

describe('the language of a text', () => {
  it.each([
    ['en', 'The committee will meet again on Thursday to talk about the budget for the coming year.'],
    ['de', 'Der Ausschuss trifft sich am Donnerstag wieder, um über den Haushalt des nächsten Jahres zu sprechen.'],
    ['fr', 'Le comité se réunira de nouveau jeudi pour parler du budget de l’année prochaine.'],
    ['zh', '委员会将于星期四再次开会，讨论明年的预算。'],
    ['ru', 'Комитет снова соберётся в четверг, чтобы обсудить бюджет на следующий год.'],
  ])('%s is recognised', async (language, text) => {
    const detect = await loadLanguageDetector();
    const found = detect(text);
    expect(found.language).toBe(language);
    expect(found.score).toBeGreaterThan(0.5);
    expect(found.score).toBeLessThanOrEqual(1);
  });
});
