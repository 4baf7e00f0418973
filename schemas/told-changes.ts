import * as z from 'zod';

/** Bytes of UTF-8 of all texts of one signal: it stands in the history, where no payload is above 64 KB. */
export const MAX_TOLD_BYTES = 48 * 1024;
export const MAX_TOLD_CHANGES = 100;

const version = z
  .int()
  .nonnegative()
  .optional()
  .describe('Version of the document where it is from, if it has one: what is not newer is ignored.');

/** A document that is new or was changed, or one that is gone. */
export const toldChange = z.union([
  z.strictObject({
    document: z.string().min(1),
    title: z.string().default(''),
    text: z.string(),
    /** Where it is from; the id of the document where left out. */
    source: z.string().min(1).optional(),
    version,
  }),
  z.strictObject({ document: z.string().min(1), deleted: z.literal(true), version }),
]);
export type ToldChange = z.output<typeof toldChange>;

/** The argument of the signal `change`. */
export const toldChanges = z
  .strictObject({ changes: z.array(toldChange).min(1).max(MAX_TOLD_CHANGES) })
  .refine(({ changes }) => changes.reduce((sum, change) => sum + toldBytes(change), 0) <= MAX_TOLD_BYTES, {
    path: ['changes'],
    message: `must have ${MAX_TOLD_BYTES} bytes of text at most; what is larger goes to the outbox itself`,
  });

/** Bytes of the texts of a change, in UTF-8. */
export const toldBytes = (change: z.input<typeof toldChange>): number =>
  Object.values(change).reduce<number>((sum, value) => sum + (typeof value === 'string' ? utf8Bytes(value) : 0), 0);

// Workflows have no TextEncoder and no Buffer.
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
