import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_TIMING } from '../../domain/timing.ts';
import { ConversationState } from './state.ts';

describe('a conversation that waits for the button of its own question', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is not quiet until the question has been open for its time', () => {
    const state = new ConversationState({ conversationId: 'c', timing: DEFAULT_TIMING });
    expect(state.quiet).toBe(true);
    state.clarification = { waitId: 'w', messages: [], options: ['lead'], openUntil: Date.now() + 1_000 };
    expect(state.quiet).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(state.quiet).toBe(true);
  });
});
