import type { ActivityOptions, LocalActivityOptions } from '@temporalio/common';
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { CallbackActivities } from '../../activities/callback/activities.ts';
import type { CrmActivities } from '../../activities/crm/activities.ts';
import type { FollowUpActivities, FollowUpStatements } from '../../activities/followup/activities.ts';
import type { ForgetActivities } from '../../activities/forget/activities.ts';
import type { RetentionActivities } from '../../activities/retention/activities.ts';
import type { SendActivities } from '../../activities/send/activities.ts';
import type { StoreActivities } from '../../activities/store/activities.ts';
import type { ThinkActivities } from '../../activities/think/activities.ts';

/** Activities that leave the house or take their time. Workflows know their types only. */
export type Activities = CrmActivities &
  FollowUpActivities &
  ForgetActivities &
  RetentionActivities &
  SendActivities &
  ThinkActivities;

/** Local activities: statements in our own database. */
export type OwnData = CallbackActivities & FollowUpStatements & StoreActivities;

/** Activities under a policy, with a summary that the Temporal UI shows on the event. */
export const acting = (policy: ActivityOptions, summary: string) =>
  proxyActivities<Activities>({ ...policy, summary });

export const ownData = (policy: LocalActivityOptions, summary: string) =>
  proxyLocalActivities<OwnData>({ ...policy, summary });
