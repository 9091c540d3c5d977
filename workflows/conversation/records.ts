import { workflowInfo } from '@temporalio/workflow';
import { ownData } from '../kit/activities.ts';
import { OWN_DATA } from '../kit/policies.ts';
import type { ConversationState } from './state.ts';

/** What a conversation reads from and writes to the database: who it is with, what it missed, how far it is. */
export class Records {
  readonly #state: ConversationState;
  /** Length of the history when the mark was loaded. */
  #loadedAt = 0;

  constructor(state: ConversationState) {
    this.#state = state;
  }

  async load(): Promise<void> {
    this.#state.begin(await this.#row());
    this.#loadedAt = workflowInfo().historyLength;
  }

  /** Who the customer is may have changed. */
  async refresh(): Promise<void> {
    this.#state.refresh(await this.#row());
  }

  /** Fetches stored messages whose signal has not come, as long as a later one has. */
  async fillGap(): Promise<void> {
    const { inbox } = this.#state;
    for (let gap = inbox.gap; gap; gap = inbox.gap) {
      const missing = await ownData(OWN_DATA, 'Fetch missed messages').loadMissed({
        conversationId: this.#state.id,
        ...gap,
      });
      inbox.add(missing);
      const left = inbox.gap;
      if (left && left.after === gap.after) inbox.skipGap();
    }
  }

  /**
   * Whether the mark can be stored. The load is durable only once the server has more events than then:
   * until that the mark must not move in the database, or a crash in this task would load the moved mark
   * and skip the message.
   */
  get moved(): boolean {
    const { inbox, saved } = this.#state;
    return inbox.mark > saved && workflowInfo().historyLength > this.#loadedAt;
  }

  async save(): Promise<void> {
    const { inbox, saved, id } = this.#state;
    const { mark } = inbox;
    if (mark <= saved) return;
    await ownData(OWN_DATA, 'Save the mark').saveMark({ conversationId: id, number: mark });
    this.#state.saved = mark;
  }

  #row() {
    return ownData(OWN_DATA, 'Load the conversation').loadConversation({ conversationId: this.#state.id });
  }
}
