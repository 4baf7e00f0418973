const SOURCES =
  '(?:documents?|documentation|passages?|sources?|context|texts?|articles?|excerpts?|materials?|pages?|(?:search |tool )?results?|information)';
const TELL =
  '(?:say|state|mention|tell|contain|hold|give|provide|include|specify|describe|explain|cover|discuss|address|show|answer)s?';
const NOT = "(?:do(?:es)? not|don't|doesn't|did not|didn't)";

/** Apologies, and what leads on from the sentence before. */
const LEAD_IN =
  /^(?:(?:(?:i am|i'm|we are|we're) )?(?:very |really )?(?:sorry|afraid)|unfortunately|regrettably|alas|but|so|however)[,:]?\s+(?:but |that )?|^(?:很|非常)?(?:抱歉|对不起|對不起|遗憾)[，,]?(?:的是)?[，,]?/iu;

/** Says of whoever answers, or of what was found, that the answer is not there. Of things themselves ("its cause is not known") it is a claim. */
const NOT_KNOWN = [
  /^(?:i|we) (?:do not|don't) (?:know|have (?:any |enough |the |sufficient |further )?(?:information|answers?|data|details?))\b/,
  /^(?:i|we) (?:cannot|can not|can't|could not|couldn't|(?:am|are|was|were) (?:un|not )able to|did not|didn't) (?:say|tell|answer|find|determine|establish)\b/,
  new RegExp(
    `\\b${SOURCES}(?: (?:that|which|i|we|you|were|was|have|been|found|provided|given|retrieved)){0,4} ${NOT} ${TELL}\\b`,
  ),
  new RegExp(`^(?:none|neither) of (?:the |these |my )?${SOURCES}(?: \\w+){0,2} ${TELL}\\b`),
  new RegExp(`^no ${SOURCES}(?: \\w+){0,2} ${TELL}\\b`),
  new RegExp(
    `^there (?:is|was|are|were) (?:no|nothing|not enough)\\b.* (?:in|among|within|from) (?:the|these|my|any|what)\\b.*\\b(?:${SOURCES}|found)\\b`,
  ),
  /^(?:nothing|no (?:answer|information|mention|evidence))\b.*\b(?:was|were|that was|could be) found\b/,
  new RegExp(
    `^(?:the answer|this|that|it) (?:is|was) not (?:found|given|stated|mentioned|contained|said|covered|included|described|specified|answered) (?:in|by|among) (?:the|these|any)\\b.*\\b(?:${SOURCES}|found)\\b`,
  ),
  new RegExp(
    `^the (?:answer|information) (?:is|was)(?: not|n't) (?:to be found )?(?:in|among) (?:the|these|any)\\b.*\\b(?:${SOURCES}|found)\\b`,
  ),
  /^(?:(?:i|we|the search|my search|the searches) )(?:have |has )?(?:found|returned|brought|gave|find) (?:nothing|no (?:results?|answers?|information|mention))\b/,
  /^(?:not known|unknown|not found|no answer|insufficient information|not enough information)[.!]?$/,
  /^我(?:们|們)?(?:也)?(?:不知道|不清楚|无法|無法|不能(?:回答|确定|判断)|(?:没有|沒有|未能?)(?:找到|足够|相关))/u,
  /(?:文档|资料|文章|文中|段落|原文|材料|(?:检索|搜索)(?:到的)?(?:结果|内容))(?:中|里)?(?:都|均|也)?(?:没有|并未|未能?|并没有)(?:提到|提及|说明|给出|包含|涉及|找到|提供|回答|记载)/u,
  /^(?:没有|沒有|未能?)(?:找到|查到|检索到).*(?:信息|内容|內容|答案|资料|说明|文档)/u,
  /^(?:无法|無法|不能)(?:根据|根據|从|從|由|依据).*(?:回答|确定|確定|判断|判斷|得知|知道)/u,
];
/** What may follow is a claim after all. */
const ALL_THE_SAME = /\b(?:but|however|although|though|yet|except)\b|但|不过|不過|然而|可是/iu;

/**
 * Whether a sentence says no more than that the answer is not known or not to be found. It claims nothing that a passage
 * could support: an answer of such sentences is an honest one.
 */
export function saysNotKnown(sentence: string): boolean {
  const said = sentence
    .replace(/[’‘]/gu, "'")
    .replace(/^[\s*_"“(（]+/u, '')
    .replace(LEAD_IN, '');
  return !ALL_THE_SAME.test(said) && NOT_KNOWN.some((pattern) => pattern.test(said.toLowerCase()));
}
