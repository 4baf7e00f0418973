import * as z from 'zod';

/** A number of a row, also as PostgreSQL gives its numeric and bigint: text. */
export const rowNumber = z
  .union([z.number(), z.string().regex(/^-?\d/).transform(Number)])
  .pipe(z.number().refine(Number.isFinite));

/** The id of a user. An object is none: it may say of itself that it can not become a text, which would throw. */
export const rowUser = z.union([z.string().min(1), z.number().transform(String)]);

export const rowTime = z.union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))]);
