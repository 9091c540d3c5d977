import { faults } from '../../../sandbox/client.ts';
import { eventually } from '../../support/eventually.ts';
import type { Product } from '../../support/stack.ts';
import { COMPLETE_ORDER, QUESTION, type RecordedPath } from './path.ts';

const act = async (product: Product, path: string, body?: object) => {
  const response = await product.api(`/api/v1/${path}`, {
    method: 'POST',
    headers: { 'idempotency-key': 'once' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
};

/** What the person on call does with runs and sends. */
export const movedOn: RecordedPath[] = [
  {
    name: 'sent-again',
    alone: true,
    async walk(chat, product) {
      await product.outside.mischief.add({
        service: 'telegram',
        method: 'sendMessage',
        chatId: chat.id,
        kind: 'lose_request',
        times: 1,
      });
      await chat.say(QUESTION);
      const send = await eventually('the send in doubt', async () =>
        (await chat.sends()).find(({ state }) => state === 'unknown'),
      );
      await chat.run('answer', 'degraded');
      await act(product, `sends/${send.id}/resolve`, { resolution: 'resend' });
      await eventually('it to be sent', async () =>
        (await chat.sends()).some(({ id, state }) => id === send.id && state === 'sent'),
      );
    },
  },
  {
    name: 'resumed-and-retried',
    alone: true,
    timing: { crmWaitMs: 500, outagePauseMs: 3_600_000, outagePauseMaxMs: 3_600_000, secondLookMs: 0 },
    async walk(chat, product) {
      const { mischief } = product.outside;
      const wrong = await mischief.add({ service: 'bitrix24', ...faults.bitrixError(401, 'NO_AUTH_FOUND') });
      await chat.say(COMPLETE_ORDER);
      const parked = await eventually('the push to be parked', async () =>
        (await chat.runs()).find((run) => run.processId === 'crm_push' && run.waitingOn === 'provider'),
      );
      await mischief.remove(wrong.id);
      const method = 'crm.item.add';
      const refusal = faults.bitrixError(400, 'CRM_FIELD_ERROR_VALUE_NOT_VALID');
      const refused = await mischief.add({ service: 'bitrix24', method, ...refusal });
      await act(product, `runs/${parked.runId}/resume`);
      const failed = await chat.run('crm_push', 'failed');
      await mischief.remove(refused.id);
      await act(product, `runs/${failed.runId}/retry`);
      await chat.run('crm_push', 'succeeded');
    },
  },
];
