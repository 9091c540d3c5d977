import { z } from 'zod';
import { defineProcess } from '../../workflows/kit/process.ts';

const TITLE = { ru: 'Ожидание', kk: 'Күту', en: 'Waiting' };

/** A run that waits for the customer, for as long as `timing.askTimeoutMs`. */
export const waits = defineProcess(
  {
    name: 'waits',
    title: TITLE,
    purpose: 'Fills an installation with runs that wait.',
    input: z.object({}),
    triggers: [{ on: 'command', command: 'waits' }],
    examples: [
      { title: 'A wait', customer: [{ says: '/waits' }, { hears: '?' }, { says: 'да' }], ends: 'succeeded' },
    ],
  },
  async (run) => {
    const answer = await run.ask({ ask: 'Ну как?', details: 'a word' });
    return { kind: answer.kind };
  },
);
