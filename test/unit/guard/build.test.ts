import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { FeatureMaker } from '../../../activities/guard/classifier/features';
import { GUARD_BUILD } from '../../../activities/guard/guard-files';
import { openReader } from '../../../activities/guard/normalise';
import { mutate } from '../../../activities/guard/red-team/mutations';
import { mulberry32 } from '../../../activities/kit/random';
import { PLANTED_ATTACKS } from '../../../bench/planted/guard/attacks';
import { PLANTED_HARMLESS } from '../../../bench/planted/guard/harmless';
import { MUTATIONS } from '../../../schemas/red-team';

/**
 * What each build sees of the same texts. A change of views, rules, windows or features must raise `GUARD_BUILD`, or guards that
 * were trained before would judge what they have not learnt; the new build gets an entry here, and the old ones stay.
 */
const SEEN: Record<number, string> = {
  3: '016da2ddfd93b9e8adc01c23eca5fbbbc61cb7a266da4e37dbcb694f92dd5db1',
  2: 'bc63789bd5b8a58309f6e71af36e6bc9a1a3bc421422cfbb389dc5db5b3a675c',
  1: '40e815fb0040f3909ce1d938733ec5eb07d21468b5959109cb03d6971a5a2903',
};

it('the same texts and build give the same features', async () => {
  const read = await openReader();
  const maker = new FeatureMaker();
  const random = mulberry32(11);
  const hash = createHash('sha256');
  for (const text of [...PLANTED_ATTACKS, ...PLANTED_HARMLESS].flatMap(({ texts }) => texts.slice(0, 5))) {
    for (const mutation of MUTATIONS) {
      for (const view of read(mutate(text, mutation, random)).views) {
        for (const { grams, rules, concepts } of maker.windows(view.text, 'document')) {
          hash.update(grams).update(rules).update(concepts);
        }
      }
    }
  }
  expect(hash.digest('hex')).toBe(SEEN[GUARD_BUILD]);
});
