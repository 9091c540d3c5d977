import type { IfUnknown } from '../../domain/doubt.ts';
import type { Content } from '../../domain/outbound.ts';

/** A question waiting for its reply, as the conversation registers it before the question leaves. */
export interface QuestionWait {
  waitId: string;
  choices: number;
  expiresAt: number;
  beside?: true;
  consumed: number[];
}

export interface SendRequest {
  conversationId: string;
  /** Business key, unique per thing said: workflow id and step. Asking twice sends once. */
  key: string;
  /** What to say, or where it is kept. */
  content: Content | { draft: string };
  correlationId: string;
  /** What becomes of it when nobody can tell whether it arrived. Unless told it is repeated, but for sums of money. */
  ifUnknown?: IfUnknown;
  /** Present when the message is a question. */
  wait?: QuestionWait;
}

/**
 * `queued`: another question is open in this chat, nothing was sent.
 * `unknown`: the platform never said whether it arrived; it is not repeated.
 */
export type SendReport =
  | { state: 'sent'; platformIds: string[] }
  | { state: 'refused'; reason: string }
  | { state: 'unknown' }
  | { state: 'queued' };

/** What a send tells the conversation about the question it carries. Implemented over the Temporal client. */
export interface QuestionDesk {
  open(conversationId: string, workflowId: string, wait: QuestionWait): Promise<'open' | 'queued'>;
  arm(conversationId: string, waitId: string, platformId: string): Promise<void>;
  close(conversationId: string, waitId: string): Promise<void>;
}
