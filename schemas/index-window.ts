import * as z from 'zod';
import { slug } from './common';
import { indexVersion } from './rebuild-index';
import { defineStage } from './stage';

const input = z.strictObject({
  alias: slug.describe('Alias of the index.'),
  index: indexVersion.describe('The index that is live now.'),
  previous: indexVersion.describe('The index that was live before, and still receives updates.'),
  hours: z
    .number()
    .positive()
    .max(24 * 30)
    .describe('How long it can be gone back to.'),
});

const output = z.strictObject({
  /** Who went back, and why; null where nobody did. */
  rolledBack: z.strictObject({ by: z.string(), note: z.string() }).nullable(),
  /** Physical indexes that were deleted at the end, by the policy. */
  dropped: z.array(z.string()),
});

/** Not a stage that people start: each rebuild that leaves a way back starts one. */
export const indexWindowStage = defineStage({
  name: 'indexWindow',
  summary: 'Keeps the index before ready to go back to, until its time is over; then old indexes go by the policy.',
  codeVersion: 1,
  // Its hours end it.
  endless: {},
  input,
  output,
  example: {
    alias: 'example',
    index: { alias: 'example', version: 2, physical: 'example-v2-00000000' },
    previous: { alias: 'example', version: 1, physical: 'example-v1-00000000' },
    hours: 24,
  },
  subject: (parsed) => parsed.alias,
});

export type IndexWindowInput = z.output<typeof input>;
export type IndexWindowOutput = z.output<typeof output>;
