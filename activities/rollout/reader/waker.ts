/** Sleep that can be ended from outside, also before it begins: a wake is kept until the next sleep or reset. */
export class Waker {
  private awake = false;
  private end: (() => void) | undefined;

  wake(): void {
    this.awake = true;
    this.end?.();
  }

  /** Forgets wakes that were before. */
  reset(): void {
    this.awake = false;
  }

  /** Until a wake or so many milliseconds. */
  async sleep(milliseconds: number): Promise<void> {
    if (this.awake) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.end = undefined;
  }
}
