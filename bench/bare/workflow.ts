import { proxyActivities } from '@temporalio/workflow';
import type { BareActivities } from './activities.ts';
import type { BareMessage } from './contract.ts';

const act = proxyActivities<BareActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/** The same six steps as anybody would write them first: six activities, one after the other. */
export async function bareSixSteps(message: BareMessage): Promise<void> {
  await act.readBefore(message);
  const lead = await act.storeLead(message);
  const text = await act.think(message);
  const crmId = await act.createCrmLead(lead);
  await act.storeLink(lead, crmId);
  await act.reply(message, text);
}
