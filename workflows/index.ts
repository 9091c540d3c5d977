/**
 * Everything the workers bundle. A workflow's type is its exported name, so a process is exported under
 * its process name; `registry.ts` checks that.
 */
export { answer } from './answer.ts';
export { conversation } from './conversation/conversation.ts';
export { crmPush as crm_push } from './crm-push.ts';
export { deliver } from './deliver.ts';
export { forget } from './forget.ts';
export { lead } from './lead.ts';
export { leadFollowup as lead_followup } from './lead-followup.ts';
export { request } from './request.ts';
export { retention } from './retention.ts';
