import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { keptPrefix } from '../../kit/unit';
import { namingFullDisk } from '../../stores/disk';
import type { ArtifactStore } from '../../stores/artifact-store';
import type { Change } from '../dedup/cluster';
import { PLANTED } from '../dedup/planted';
import { IDS, SIGNATURES, SKETCHES } from '../dedup/signature-file';
import type { FilterResult } from '../filter';
import { place } from '../place';
import { inScratch } from '../scratch';
import { SLICES } from './slice-counts';

/** What is kept of a unit of the filter phase: all of its files but the texts, which the published version has. */
export const LIGHT_FILES = [
  ...[IDS, SIGNATURES, SKETCHES, SLICES],
  ...[PLANTED.signatures, PLANTED.sketches, PLANTED.list],
] as const;
/** What became of the unit's duplicates in the version that keeps it: JSON Lines of `Change`. */
export const CHANGES_THEN = 'changes-then.jsonl';

/** What a kept unit says of itself. */
export interface KeptMeta extends FilterResult {
  /** Its number in the version that keeps it, by which that names its files. */
  unit: number;
}

/** @param at where the unit begins, and under which rules: `UnitIdentity.place`. */
export const keptKey = (workKey: string, at: string): string => `${keptPrefix(workKey)}${at}`;

export const changeLines = (changes: readonly Change[]): string =>
  changes.map((change) => `${JSON.stringify(change)}\n`).join('');

/** Keeps of a unit what a later run needs to take it over, some 0.5 KB a document. */
export async function keepUnit(
  store: ArtifactStore,
  { workKey, unit, from, at }: { workKey: string; unit: number; from: string; at: string },
  { read, kept, rejected, reasons, lines, pii, longestLine, planted }: FilterResult,
  changes: readonly Change[],
): Promise<void> {
  await inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      for (const name of LIGHT_FILES) await place(await store.localFile(from, name), path.join(dir, name));
      await writeFile(path.join(dir, CHANGES_THEN), changeLines(changes));
      const meta: KeptMeta = { unit, read, kept, rejected, reasons, lines, pii, longestLine, planted };
      await store.publish(keptKey(workKey, at), dir, { ...meta });
    }),
  );
}
