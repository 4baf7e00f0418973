import { readFileSync } from 'node:fs';
import type { Report } from '../../kit/heartbeat';
import { GroupedWriter } from '../grouped-lines';
import { forEachPair } from './pair-file';
import type { PlantedCounts } from '../../../schemas/clean-dataset';
import { PLANTED_KINDS } from '../../../schemas/cleaning-names';
import type { PlantedDocument } from './planted';
import { COLUMNS, readColumn, type UnitSignatures } from './signature-file';
import { Survivors } from './survivors';
import { UnionFind } from './union-find';

/** Where the changes of each unit stand in the result's file set. */
export const CHANGES = 'changes';

/** What becomes of a kept document that has duplicates, or whose id another has. */
export interface Change {
  /** Its place among the documents its unit has kept. */
  ordinal: number;
  /** Why it is dropped, here or when its repeated spans were cut; null for one that stays. */
  reason: 'exact_duplicate' | 'near_duplicate' | 'duplicate_spans' | null;
  /** Id of the document that stays in its place, after `name@version/` for one of an earlier dataset; null for one that stays. */
  duplicateOf: string | null;
  /** Documents in its cluster, itself among them. */
  clusterSize: number;
  /** Its new id where an earlier document has the same; null where it keeps its own. */
  id: string | null;
}

/** A unit with the file of its documents' ids, and what to put before those of an earlier dataset. */
export interface ClusterUnit extends UnitSignatures {
  ids: string;
  dataset?: string;
}

export interface ClusterTask {
  /** All units, in their order. */
  units: ClusterUnit[];
  /** How many of the units, from the first, are of earlier datasets. */
  earlier: number;
  /** What the units of the run have planted, in their order. */
  planted: PlantedDocument[][];
  /** Files of pairs, of every part. */
  edges: string[];
  sameIds: string[];
  plantedFound: string[];
  /** Empty folder for the result. */
  dir: string;
}

export interface ClusterResult {
  clusters: number;
  duplicates: number;
  planted: PlantedCounts;
}

/**
 * Joins pairs into clusters and settles which document of each stays. Neither the order of units nor of pairs has a
 * say. Takes sixteen bytes for each document, and some hundred for each cluster.
 */
export function cluster(task: ClusterTask, report: Report): ClusterResult {
  const { units, edges, sameIds, dir } = task;
  const counts = units.map(({ count }) => count);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const earlier = counts.slice(0, task.earlier).reduce((sum, count) => sum + count, 0);
  const sets = new UnionFind(total);
  for (const file of edges) forEachPair(file, (first, second) => sets.join(first, second));
  const survivors = new Survivors(sets, units, earlier, total);
  const repeats = new Map<number, number>();
  const copies = new Map<number, number>();
  for (const file of sameIds) {
    forEachPair(file, (first, later) => {
      copies.set(first, (copies.get(first) ?? 1) + 1);
      repeats.set(later, copies.get(first) ?? 1);
    });
  }

  const isAffected = (number: number) => survivors.sizeOf(number) > 1 || repeats.has(number);
  const finalId = (number: number, id: string) => {
    const copy = repeats.get(number);
    return copy === undefined ? id : `${id}~${copy}`;
  };
  // Ids and keys of the survivors first: a duplicate may stand before the one it is a duplicate of.
  const kept = new Map<number, { id: string; high: number; low: number }>();
  forEachAffected(units, isAffected, ({ number, unit, id, high, low }) => {
    const dataset = units[unit]?.dataset;
    const shown = dataset === undefined ? finalId(number, id) : `${dataset}/${id}`;
    if (survivors.of(number) === number) kept.set(number, { id: shown, high, low });
  });

  const changes = new GroupedWriter(dir, CHANGES);
  let duplicates = 0;
  try {
    let group = task.earlier;
    const endGroups = (upTo: number) => {
      for (; group < upTo; group++) changes.endGroup();
      report(group, units.length);
    };
    forEachAffected(units, isAffected, ({ number, unit, ordinal, id, high, low }) => {
      if (unit < task.earlier) return;
      if (unit > group) endGroups(unit);
      const survivor = survivors.of(number);
      const other = survivor === number ? undefined : kept.get(survivor);
      if (other) duplicates++;
      const same = other?.high === high && other.low === low;
      const change: Change = {
        ordinal,
        reason: other ? (same ? 'exact_duplicate' : 'near_duplicate') : null,
        duplicateOf: other?.id ?? null,
        clusterSize: survivors.sizeOf(number),
        id: repeats.has(number) ? finalId(number, id) : null,
      };
      changes.add(change);
    });
    endGroups(units.length);
  } finally {
    changes.close();
  }
  return { clusters: survivors.clusters, duplicates, planted: countPlanted(task, sets) };
}

/**
 * A planted duplicate is found where it is like its source, or like any of the source's cluster; what is no duplicate,
 * where it is like any document.
 */
function countPlanted({ units, earlier, planted, plantedFound }: ClusterTask, sets: UnionFind): PlantedCounts {
  const sources: { kind: PlantedDocument['kind']; number: number }[] = [];
  let base = units.slice(0, earlier).reduce((sum, { count }) => sum + count, 0);
  units.slice(earlier).forEach(({ count }, unit) => {
    for (const { kind, ordinal } of planted[unit] ?? []) sources.push({ kind, number: base + ordinal });
    base += count;
  });
  const found = new Set<number>();
  for (const file of plantedFound) {
    forEachPair(file, (index, number) => {
      const source = sources[index];
      if (!source) return;
      if (source.kind === 'different' || sets.find(source.number) === sets.find(number)) found.add(index);
    });
  }
  return PLANTED_KINDS.map((kind) => {
    const made = [...sources.entries()].filter(([, source]) => source.kind === kind);
    return { kind, planted: made.length, found: made.filter(([index]) => found.has(index)).length };
  }).filter(({ planted: made }) => made > 0);
}

interface Affected {
  number: number;
  unit: number;
  ordinal: number;
  id: string;
  /** Halves of the key of its text. */
  high: number;
  low: number;
}

/** Goes through the affected documents in order. */
function forEachAffected(
  units: readonly ClusterUnit[],
  isAffected: (number: number) => boolean,
  each: (document: Affected) => void,
): void {
  let base = 0;
  units.forEach((file, unit) => {
    const affected: number[] = [];
    for (let ordinal = 0; ordinal < file.count; ordinal++) if (isAffected(base + ordinal)) affected.push(ordinal);
    if (affected.length > 0) {
      const keys = readColumn(file, COLUMNS.exact);
      const ids = readFileSync(file.ids, 'utf8').split('\n');
      for (const ordinal of affected) {
        const id = JSON.parse(ids[ordinal] ?? '""') as string;
        const [high, low] = [keys[ordinal * 2] ?? 0, keys[ordinal * 2 + 1] ?? 0];
        each({ number: base + ordinal, unit, ordinal, id, high, low });
      }
    }
    base += file.count;
  });
}
