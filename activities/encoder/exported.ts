import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { studentPrecision, type StudentPrecision } from '../../schemas/distillation-gate';

/** Says what the model.onnx beside it computes in, in a folder that `distillModel` has made. */
export const EXPORT_FILE = 'export.json';

const exported = z.object({ precision: studentPrecision });

/** What such a file says. */
export const exportedModel = (said: unknown): { precision: StudentPrecision } => exported.parse(said);

/** What the graph in a folder computes in, as it says itself; undefined where it says nothing. */
export function exportedPrecision(folder: string): StudentPrecision | undefined {
  const file = path.join(folder, EXPORT_FILE);
  if (!existsSync(file)) return undefined;
  return exportedModel(JSON.parse(readFileSync(file, 'utf8'))).precision;
}
