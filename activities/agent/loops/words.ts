/** Words that say how a thing is asked for, not what is asked for: a reworded query differs in these. */
const FILLER = new Set(
  (
    'a an the of for to in on at by with from into about as and or but if then than so that this these those it its is are was were be been ' +
    'being do does did done doing have has had can could may might must shall should will would i me my we us our you your he she they them ' +
    'their there here what which who whom whose when where why how not no yes please kindly just only also very really actually again once ' +
    'more most much many some any all each every other another still yet now today currently current recent recently latest newest new up ' +
    'find finding search searching look looking lookup get getting fetch show showing give tell list retrieve check checking query information ' +
    'info detail details data exact exactly precise precisely specific specifically full complete completely whole official thorough ' +
    'thoroughly carefully try trying using use used need want let lets help maybe perhaps possible related regarding concerning need further ' +
    'additional extra quick quickly correct right proper properly good best better ok okay urgent urgently asap same second third time times one ' +
    '的 了 是 在 和 与 或 及 也 都 就 还 又 再 把 被 对 从 到 给 让 向 为 吗 呢 吧 啊 请 我 你 您 他 她 它 我们 你们 他们 这 那 这个 那个 这些 那些 什么 怎么 如何 哪里 哪个 ' +
    '一下 一个 一些 查 查询 查找 搜索 查看 看看 寻找 获取 找 找到 显示 告诉 关于 有关 相关 信息 内容 资料 详细 详情 最新 现在 目前 当前 再次 继续 更多 所有 全部 具体 需要 想 能 可以 ' +
    '有 没有 哪些 哪 帮 帮忙 多少 介绍 说明 情况 请问 想要 了解 知道 一点 该 其 个 等 吗 能否 是否 帮我 一些 进行'
  ).split(' '),
);

/** Fields that say nothing of what is asked for. */
const ASIDE =
  /^(?:timeout|timeout_?(?:ms|s|seconds)|wait|delay|sleep|retry|retries|attempts?|try|tries|verbose|verbosity|temperature|seed|nonce|timestamp|request_?id|trace_?id|cache_?(?:bust|buster|key)|salt|rand(?:om)?|thoughts?|reason|reasoning|explanation|comment|rationale)$/iu;

/** Fields that say how much of a thing, or which part, and not which thing: 20 results in place of 10 is the same question. */
const AMOUNT =
  /^(?:pages?|page_?(?:no|num|number|index|size|token)|per_?page|offset|cursor|skip|start|from_?index|after|before|next|next_?token|limit|size|max|min|num|count|k|n|batch|depth|order|sort|format|days|hours|minutes|seconds|weeks|months|years|radius|range|distance|budget|price|threshold|tolerance|window|look_?back|horizon|lines|length|width|samples|zoom|(?:max|min|num|top|limit|count|total|batch)_\w+|\w+_(?:max|min|limit|count|size|radius|range|days|hours|minutes|seconds)|(?:max|min|num)[A-Z]\w*|topK|topN)$/iu;

/**
 * Whether a field counts as naming what is asked for. An amount does where something was done by it, for then another
 * amount did another thing: page 3 exported is not page 2 exported; and so does a date.
 */
export function names(field: string, value: unknown, done: boolean): boolean {
  if (ASIDE.test(field)) return false;
  return done || !AMOUNT.test(field) || (typeof value === 'string' && /\d{4}-\d\d/u.test(value));
}

/** What differs between two answers that say the same: when, how long it took, and under which number. */
const VOLATILE: readonly RegExp[] = [
  /\b\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:z|[+-]\d\d:?\d\d)?)/giu,
  /\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?(?:\s?[ap]m)?\b/giu,
  /\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? \d{1,2} [a-z]{3} \d{4}\b/giu,
  /\b\d+(?:\.\d+)?\s?(?:ns|µs|us|ms|msec|millis|milliseconds?|s|secs?|seconds?|mins?|minutes?)\b/giu,
  /\b(?:attempt|retry|try|req|request|trace|correlation|call|session|span|pid|txn|transaction)(?:[ _-]?(?:id|no|number))?["']?\s*[:=# ]\s*["']?#?[\w-]*\d[\w-]*/giu,
  /"(?:timestamp|time|ts|date|now|took|elapsed|duration|latency|request_?id|trace_?id|etag|nonce|generated_?at|fetched_?at|updated_?at)"\s*:\s*(?:"[^"]*"|[\d.]+)/giu,
  /0x[0-9a-f]{4,}/giu,
];

/** Ids and times in seconds. One or two are those of the answer; more are what it lists. */
const NUMBERED: readonly RegExp[] = [
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/giu,
  /\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b/giu,
  /\b1[5-9]\d{8}(?:\d{3})?(?:\.\d+)?\b/gu,
];
const OF_THE_ANSWER = 2;

/** The text without what changes from one answer to the next although the answer does not. */
export function settled(text: string): string {
  const calm = VOLATILE.reduce((rest, pattern) => rest.replace(pattern, ' '), text);
  return NUMBERED.reduce(
    (rest, pattern) => ((rest.match(pattern)?.length ?? 0) <= OF_THE_ANSWER ? rest.replace(pattern, ' ') : rest),
    calm,
  );
}

const WORD = /[\p{L}\p{N}\p{M}][\p{L}\p{N}\p{M}'’_.@:/+\\-]*|[^\s\p{L}\p{N}\p{P}]/gu;
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** Runs of such characters, at most 64 long: each segment of a run holds all of its text, so long ones cost their square. */
const CJK_RUNS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{1,64}|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu;
const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });

/** Lower case, compatible forms made one, words of Chinese and Japanese set apart; no end punctuation. */
export function wordsOf(text: string): string[] {
  const folded = text.normalize('NFKC').toLowerCase();
  return (folded.match(CJK_RUNS) ?? []).flatMap((run) =>
    CJK.test(run)
      ? [...segmenter.segment(run)].filter((part) => part.isWordLike).map((part) => part.segment)
      : (run.match(WORD) ?? []).map((word) => word.replace(/['’]s$/u, '').replace(/[.:'’/\\-]+$/u, '')).filter(Boolean),
  );
}

export const isFiller = (word: string): boolean => FILLER.has(word);

/** A word that names one thing: it has a digit, or is a path, an address or an identifier. */
export const isKey = (word: string): boolean => /\p{N}|[_@:/\\]|\w\.\w/u.test(word);

/** Characters beyond which a word is none, but data. */
const LONGEST_WORD = 40;

/** Singular of most English plurals, and a stutter said once, so that "x", "xx" and "xxx" are one word. */
export function stem(word: string): string {
  const singular = word.replace(/(?<=[a-z]{2})ies$/u, 'y').replace(/(?<=[a-z]{3})(?<!s)s$/u, '');
  if (singular.length > LONGEST_WORD) return singular;
  return /^\p{L}+$/u.test(singular) && !CJK.test(singular) ? singular.replace(/^(.+?)\1{2,}$/u, '$1') : singular;
}
