/** Numbers for which memory is kept: one huge document must not take it for good. */
const MOST_KEPT = 1 << 21;

/** A list of 32-bit integers that keeps its memory from one document to the next. */
export class IntList {
  values = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) this.reserve(this.values.length * 2);
    this.values[this.length++] = value;
  }

  /** Room for so many in all, which may then be set in `values` without a look at its length. */
  reserve(length: number): Int32Array {
    if (this.values.length < length) {
      const larger = new Int32Array(Math.max(length, this.values.length * 2));
      larger.set(this.values.subarray(0, this.length));
      this.values = larger;
    }
    return this.values;
  }

  at(index: number): number {
    return this.values[index] ?? 0;
  }

  clear(): void {
    this.length = 0;
    if (this.values.length > MOST_KEPT) this.values = new Int32Array(1024);
  }
}
