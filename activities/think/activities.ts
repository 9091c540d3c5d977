import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../../db/client.ts';
import { findDraft, saveDraft } from '../../db/queries/drafts.ts';
import { ProviderError } from '../../domain/failure.ts';
import { parseModelOutput } from '../../domain/format/model-output.ts';
import { isVisible } from '../../domain/format/text.ts';
import { sayingData } from '../../domain/ids.ts';
import { intentMessage, intentSchema, intentValues, parseIntentAnswer } from '../../domain/intent/prompt.ts';
import { classifyByRules, type IntentCandidate } from '../../domain/intent/rules.ts';
import type { Content } from '../../domain/outbound.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { failing } from '../llm/asking.ts';
import type { ChatResult } from '../llm/contract.ts';
import type { Llm } from '../llm/llm.ts';
import type { DraftReference, ExtractedLead, ThinkRequest, Understood } from './contract.ts';
import { type Instruct, instructed, LANGUAGE } from './instructions.ts';
import { checkedLead, fromContact, LeadReading } from './lead.ts';
import { type PresenceDependencies, patienceLeft, withPresence, withTyping } from './presence.ts';
import { contextBefore, readTurn, turnText } from './transcript.ts';

export interface ThinkDependencies extends PresenceDependencies {
  db: Database;
  llm: Pick<Llm, 'chat'>;
  /** What a message can mean: the processes with an intent trigger. */
  candidates: readonly IntentCandidate[];
  /** How models are to be asked. */
  instruct: Instruct;
  tenant(tenantId: string): { slug: string; name: string };
  /** When the customer reads that it takes longer, in milliseconds. */
  workingOnItMs: number;
}

/** Longer than the chain's own budget of a turn, shorter than the activities' start-to-close. */
const DEADLINE_MS = 90_000;

/** Steps that ask a model. The customer's words are read here and never travel through a history. */
export function createThinkActivities(deps: ThinkDependencies) {
  const { db, llm } = deps;

  return {
    /** What the customer wants. Rules decide while no model can be reached, so this fails only with the database. */
    async understand(request: ThinkRequest): Promise<Understood> {
      return withHeartbeat(DEADLINE_MS, async (signal) => {
        const said = await turnText(db, request.tenantId, request.messageIds);
        try {
          const { asked, system, context } = instructed(deps, 'intent', request, {
            ...intentValues(deps.candidates),
            language: LANGUAGE[request.locale],
          });
          const { value } = await withTyping(deps, request.conversationId, signal, () =>
            llm.chat(
              {
                ...asked,
                schema: { name: 'intent', schema: intentSchema(deps.candidates) },
                messages: [system, { role: 'user', content: intentMessage(said) }],
                maxTokens: 100,
              },
              context,
              signal,
            ),
          );
          const { intent } = parseIntentAnswer(value, deps.candidates);
          return { intent, by: 'model' };
        } catch (error) {
          if (!(error instanceof ProviderError)) throw error;
          return { intent: classifyByRules(said, deps.candidates).intent, by: 'rules' };
        }
      });
    },

    /** Thinks of an answer and keeps it as a draft; repeated after a crash it finds the draft it has paid for. */
    async answer(request: ThinkRequest & { conversationId: string }): Promise<DraftReference> {
      const { workflowExecution } = Context.current().info;
      const { tenantId, conversationId, messageIds, locale, correlationId } = request;
      const workflowId = workflowExecution?.workflowId ?? conversationId;
      const key = `${workflowId}/answer/${fingerprint(messageIds)}`;
      const known = await findDraft(db, tenantId, key);
      if (known) return { draft: known.id };
      const said = await readTurn(db, tenantId, messageIds);
      const notice = {
        tenantId,
        workflowId,
        patienceMs: patienceLeft(deps.workingOnItMs, said.arrivedAt, Date.now()),
        request: {
          conversationId,
          correlationId,
          key: `${workflowId}/working`,
          content: { text: text(locale, 'answer.working'), format: 'plain' as const },
        },
      };
      const thought = await failing(() =>
        withHeartbeat(DEADLINE_MS, (signal) =>
          withPresence(deps, notice, signal, async () => {
            const { asked, system, context } = instructed(deps, 'answer', request, {
              business: deps.tenant(tenantId).name,
              language: LANGUAGE[locale],
              correction: said.correction,
            });
            return llm.chat(
              {
                ...asked,
                messages: [
                  system,
                  ...(await contextBefore(db, tenantId, conversationId, messageIds)),
                  { role: 'user', content: said.text },
                ],
              },
              context,
              signal,
            );
          }),
        ),
      );
      const content = toContent(thought, locale);
      return { draft: await saveDraft(db, tenantId, key, content) };
    },

    /** Reads name, phone and need out of what was written or shared; absent is what was not told. */
    async extractLead(request: ThinkRequest & { country: string }): Promise<ExtractedLead> {
      const { words, contact } = await readTurn(db, request.tenantId, request.messageIds);
      const shared = fromContact(contact, request.country);
      if (!isVisible(words)) return shared;
      const { asked, system, context } = instructed(deps, 'lead', request, {
        language: LANGUAGE[request.locale],
      });
      const { value } = await failing(() =>
        withHeartbeat(DEADLINE_MS, (signal) =>
          withTyping(deps, request.conversationId, signal, () =>
            llm.chat(
              {
                ...asked,
                schema: { name: 'lead', schema: LeadReading },
                messages: [system, { role: 'user', content: words }],
                maxTokens: 400,
              },
              context,
              signal,
            ),
          ),
        ),
      );
      return { ...checkedLead(value, words, request.country), ...shared };
    },
  };
}

export type ThinkActivities = ReturnType<typeof createThinkActivities>;

/** What the customer will read. Fails when that is nothing: another way than this model has to be found. */
function toContent({ text: raw, finish, provider }: ChatResult, locale: ThinkRequest['locale']): Content {
  const content = withSayingButtons(parseModelOutput(raw));
  if (!isVisible(content.text) && !content.buttons) {
    throw ApplicationFailure.nonRetryable(`${provider} answered nothing that could be shown.`, 'llm.refused');
  }
  if (finish !== 'length') return content;
  // A code block that was cut off would swallow the note.
  const open = (content.text.match(/^```/gm)?.length ?? 0) % 2 === 1 ? '\n```' : '';
  return { ...content, text: `${content.text}${open}\n\n${text(locale, 'answer.truncated')}` };
}

/** Nothing waits for what a model calls its buttons: a pressed one says what is written on it. */
const withSayingButtons = ({ buttons, ...content }: Content): Content =>
  buttons === undefined
    ? content
    : {
        ...content,
        buttons: buttons.map((row) => row.map((b) => ('url' in b ? b : { ...b, data: sayingData(b.text) }))),
      };

const fingerprint = (ids: readonly string[]) =>
  createHash('sha256').update(ids.join()).digest('base64url').slice(0, 16);
