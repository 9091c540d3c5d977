import { condition, setHandler } from '@temporalio/workflow';
import type { IfUnknown } from '../../domain/doubt.ts';
import { buttonData, waitId } from '../../domain/ids.ts';
import { looksLikeQuestion } from '../../domain/intent/signals.ts';
import type { Button, Content } from '../../domain/outbound.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import { questionTurnSignal, type Reply, replySignal } from './messages.ts';
import { OWN_DATA, SENDING } from './policies.ts';
import type { Run } from './run.ts';

export interface ReplyText {
  text: string;
  /** A shared contact, already in E.164 when the number is a valid one. */
  contact?: { phone: string; name: string; verified: boolean };
}

/** What the other member lacks is spelled out, or TypeScript infers `T | undefined` from a conditional. */
export type Parsed<T> = { value: T; problem?: undefined } | { problem: string; value?: undefined };

export interface Question<T> {
  /** What is asked, in the customer's language. */
  ask: string;
  /** Buttons, each with the value it stands for. */
  choices?: readonly { label: string; value: T }[];
  /** Reads a written reply; the problem is told to the customer in their language. Absent: buttons only. */
  parse?: (reply: ReplyText) => Parsed<T>;
  /** Takes a corrected reply, should the customer edit it while this run is asking something else. */
  correct?: (value: T) => void;
  /** Offers the customer's own contact, where the channel can. */
  requestContact?: string;
  /** Asked at once, beside another open question: for what cannot wait its turn. Needs buttons. */
  beside?: true;
  /** What becomes of it when nobody can tell whether it arrived: see `Run.say`. */
  ifUnknown?: IfUnknown;
  /** What the run waits for, for people who look at it. */
  details: string;
}

export type Answer<T> =
  | { kind: 'answered'; value: T }
  /** Nobody answered in time, or three replies could not be read. */
  | { kind: 'timeout' | 'unclear' }
  /** The question could not be delivered. */
  | { kind: 'unreachable' };

const MAX_UNCLEAR = 3;
const ASK_AGAIN_MS = 15 * 60_000;

/** Asks a customer and waits, for days if need be. Bound to one run. */
export class Asking {
  readonly #run: Run;
  readonly #replies: Reply[] = [];
  readonly #granted = new Set<string>();
  /** How to correct what earlier questions were answered with, by wait. */
  readonly #corrections = new Map<string, (reply: ReplyText) => boolean>();
  /** Nobody here waits for these: the conversation is told, and answers them as new messages. */
  readonly #giveBack: (numbers: number[]) => void;
  /** The wait whose replies are read. */
  #current: string | undefined;
  #asked = 0;
  #children = 0;

  constructor(run: Run, giveBack: (numbers: number[]) => void) {
    this.#run = run;
    this.#giveBack = giveBack;
    setHandler(replySignal, (reply) => this.#take(reply));
    setHandler(questionTurnSignal, ({ waitId: granted }) => {
      this.#granted.add(granted);
    });
  }

  /**
   * Asks until there is an answer. A question of the customer's own is answered first and the pending
   * one repeated; a reply that does not parse is asked again twice, with the reason.
   */
  async ask<T>(question: Question<T>): Promise<Answer<T>> {
    // One id for all repetitions, so that the buttons under each of them work until there is an answer.
    const wait = waitId(this.#run.workflowId, ++this.#asked);
    this.#current = wait;
    try {
      return await this.#untilAnswered(question, wait);
    } finally {
      this.#current = undefined;
      const { correct } = question;
      if (correct) {
        this.#corrections.set(wait, (reply) => {
          const parsed = this.#parse(question, reply);
          if (parsed.problem === undefined) correct(parsed.value);
          return parsed.problem === undefined;
        });
      }
      for (const reply of this.#replies.splice(0)) this.#return(reply);
    }
  }

  async #untilAnswered<T>(question: Question<T>, wait: string): Promise<Answer<T>> {
    const run = this.#run;
    const deadline = Date.now() + run.timing.askTimeoutMs;
    let words = question.ask;
    let unclear = 0;
    let reminded = run.timing.askReminderMs <= 0;
    for (;;) {
      // A reply may come in the moment in which the question is about to be repeated.
      if (this.#replies.length === 0) {
        const sent = await this.#pose(question, wait, words, deadline);
        if (sent === 'refused') return { kind: 'unreachable' };
        if (sent === 'timeout') return { kind: 'timeout' };
      }
      const reminderAt = reminded ? deadline : Date.now() + run.timing.askReminderMs;
      const reply = await this.#reply(Math.min(deadline, reminderAt));
      if (!reply) {
        if (Date.now() >= deadline) return { kind: 'timeout' };
        reminded = true;
        words = text(run.locale, 'ask.reminder', { question: question.ask });
        continue;
      }
      if (reply.choice !== undefined) {
        const chosen = question.choices?.[reply.choice];
        if (chosen) return { kind: 'answered', value: chosen.value };
        continue;
      }
      const read = await this.#read(reply);
      if (reply.corrects) {
        if (this.#corrections.get(reply.waitId)?.(read)) {
          words = text(run.locale, 'ask.corrected', { question: question.ask });
        } else this.#return(reply);
        continue;
      }
      const parsed = this.#parse(question, read);
      if (parsed.problem === undefined) {
        // "А доставка есть?" is no answer to "What do you need?", although it would parse as one.
        if (!this.#ownQuestion(read, reply)) return { kind: 'answered', value: parsed.value };
      } else if (!this.#ownQuestion(read, reply)) {
        if (++unclear >= MAX_UNCLEAR) return { kind: 'unclear' };
        words = text(run.locale, 'ask.again', { reason: parsed.problem, question: question.ask });
        continue;
      }
      await this.#answerOwnQuestion(reply);
      words = text(run.locale, 'ask.repeat', { question: question.ask });
    }
  }

  #take(reply: Reply): void {
    const wanted = this.#current !== undefined && (reply.corrects || reply.waitId === this.#current);
    if (wanted) this.#replies.push(reply);
    else this.#return(reply);
  }

