import { SKETCH, type TurnDigest } from '../../../schemas/agent-loops';
import { canonicalJson } from '../../kit/canonical-json';
import { chantOf } from './chant';
import { shortHash, sketch } from './sketch';
import { isFiller, isKey, names, settled, stem, wordsOf } from './words';

/** One turn of an agent: what the model said and called, and what came of it. */
export interface Turn {
  /** Null or absent for a turn of words alone. */
  tool?: string | null;
  arguments?: unknown;
  result?: unknown;
  /** What the tool failed with. Failures of the model's provider are not turns. */
  error?: string | null;
  /** What the model wrote beside the call, or in its place. */
  text?: string | null;
}

/** Characters of a text that are cut into words; the rest counts for its hash alone. */
const LOOKED_AT = 40_000;

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : canonicalJson(value);

const COORDINATE = /^(?:x|y|coordinates?|position|point)$/iu;
/** Pixels that a click may be off and still be meant for the same thing. */
const NEARBY = 8;
/** Where a coordinate lies, in two grids that are half a cell apart: two that are nearby share one at least. */
const nearby = (value: number): string[] =>
  [0, NEARBY].map((shift) => `${shift}:${Math.floor((value + shift) / (2 * NEARBY))}`);

/** Fields whose value is somebody's or something's name: another one is another thing, even where they share a word. */
const NAMING =
  /^(?:(?:full|first|last|user|customer|company)?_?name|person|customer|client|user|company|employee|patient|author|email)$/iu;
const LONGEST_NAME = 6;
const FROM = /^(?:from|since|after|begin|start)(?:_?(?:date|time|at))?$|^(?:date|time)_?from$/iu;
const TO = /^(?:to|until|before|end)(?:_?(?:date|time|at))?$|^(?:date|time)_?to$/iu;

interface Asked {
  words: Set<string>;
  keys: Set<string>;
  /** Whether the call did something, and told no more than that. */
  done: boolean;
}

/** Gathers words and names of things from arguments; a field that names nothing is left out. */
function tokensOf(value: unknown, field: string, found: Asked): void {
  if (value === null || value === undefined || typeof value === 'boolean' || !names(field, value, found.done)) return;
  if (Array.isArray(value)) for (const item of value) tokensOf(item, field, found);
  else if (typeof value === 'object') {
    const fields = Object.entries(value);
    // A range that is widened backwards still asks the same: which one it is says its end.
    const ranged = !found.done && fields.some(([name]) => TO.test(name));
    for (const [name, inner] of fields) if (!ranged || !FROM.test(name)) tokensOf(inner, name, found);
  } else if (typeof value === 'number' && COORDINATE.test(field) && Math.abs(value) >= 2 * NEARBY) {
    for (const part of nearby(value)) found.words.add(`${field}~${part}`);
  } else if (typeof value !== 'string') found.keys.add(`${field}=${JSON.stringify(value)}`);
  else {
    const query = value
      .slice(0, LOOKED_AT)
      .replace(/[?&](?:page|offset|cursor|limit|start|skip|per_page)=[^&#\s]*/giu, ' ');
    const whole = wordsOf(query);
    const words = whole.flatMap((word) => (/[/\\]/u.test(word) ? word.split(/[/\\]+/u) : [word]));
    // In a command a path names the place that it is for.
    if (whole.length > 1) for (const word of whole) if (/\w[/\\]\w/u.test(word)) found.keys.add(word);
    // A value of one word names a thing; in a longer one a name has a digit or a sign in it.
    const single = !/\s/u.test(query.trim()) && words.length === 1;
    const path = /^\S*[/\\]\S*$/u.test(query.trim());
    if (NAMING.test(field) && words.length <= LONGEST_NAME) {
      // In any order: "Lovelace, Ada" is the same person.
      found.keys.add([...words].sort().join(' '));
      return;
    }
    for (const word of words.filter((word) => word !== '' && !isFiller(word)).map(stem)) {
      (single || path || isKey(word) ? found.keys : found.words).add(word);
    }
  }
}

const NEGATIVE =
  /\b(?:no|not|none|nothing|null|empty|never|without|missing|unknown|nil|undefined|cannot|can't|couldn't|unable|0 (?:results?|rows?|matches|hits|items|records))\b|没有|未找到|无结果|找不到|不存在|为空/iu;
const DONE =
  /\b(?:ok|okay|done|success(?:ful(?:ly)?)?|succeeded|saved|written|wrote|created|updated|deleted|removed|added|sent|applied|completed?|clicked|pressed|moved|logged|stored|accepted|acknowledged|noted|edited|recorded|true)\b|成功|已完成|已保存|完成/iu;
const FAILED =
  /^\s*(?:\{\s*"error"\s*:\s*(?!null|false|"")|\[?error\b|exception\b|traceback\b|failed\b|failure\b|fatal\b|错误|失败)/iu;

/** Words in which an answer says that it has done something, and the most that such an answer has. */
const OPENING = 8;
const LONGEST_RECEIPT = 60;

function outcomeOf(text: string, error: boolean, words: number): TurnDigest['outcome'] {
  if (error || FAILED.test(text)) return 'error';
  // What was done is said first; what follows ("Keep using the list …") tells nothing of this call.
  const opening = text.trim().split(/\s+/u, OPENING).join(' ');
  if (words <= LONGEST_RECEIPT && /^[^[{]/u.test(opening) && DONE.test(opening) && !NEGATIVE.test(opening))
    return 'done';
  if (words === 0 || /^\s*(?:\[\s*\]|\{\s*\}|""|null)\s*$/u.test(text)) return 'nothing';
  if (words > 15) return 'content';
  if (NEGATIVE.test(text) || /:\s*\[\s*\]/u.test(text)) return 'nothing';
  return DONE.test(text) ? 'done' : 'content';
}

/** The digest of a turn: the same for the same turn, whatever the machine and the time. Errors: none. */
export function digestTurn(turn: Turn): TurnDigest {
  const { tool = null, text } = turn;
  const chant = chantOf(text ?? '');
  if (tool === null) {
    const words = wordsOf((text ?? '').slice(0, LOOKED_AT));
    const said = words.filter((word) => !isFiller(word)).map(stem);
    const call = shortHash(words.join(' '));
    const none = { result: '', resultWords: '', resultKeys: '', outcome: 'nothing' as const };
    return { tool, call, words: sketch(said, SKETCH.words), keys: '', ...none, chant };
  }
  const failed = turn.error !== null && turn.error !== undefined && turn.error !== '';
  const answer = textOf(failed ? turn.error : turn.result);
  // An answer that is nothing but a time says that time.
  const calm = settled(answer);
  const whole = /[\p{L}\p{N}]/u.test(calm) ? calm : answer;
  const words = wordsOf(whole.slice(0, LOOKED_AT));
  const said = [...words].sort().join(' ') + whole.slice(LOOKED_AT);
  const outcome = outcomeOf(answer, failed, words.length);
  const asked: Asked = { words: new Set(), keys: new Set(), done: outcome === 'done' };
  tokensOf(turn.arguments, '', asked);
  return {
    tool,
    call: shortHash(`${tool} ${canonicalJson(turn.arguments ?? {})}`),
    words: sketch(asked.words, SKETCH.words),
    keys: sketch(asked.keys, SKETCH.keys),
    result: shortHash(said),
    resultWords: sketch(words.filter((word) => !isKey(word) && !isFiller(word)).map(stem), SKETCH.words),
    resultKeys: sketch(words.filter(isKey), SKETCH.keys),
    outcome,
    chant,
  };
}
