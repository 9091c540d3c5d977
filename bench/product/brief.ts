import { z } from 'zod';
import { defineProcess } from '../../workflows/kit/process.ts';

const TITLE = { ru: 'Кратко', kk: 'Қысқаша', en: 'Brief' };

/** The shortest run with a step: a timer, two workflow tasks, some fifteen events. */
export const brief = defineProcess(
  {
    name: 'brief',
    title: TITLE,
    purpose: 'Fills an installation with runs that have ended.',
    input: z.object({}),
    triggers: [],
    examples: [{ title: 'None', customer: [], ends: 'succeeded' }],
  },
  async (run) => {
    await run.waitFor('timer', 'a moment', 1);
    return {};
  },
);
