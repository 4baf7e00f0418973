/** A binary heap: what comes first by the given order is taken first. */
export class MergeQueue<T> {
  private readonly items: T[] = [];

  constructor(private readonly order: (a: T, b: T) => number) {}

  push(item: T): void {
    const { items, order } = this;
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent];
      if (above === undefined || order(above, item) <= 0) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const { items, order } = this;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let least = items[child];
      if (least === undefined) break;
      const other = items[child + 1];
      if (other !== undefined && order(other, least) < 0) {
        child++;
        least = other;
      }
      if (order(last, least) <= 0) break;
      items[at] = least;
      at = child;
    }
    items[at] = last;
    return first;
  }
}
