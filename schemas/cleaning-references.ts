import * as z from 'zod';
import { LIST_NAMES } from './cleaning-names';
import { datasetReference, slug } from './common';

/** What the filters look for, from outside of the recipe. */
const listName = z.enum(LIST_NAMES);

/** More belong into a file: an input must stay readable, and small in a history. */
const MOST_ITEMS = 200;

const file = z.string().min(1).max(4096);

const list = z.strictObject({
  items: z.array(z.string().min(1).max(256)).max(MOST_ITEMS).default([]),
  /** Text file inside a source root, one entry a line; lines that begin with # are left out. */
  file: file.optional(),
});

export const lists = z.partialRecord(listName, list);
export type Lists = z.infer<typeof lists>;

/** Texts that must not be trained on: a JSON Lines file inside a source root, or a registered dataset. */
const evaluationSet = z
  .strictObject({
    name: slug,
    file: file.optional(),
    dataset: datasetReference.optional(),
    /** Fields or columns of a row that are read as one text, in this order: question and answer, say. */
    fields: z.array(z.string().min(1).max(128)).min(1).max(16).default(['text']),
  })
  .refine((set) => (set.file === undefined) !== (set.dataset === undefined), 'needs either `file` or `dataset`');
export type EvaluationSet = z.infer<typeof evaluationSet>;

export const evaluationSets = z.array(evaluationSet).max(32);
