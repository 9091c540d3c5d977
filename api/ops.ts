import type { EventFilter, EventRow } from '../db/queries/events-read.ts';
import type { LlmCallsRead } from '../db/queries/llm-calls-read.ts';
import type { Page, PageRequest } from '../db/queries/page.ts';
import type { RunSummary } from '../db/queries/runs-read.ts';
import type { SendFilter, SendView } from '../db/queries/sends-read.ts';
import type { ResolveResult, SendToResolve } from '../db/queries/sends-resolve.ts';

/** What the person on call reads and decides through the API. */
export interface Ops {
  runs: RunControl;
  sends: SendLedger;
  llmCalls: LlmCallsRead;
  audit: AuditTrail;
}

export interface ControlRequest {
  run: RunSummary;
  /** Hash of tenant, run, action and the caller's idempotency key. */
  key: string;
  actor: string;
  correlationId: string;
}

/** Why a run is left as it is. */
export type ControlRefusal =
  | 'run-open'
  | 'run-closed'
  | 'run-retried'
  | 'nothing-to-retry'
  | 'nothing-to-resume'
  | 'history-gone';

export type ControlResult =
  /** `existing`: the same key has done it before. `waitedFor`: what a resumed run waited for, in words. */
  | { kind: 'accepted' | 'existing'; workflowId: string; runId: string; waitedFor?: string }
  | { kind: 'refused'; reason: ControlRefusal; detail: string }
  | { kind: 'unavailable' };

/** Moves runs on. Never throws for an engine that is down. */
export interface RunControl {
  /** Takes an ended run back to before what failed. Opens a new run under the same workflow id. */
  retry(request: ControlRequest): Promise<ControlResult>;
  /** Ends a wait for a provider or a timer now. */
  resume(request: ControlRequest): Promise<ControlResult>;
  /** Begins a new run with the input of an old one. */
  rerun(request: ControlRequest): Promise<ControlResult>;
}

export interface SendLedger {
  list(tenantId: string, filter: SendFilter, page: PageRequest): Promise<Page<SendView>>;
  resolve(request: SendToResolve): Promise<ResolveResult>;
  /** Has a send that was put back delivered, once per decision. False while the engine cannot be reached. */
  deliver(send: SendView, decision: string): Promise<boolean>;
}

export interface AuditTrail {
  list(tenantId: string, filter: EventFilter, page: PageRequest): Promise<Page<EventRow>>;
}
