import { z } from 'zod';
import { inAllLocales, say } from '../domain/texts/catalogue.ts';
import { OWN_DATA } from './kit/policies.ts';
import { defineProcess } from './kit/process.ts';

export const request = defineProcess(
  {
    name: 'request',
    title: inAllLocales('request.title'),
    purpose: 'Records, under a number, what only a person can do, and says so.',
    input: z.object({ kind: z.enum(['person', 'task']).default('task') }),
    // Started by the conversation itself: a wish for a person is never left to a model alone.
    triggers: [],
    examples: [
      { title: 'A person is wanted', customer: [{ says: '/human' }, { hears: '№' }], ends: 'succeeded' },
      {
        title: 'A task that no process takes',
        customer: [{ says: 'Подготовьте, пожалуйста, акт сверки за март' }, { hears: '№' }],
        ends: 'succeeded',
      },
    ],
  },
  async (run, { kind }) => {
    run.turn.close();
    const { number } = await run.own(OWN_DATA, 'Record the request').recordRequest({
      ...run.context,
      key: run.workflowId,
      kind,
      messageIds: run.turn.messageIds,
    });
    const text = kind === 'person' ? 'human.recorded' : 'task.recorded';
    await run.say(say(run.locale, text, { number }), 'Confirm with the number');
    return { number };
  },
);
