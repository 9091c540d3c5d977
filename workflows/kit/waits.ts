import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { resumeUpdate } from './messages.ts';

interface Wait {
  details: string;
  /** Going on too soon would do something twice. */
  mustElapse: boolean;
  woken: boolean;
}

/** A run's waits for what is not a person, which whoever operates the product may end. Bound to one run. */
export class Waits {
  readonly #open = new Set<Wait>();

  constructor() {
    setHandler(
      resumeUpdate,
      () => {
        const waits = this.#resumable();
        for (const wait of waits) wait.woken = true;
        return waits.map(({ details }) => details).join(', ');
      },
      { validator: () => this.#refuse() },
    );
  }

  /** True once `until` holds, false when the time is over or somebody has ended the wait. */
  async wait(about: Omit<Wait, 'woken'>, ms: number, until: () => boolean): Promise<boolean> {
    const wait: Wait = { ...about, woken: false };
    this.#open.add(wait);
    try {
      const met = await condition(() => wait.woken || until(), Math.max(1, ms));
      return wait.woken ? until() : met;
    } finally {
      this.#open.delete(wait);
    }
  }

  #resumable(): Wait[] {
    return [...this.#open].filter((wait) => !wait.mustElapse && !wait.woken);
  }

  #refuse(): void {
    if (this.#resumable().length > 0) return;
    const bound = [...this.#open].find((wait) => wait.mustElapse);
    throw ApplicationFailure.nonRetryable(
      bound
        ? `It must wait before it goes on: ${bound.details}.`
        : 'It does not wait for a provider or a timer.',
      'Run.NothingToResume',
    );
  }
}
