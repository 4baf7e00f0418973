import { ASIDES } from './attacks/asides';
import { CARRIERS } from './attacks/carriers';
import { CHINESE } from './attacks/chinese';
import { CHINESE_SLOTS } from './attacks/chinese-slots';
import { DISGUISES } from './attacks/disguises';
import { EXTRACTION } from './attacks/extraction';
import { FRAMES } from './attacks/frames';
import { GOALS } from './attacks/goals';
import { INJECTION } from './attacks/injection';
import { MORE } from './attacks/more';
import { OVERRIDE } from './attacks/override';
import { PERSONA } from './attacks/persona';
import { PERSUASION } from './attacks/persuasion';
import { POSITIONS } from './attacks/positions';
import { TONGUES } from './attacks/tongues';
import { CHINESE as HARMLESS_CHINESE } from './benign/chinese';
import { DOCUMENTS } from './benign/documents';
import { WORDS } from './benign/words';
import { type Grammar, joinGrammars } from './grammar';

/** What stands around an attack in a document: what harmless ones say, so that a classifier can not tell the two by it. */
const AROUND: Grammar = {
  paragraph: [...(DOCUMENTS.doc ?? []), ...(DOCUMENTS.howto ?? [])],
  title: DOCUMENTS.title ?? [],
  place: WORDS.place ?? [],
  zh_text: [...(HARMLESS_CHINESE.zh_para ?? []), ...(HARMLESS_CHINESE.zh_order ?? [])],
};

/**
 * Attacks as people try them, by family, in English, Chinese and a few other languages. What they ask for is only named: it is
 * the manner that a guard must know.
 */
export const ATTACK_GRAMMAR: Grammar = joinGrammars([
  GOALS,
  OVERRIDE,
  EXTRACTION,
  PERSONA,
  MORE,
  FRAMES,
  PERSUASION,
  DISGUISES,
  INJECTION,
  CHINESE,
  CARRIERS,
  POSITIONS,
  ASIDES,
  TONGUES,
  CHINESE_SLOTS,
  AROUND,
]);

/** The families that the grammar has a start for. */
export const ATTACK_STARTS = [
  'override',
  'extraction',
  'persona',
  'mode',
  'authority',
  'fiction',
  'prefix',
  'persuasion',
  'splitting',
  'manyshot',
  'suffix',
  'injection',
  'markup',
  'chinese',
  'chinese injection',
  'languages',
] as const;
