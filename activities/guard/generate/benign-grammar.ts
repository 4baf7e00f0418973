import { OVERRIDE } from './attacks/override';
import { CHINESE } from './benign/chinese';
import { CONTRASTS } from './benign/contrasts';
import { DOCUMENTS } from './benign/documents';
import { EVERYDAY_TASKS } from './benign/everyday';
import { QUESTIONS } from './benign/questions';
import { SLOTS } from './benign/slots';
import { TECHNICAL } from './benign/technical';
import { WORDS } from './benign/words';
import { WRITING } from './benign/writing';
import { type Grammar, joinGrammars } from './grammar';

/**
 * What people ask for good reasons, and what looks like an attack and is none: roles, stories, questions on crime, security and
 * jailbreaks, edits, code, long instructions of systems, documents that tell people what to do.
 */
export const BENIGN_GRAMMAR: Grammar = joinGrammars([
  WORDS,
  QUESTIONS,
  EVERYDAY_TASKS,
  WRITING,
  TECHNICAL,
  DOCUMENTS,
  CHINESE,
  CONTRASTS,
  SLOTS,
  // What attacks begin with to seem harmless.
  { cover: OVERRIDE.cover ?? [] },
]);

/** The kinds that the grammar has a start for. */
export const BENIGN_STARTS = [
  'roleplay',
  'play',
  'everyday',
  'formatting',
  'security',
  'jailbreaktopic',
  'fiction',
  'technical',
  'developer',
  'document',
  'chinese',
  'chinese document',
  'contrast',
] as const;
