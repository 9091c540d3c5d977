import { z } from 'zod';
import { ANSWER_WORDS } from '../domain/intent/lexicon.ts';
import { inAllLocales, say } from '../domain/texts/catalogue.ts';
import { OWN_DATA, THINKING } from './kit/policies.ts';
import { defineProcess } from './kit/process.ts';

export const answer = defineProcess(
  {
    name: 'answer',
    title: inAllLocales('answer.title'),
    purpose: 'Answers a question from the conversation and what the model knows of the business.',
    input: z.object({}),
    triggers: [
      { on: 'intent', means: 'asks a question or wants information or advice', words: ANSWER_WORDS },
    ],
    examples: [
      {
        title: 'A question',
        customer: [{ says: 'Здравствуйте! Сколько стоит доставка по городу?' }, { hears: 'доставк' }],
        ends: 'succeeded',
      },
      {
        title: 'A question in Kazakh written in Russian letters',
        customer: [{ says: 'салем, жеткизу канша турады?' }],
        ends: 'succeeded',
      },
    ],
  },
  async (run) => {
    const reply = await run.fallback('an answer of a model', [
      {
        get: () =>
          run.turn.consider((messageIds) =>
            run.act(THINKING, 'Think about the answer').answer({
              ...run.context,
              conversationId: run.conversationId,
              messageIds,
            }),
          ),
      },
      {
        instead: 'a numbered request for a person',
        get: async () => {
          const { number } = await run.own(OWN_DATA, 'Record a request for a person').recordRequest({
            ...run.context,
            key: run.workflowId,
            kind: 'unanswered',
            messageIds: run.turn.messageIds,
          });
          return { text: say(run.locale, 'answer.unavailable', { number }), format: 'plain' as const };
        },
      },
    ]);
    await run.say(reply, 'Answer');
  },
);
