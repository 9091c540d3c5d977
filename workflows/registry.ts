import { answer } from './answer.ts';
import { crmPush } from './crm-push.ts';
import { forget } from './forget.ts';
import type { ProcessDefinition } from './kit/definition.ts';
import { lead } from './lead.ts';
import { leadFollowup } from './lead-followup.ts';
import { request } from './request.ts';
import { retention } from './retention.ts';

/** Every process, for the API, the bot's command menu, the docs and the tests. */
export const PROCESSES: readonly ProcessDefinition[] = [
  answer,
  lead,
  crmPush,
  leadFollowup,
  request,
  forget,
  retention,
].map((process) => process.definition as unknown as ProcessDefinition);
