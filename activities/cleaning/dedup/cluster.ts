import { readFileSync } from 'node:fs';
import type { Report } from '../../kit/heartbeat';
import { GroupedWriter } from '../grouped-lines';
import { COLUMNS, readColumn, readLengths, type UnitSignatures } from './signature-file';
import { UnionFind } from './union-find';

/** Where the changes of each unit stand in the result's file set. */
export const CHANGES = 'changes';

/** What becomes of a kept document that has duplicates, or whose id another has. */
export interface Change {
  /** Its place among the documents its unit has kept. */
  ordinal: number;
  /** Why it is dropped; null for one that stays. */
  reason: 'exact_duplicate' | 'near_duplicate' | null;
  /** Id of the document that stays in its place; null for one that stays. */
  duplicateOf: string | null;
  /** Documents in its cluster, itself among them. */
  clusterSize: number;
  /** Its new id where an earlier document has the same; null where it keeps its own. */
  id: string | null;
}

export interface ClusterTask {
  /** All units, in their order. `ids` is the file of their documents' ids. */
  units: (UnitSignatures & { ids: string })[];
  /** Files of pairs, of every part. */
  edges: string[];
  sameIds: string[];
  /** Empty folder for the result. */
  dir: string;
}

/**
 * Joins pairs into clusters and settles which document of each stays: the longest, of equally long ones the first in
 * the order of the source. Neither the order of units nor of pairs has a say. Takes sixteen bytes for each document,
 * and some hundred for each cluster.
 */
export function cluster(
  { units, edges, sameIds, dir }: ClusterTask,
  report: Report,
): { clusters: number; duplicates: number } {
  const total = units.reduce((sum, unit) => sum + unit.count, 0);
  const sets = new UnionFind(total);
  for (const file of edges) forEachPair(file, (first, second) => sets.join(first, second));
  const survivors = new Survivors(sets, units, total);
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
  forEachAffected(units, isAffected, (number, _unit, _ordinal, id, high, low) => {
    if (survivors.of(number) === number) kept.set(number, { id: finalId(number, id), high, low });
  });

  const changes = new GroupedWriter(dir, CHANGES);
  let duplicates = 0;
  try {
    let group = 0;
    const endGroups = (upTo: number) => {
      for (; group < upTo; group++) changes.endGroup();
      report(group, units.length);
    };
    forEachAffected(units, isAffected, (number, unit, ordinal, id, high, low) => {
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
  return { clusters: survivors.clusters, duplicates };
}

/** For each document, how large its cluster is and which of it stays. */
class Survivors {
  /** Clusters of two or more. */
  clusters = 0;
  private readonly sizes: Uint32Array;
  private readonly best: Uint32Array;

  constructor(
    private readonly sets: UnionFind,
    units: readonly UnitSignatures[],
    total: number,
  ) {
    this.sizes = new Uint32Array(total);
    this.best = new Uint32Array(total);
    const longest = new Uint32Array(total);
    let number = 0;
    for (const unit of units) {
      for (const length of readLengths(unit)) {
        const root = sets.find(number);
        this.sizes[root] = (this.sizes[root] ?? 0) + 1;
        if (this.sizes[root] === 2) this.clusters++;
        // Only a longer one displaces: of equal ones the first stays.
        if (this.sizes[root] === 1 || length > (longest[root] ?? 0)) {
          longest[root] = length;
          this.best[root] = number;
        }
        number++;
      }
    }
  }

  sizeOf(number: number): number {
    return this.sizes[this.sets.find(number)] ?? 1;
  }

  of(number: number): number {
    return this.best[this.sets.find(number)] ?? number;
  }
}

/** Goes through the affected documents in order, with their ids and the halves of the keys of their texts. */
function forEachAffected(
  units: ClusterTask['units'],
  isAffected: (number: number) => boolean,
  each: (number: number, unit: number, ordinal: number, id: string, high: number, low: number) => void,
): void {
  let base = 0;
  units.forEach((unit, unitNumber) => {
    const affected: number[] = [];
    for (let ordinal = 0; ordinal < unit.count; ordinal++) if (isAffected(base + ordinal)) affected.push(ordinal);
    if (affected.length > 0) {
      const keys = readColumn(unit, COLUMNS.exact);
      const ids = readFileSync(unit.ids, 'utf8').split('\n');
      for (const ordinal of affected) {
        const id = JSON.parse(ids[ordinal] ?? '""') as string;
        each(base + ordinal, unitNumber, ordinal, id, keys[ordinal * 2] ?? 0, keys[ordinal * 2 + 1] ?? 0);
      }
    }
    base += unit.count;
  });
}

function forEachPair(file: string, each: (first: number, second: number) => void): void {
  const bytes = readFileSync(file);
  for (let at = 0; at < bytes.length; at += 8) each(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4));
}
