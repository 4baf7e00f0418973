import { splitBlocks } from '../../indexing/blocks';
import { saysNotKnown } from './not-known';

/** A sentence of a text: `text.slice(from, to)`. */
export interface Sentence {
  from: number;
  to: number;
}

/** A sentence of an answer, and where in it its claim begins; one that claims nothing has none. */
export interface AnswerSentence extends Sentence {
  claimFrom?: number;
  /** Of one that claims nothing: it says that the answer is not known. */
  notKnown?: true;
}

/** After a stop and white space, where no small letter follows; after a stop that stands alone; after a full-width one. */
const END = /[.!?…]+["'”’)\]*_]*\s+(?!\s|\p{Ll})|(?<=\s)[.!?]\s+|[。！？｡]+["'”’」』）)]*|[；;]\s*\n/gu;
/** What ends with a stop and is no end. */
const ABBREVIATION =
  /(?:^|[\s(])(?:Dr|Mr|Mrs|Ms|Prof|St|No|Nos|Fig|Figs|Eq|Eqs|Ref|vs|cf|ca|approx|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|e\.g|i\.e|al|\p{Lu}|(?:\p{Lu}\.)+\p{Lu})\.\s*$/u;
/** Marks in front of a list item or a quotation, and its number. */
const ITEM = /^(?:[-*+•>]\s+|\d{1,3}[.)]\s+|[（(]\d{1,2}[)）]\s*|[*_"“]+)+/;

/** Words and characters of one sentence at most: what it costs to compare two grows with the product of theirs. */
const LONGEST = 120;
/** From here on it is cut at the next mark. */
const LONG = 90;
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu;

/** Sentences of a text by its blocks, in order, without the blanks around them; what is too long for one is cut. */
export function sentencesOf(text: string): Sentence[] {
  const sentences = splitBlocks(text).flatMap(({ kind, start, end }) =>
    kind === 'prose' ? [...cut(text, start, end)] : trim(text, start, end),
  );
  return sentences.flatMap((sentence) => [...bounded(text, sentence)]);
}

function* bounded(text: string, { from, to }: Sentence): Generator<Sentence> {
  let start = from;
  let words = 0;
  for (const { index } of text.slice(from, to).matchAll(WORD)) {
    const marked =
      words >= LONG && /[,，、;；:：]\s*$/.test(text.slice(Math.max(start, from + index - 3), from + index));
    if (words === LONGEST || marked) {
      yield* trim(text, start, from + index);
      start = from + index;
      words = 0;
    }
    words += 1;
  }
  yield* trim(text, start, to);
}

function* cut(text: string, start: number, end: number): Generator<Sentence> {
  let from = start;
  for (const { index, 0: stop } of text.slice(start, end).matchAll(END)) {
    const to = start + index + stop.length;
    if (ABBREVIATION.test(text.slice(from, to))) continue;
    yield* trim(text, from, to);
    from = to;
  }
  yield* trim(text, from, end);
}

function trim(text: string, start: number, end: number): Sentence[] {
  const content = text.slice(start, end);
  const from = start + content.length - content.trimStart().length;
  const to = start + content.trimEnd().length;
  return from < to ? [{ from, to }] : [];
}

const SOURCE_WORD =
  'documents?|passages?|sources?|texts?|articles?|stud(?:y|ies)|papers?|reports?|context|results?|data|authors?|search results?|information|document(?:ation)';
/** Says where the rest comes from, and nothing else. */
const FRAME = new RegExp(
  [
    `(?:according to|based on|as (?:stated|described|reported|shown|noted|mentioned) (?:in|by)|from|in) (?:the |these |this |your |our )?(?:\\w+ )?(?:${SOURCE_WORD})(?: provided| above| given| found| retrieved)?\\s*[,:]\\s*`,
    `(?:the |these |this )?(?:${SOURCE_WORD}) (?:(?:also|further|clearly) )?(?:says?|states?|reports?|shows?|indicates?|notes?|mentions?|suggests?|explains?|describes?|finds?|found|stated|reported|showed|indicated|noted|mentioned) that\\s+`,
    `it (?:is|was|has been) (?:also )?(?:reported|stated|said|noted|found|shown|known|mentioned|observed) that\\s+`,
    `(?:in short|in summary|to summari[sz]e|in conclusion|overall|in other words|yes|no|sure|certainly|of course|moreover|however|therefore|furthermore|in addition|additionally|also|for example|for instance|specifically|finally)\\s*[,:]\\s*`,
    `(?:根据|据|按照?|依据|基于)[^，。,：:]{0,14}(?:资料|文档|文件|文中|文章|材料|报道|原文|内容|记载|信息|检索结果|段落|所述)[^，。,：:]{0,6}[，,：:]\\s*`,
    `(?:资料|文档|文件|文章|文中|材料|原文|上文|段落|报道)(?:中|里)?(?:显示|指出|提到|表明|称|说|记载|写道|认为)(?:说)?[，,：:]?\\s*`,
    `(?:总之|综上所述|综上|总的来说|简而言之|因此|此外|另外|同时|例如|具体来说|首先|其次|最后|是的|不是)[，,：:]\\s*`,
  ].join('|'),
  'iy',
);

/** Says nothing that a passage could support: greetings, offers, and what answers. */
const NO_CLAIM = [
  /^[(（]?(?:no model was used|没有使用模型)[.。]?[)）]?$/i,
  /^(?:hello|hi|hey|dear|thanks?|thank you|sure|certainly|of course|yes|no|okay|ok|great|sorry|you(?:'|’)?re welcome|good (?:morning|question))\b[^.]{0,40}[!.,]*$/i,
  /^(?:i|we) (?:hope|am happy|would be happy|can|could|cannot|can't|couldn't|do not|don't|am sorry|was unable|am unable|found the following|will)\b.{0,200}$/i,
  /^(?:please )?(?:let me know|feel free|see below|note that i|do not hesitate)\b/i,
  /^(?:here|below|the following)\b.{0,120}:$/i,
  /^(?:你好|您好|谢谢|感谢|好的|当然|抱歉|对不起|不客气|希望|如有|如果您|请随时|请告诉|以下是|下面是)/,
];

/** Sentences of an answer, and which of them claim something. */
export function answerSentences(answer: string): AnswerSentence[] {
  const headings = new Set(
    splitBlocks(answer)
      .filter(({ kind }) => kind === 'heading')
      .map(({ start }) => start),
  );
  return sentencesOf(answer).map(({ from, to }) => {
    const text = answer.slice(from, to);
    let claimFrom = from + (ITEM.exec(text)?.[0].length ?? 0);
    const bare = answer.slice(claimFrom, to).replace(/[*_]/g, '').trim();
    if (saysNotKnown(bare)) return { from, to, notKnown: true };
    const nothing =
      headings.has(from) ||
      /[?？]["'”’」』）)]*$/.test(bare) ||
      NO_CLAIM.some((pattern) => pattern.test(bare)) ||
      /^.{0,60}[:：]$/.test(bare);
    if (nothing) return { from, to };
    for (;;) {
      FRAME.lastIndex = claimFrom;
      const frame = FRAME.exec(answer)?.[0];
      if (frame === undefined || claimFrom + frame.length >= to) {
        const isClaim = !saysNotKnown(answer.slice(claimFrom, to));
        return { from, to, ...(isClaim ? { claimFrom } : { notKnown: true as const }) };
      }
      claimFrom += frame.length;
    }
  });
}

/** Whether an answer says that it is not known, and claims nothing besides. */
export function isNotKnown(answer: string): boolean {
  const sentences = answerSentences(answer);
  return sentences.some(({ notKnown }) => notKnown) && sentences.every(({ claimFrom }) => claimFrom === undefined);
}

/** An answer that breaks off, up to the end of its last whole sentence; blank where it has none. */
export function wholeSentences(answer: string): string {
  const whole = sentencesOf(answer).filter(({ from, to }) =>
    /[.!?…。！？｡]["'”’」』）)\]*_]*$/u.test(answer.slice(from, to)),
  );
  return answer.slice(0, whole.at(-1)?.to ?? 0);
}
