import type { CleaningRules } from '../../../schemas/recipes';
import { normalise, wellFormed } from '../read/normalise';
import { loadChineseConverter } from './chinese';
import { repairMojibake } from './mojibake';

/** Brings a text as it was found into the form in which it is judged and kept. */
export type Shape = (text: string) => string;

/** What `rules` say of the form of texts, as one function. */
export async function prepareShape({
  normalise: how,
  repairMojibake: repair,
  chinese,
}: Pick<CleaningRules, 'normalise' | 'repairMojibake' | 'chinese'>): Promise<Shape> {
  const convert = chinese === null ? undefined : await loadChineseConverter(chinese);
  const clean = how === 'standard' ? normalise : wellFormed;
  return (found) => {
    // First the bytes, as control characters are part of what they were taken for.
    const text = clean(repair ? repairMojibake(found) : found);
    return convert ? convert(text) : text;
  };
}
