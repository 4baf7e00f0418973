/** Sets of numbers below `size`, joined in pairs. The least number of a set stands for it, whatever the order. */
export class UnionFind {
  private readonly parents: Uint32Array;

  /** @param size at most 2^32; takes four bytes for each. */
  constructor(size: number) {
    this.parents = new Uint32Array(size);
    for (let index = 0; index < size; index++) this.parents[index] = index;
  }

  /** The least number of the set that holds `member`. */
  find(member: number): number {
    const { parents } = this;
    let at = member;
    for (;;) {
      const parent = parents[at] ?? at;
      if (parent === at) return at;
      // Halves the path as it goes, which keeps all paths short.
      const grandparent = parents[parent] ?? parent;
      parents[at] = grandparent;
      at = grandparent;
    }
  }

  /** Joins two sets; false where they were one already. */
  join(a: number, b: number): boolean {
    const [first, second] = [this.find(a), this.find(b)];
    if (first === second) return false;
    this.parents[Math.max(first, second)] = Math.min(first, second);
    return true;
  }
}
