import { sleep } from '@temporalio/workflow';

/**
 * Wakes the loop at a time. Timers cost events, so one that is already set for an earlier moment is kept,
 * and the loop simply asks again when it fires.
 */
export class Alarm {
  #setFor: number | undefined;
  #rang = false;

  /** Makes sure the loop is woken at `at` (epoch milliseconds) or earlier. */
  set(at: number): void {
    if (this.#setFor !== undefined && this.#setFor <= at) return;
    this.#setFor = at;
    void sleep(Math.max(1, at - Date.now())).then(() => {
      if (this.#setFor !== at) return;
      this.#setFor = undefined;
      this.#rang = true;
    });
  }

  /** True once after it rang. */
  rang(): boolean {
    const rang = this.#rang;
    this.#rang = false;
    return rang;
  }

  get ringing(): boolean {
    return this.#rang;
  }
}
