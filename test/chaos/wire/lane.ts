import { type Boundary, boundaryId, type Effect, type Kind } from '../boundary.ts';

/** What the wire shows of one customer: a chat of their own in which one path is walked. */
export interface LaneOptions {
  chatId: number;
  path: string;
  /** Where this lane is to be parked. */
  target?: Boundary;
  /** Asked before it is parked. */
  mayPark?: () => boolean;
}

/** Something is held at the target. */
export interface Park {
  boundary: string;
  since: number;
}

/** `passed`: it came by while nothing could be held. */
type LaneState = 'running' | 'parked' | 'hit' | 'passed';

/**
 * A lane counts the effects of its customer and parks the one that it was made for. What belongs to the same
 * place (an activity or workflow task that the engine gives out again) is held as well.
 */
export class Lane {
  readonly chatId: number;
  readonly path: string;
  readonly target: string | undefined;
  state: LaneState = 'running';
  park: Park | undefined;
  /** Every boundary that this customer has come by. */
  readonly passed = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #mayPark: () => boolean;
  #place: string | undefined;
  #waiting: ((cut: boolean) => void)[] = [];

  constructor({ chatId, path, target, mayPark = () => true }: LaneOptions) {
    this.#mayPark = mayPark;
    this.chatId = chatId;
    this.path = path;
    this.target = target && boundaryId(target);
  }

  /** The next effect of this name. */
  count(process: string, step: string, effect: string): Effect {
    const name = `${process}/${step}/${effect}`;
    const ordinal = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, ordinal);
    return { process, step, effect, ordinal };
  }

  /**
   * Resolves when what has come to this boundary may go on. `place` names what is held, `gone` aborts when whoever
   * waits for it has hung up. True: it was let go because what had sent it is dead, so it must not arrive.
   */
  async reach(effect: Effect, kind: Kind, place: string, gone: AbortSignal): Promise<boolean> {
    const id = boundaryId({ ...effect, kind });
    this.passed.add(id);
    if (this.state === 'running' && id === this.target && !this.#mayPark()) this.state = 'passed';
    if (this.state === 'running' && id === this.target) {
      this.state = 'parked';
      this.park = { boundary: id, since: Date.now() };
      this.#place = place;
    }
    return this.stay(place, gone);
  }

  /** Waits only where this very place is held already. */
  async stay(place: string, gone: AbortSignal): Promise<boolean> {
    if (this.state !== 'parked' || this.#place !== place || gone.aborted) return false;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      gone.addEventListener('abort', () => resolve(false), { once: true });
    });
  }

  /** Lets go what is held; `cut` where its sender has been killed. */
  release(cut = false): void {
    if (this.state === 'parked') this.state = 'hit';
    this.#place = undefined;
    for (const go of this.#waiting.splice(0)) go(cut);
  }
}