  /** A pressed button has been acknowledged already and says nothing else. */
  #return(reply: Reply): void {
    if (reply.message) this.#giveBack([reply.message.number]);
  }

  /** Sends the question as soon as no other free-text question is open in the chat. */
  async #pose<T>(question: Question<T>, wait: string, words: string, deadline: number) {
    const run = this.#run;
    run.turn.close();
    run.status.waiting('customer', question.details);
    const key = run.nextKey();
    for (;;) {
      const report = await run.act(SENDING, `Ask: ${question.details}`).send({
        conversationId: run.conversationId,
        key,
        content: this.#content(question, wait, words),
        correlationId: run.start.correlationId,
        ...(question.ifUnknown === undefined ? {} : { ifUnknown: question.ifUnknown }),
        wait: {
          waitId: wait,
          choices: question.choices?.length ?? 0,
          expiresAt: deadline,
          ...(question.beside ? { beside: true as const } : {}),
          consumed: run.turn.consumed,
        },
      });
      if (report.state === 'refused') {
        run.lose(`the question "${question.details}" (${report.reason})`, 'nothing');
        run.status.resumed();
      }
      if (report.state !== 'queued') return report.state;
      const patience = Math.min(deadline - Date.now(), ASK_AGAIN_MS);
      if (patience <= 0) return 'timeout';
      // Asked again after a while without a word: the conversation that held the place may be gone.
      await condition(() => this.#granted.delete(wait), patience);
    }
  }

  #content<T>(question: Question<T>, wait: string, words: string): Content {
    const buttons: Button[][] = (question.choices ?? []).map((choice, index) => [
      { text: choice.label, data: buttonData(wait, index) },
    ]);
    return {
      text: words,
      format: 'plain',
      ...(buttons.length > 0 ? { buttons } : {}),
      ...(question.requestContact === undefined ? {} : { requestContact: question.requestContact }),
    };
  }

  async #reply(until: number): Promise<Reply | undefined> {
    await condition(() => this.#replies.length > 0, Math.max(1, until - Date.now()));
    this.#run.status.resumed();
    const reply = this.#replies.shift();
    if (reply?.message) this.#run.locale = reply.message.locale;
    return reply;
  }

  async #read(reply: Reply): Promise<ReplyText> {
    const id = reply.message?.messageId;
    if (id === undefined) return { text: '' };
    return this.#run
      .own(OWN_DATA, 'Read the reply')
      .readReply({ tenantId: this.#run.start.tenantId, messageId: id });
  }

  #parse<T>(question: Question<T>, reply: ReplyText): Parsed<T> {
    const written = reply.text.trim().toLowerCase();
    const choice = question.choices?.find((c) => c.label.toLowerCase() === written);
    if (choice) return { value: choice.value };
    if (question.parse) return question.parse(reply);
    return { problem: text(this.#run.locale, 'ask.choice_none') };
  }

  #ownQuestion(read: ReplyText, reply: Reply): boolean {
    return reply.hint === 'human' || looksLikeQuestion(read.text);
  }

  async #answerOwnQuestion(reply: Reply): Promise<void> {
    const run = this.#run;
    const { message } = reply;
    if (!message) return;
    const process = reply.hint === 'human' ? 'request' : 'answer';
    const child = await run.begin(
      process,
      `${run.workflowId}/${process}/${++this.#children}`,
      reply.hint === 'human' ? { kind: 'person' } : {},
      {
        cancelledWith: true,
        messages: [
          {
            number: message.number,
            messageId: message.messageId,
            platformId: '',
            kind: 'text',
            correlationId: message.correlationId,
          },
        ],
      },
    );
    // Its failure must not end this run: the pending question still stands.
    await child
      .result()
      .catch(() => run.lose("an answer to the customer's own question", 'the question was repeated'));
  }
}
