/**
 * What words of a text are about, in whatever language: a classifier that has learnt that doing away with (`undo`) what was ordered
 * (`orders`) before (`earlier`) speaks for an attack knows it of every language that has a list of these words.
 */
export const CONCEPTS = [
  'undo',
  'orders',
  'earlier',
  'fresh',
  'limits',
  'morals',
  'free',
  'hidden',
  'secret',
  'reveal',
  'exact',
  'assistant',
  'you',
  'self',
  'user',
  'persona',
  'whatever',
  'refuse',
  'not',
  'must',
  'obey',
  'assent',
  'mode',
  'maker',
  'fiction',
  'game',
  'harm',
  'method',
  'disguise',
  'threat',
  'plea',
  'secrecy',
  'send',
  'data',
  'praise',
  'study',
  'unreal',
  'context',
  'noise',
] as const;
export type Concept = (typeof CONCEPTS)[number];

/** Words and phrases of a language, separated by commas; of inflected words one form will do. */
export type Lexicon = Partial<Record<Concept, string>>;
