import { apiWorkflowId } from '../../../api/idempotency.ts';
import type { MischiefRule } from '../../../sandbox/client.ts';
import { PATHS, type RecordedPath } from '../../replay/paths.ts';
import type { Product } from '../../support/stack.ts';
import { type Boundary, isPatient } from '../boundary.ts';
import { API_TOKEN } from '../stack/settings.ts';
import type { Stack } from '../stack/stack.ts';
import { Lane } from '../wire/lane.ts';
import { sweptChat } from './chat.ts';
import { createLedger } from './ledger.ts';
import { outsideOf } from './outside.ts';

export { PATHS, type RecordedPath };

/** Seven digits, so that they make a phone. */
const FIRST_CHAT = 2_000_001;

/** One customer walking one path. */
export interface Walk {
  lane: Lane;
  path: RecordedPath;
  /** Faults that the script itself has put in the way. */
  scripted: MischiefRule[];
  /** How it ended: undefined while it goes on, true when the script came to its end. */
  ended: boolean | undefined;
  /** When the script ended, in milliseconds. */
  endedAt?: number;
  error?: string;
  done: Promise<void>;
}

/** Sends customers on their ways. */
export function createWalker(stack: Stack) {
  let nextChat = FIRST_CHAT;
  let from = FIRST_CHAT;
  const ledger = createLedger(stack.db, () => from);
  const walks: Walk[] = [];

  function productOf(walk: { lane: Lane }, outside: ReturnType<typeof outsideOf>): Product {
    const { lane } = walk;
    const no = () => {
      throw new Error('A swept product is started and stopped by the sweep alone.');
    };
    return {
      sandbox: stack.sandbox,
      outside,
      settings: stack.settings(),
      env: stack.environment,
      yaml: '',
      db: stack.db,
      temporal: stack.temporal,
      app: undefined,
      start: no,
      stop: no,
      chat: no,
      async api(path, init = {}) {
        // What a script begins by a key is begun once per customer.
        const body = String(init.body ?? '').replace(/"key":"([^"]*)"/, `"key":"$1-${lane.chatId}"`);
        const key = /"key":"([^"]*)"/.exec(body)?.[1];
        const process = /\/processes\/(\w+)\/runs$/.exec(path)?.[1];
        if (key && process) {
          const [tenant] = await stack.sql<{ id: string }[]>`select id from tenants where slug = 'default'`;
          stack.resolver.learn(apiWorkflowId(process, tenant?.id ?? '', key), lane.chatId);
        }
        return fetch(`${stack.apiUrl}${path}`, {
          ...init,
          ...(init.body ? { body } : {}),
          headers: {
            authorization: `Bearer ${API_TOKEN}`,
            'content-type': 'application/json',
            ...(init.headers as Record<string, string>),
          },
        });
      },
    };
  }

  return {
    walks,
    ledger,
    /** Forgets those that are settled: later looks are cheaper. */
    settled: () => {
      from = nextChat;
    },
    begin(path: RecordedPath, target?: Boundary): Walk {
      const lane = new Lane({
        chatId: nextChat++,
        path: path.name,
        mayPark: () => stack.tracker.holding === 'all' || (target !== undefined && isPatient(target)),
        ...(target ? { target } : {}),
      });
      stack.tracker.add(lane);
      const outside = outsideOf(lane, stack.sandbox.urls.control, (lead) =>
        stack.resolver.learn(`crm ${lead}`, lane.chatId),
      );
      const chat = sweptChat(lane.chatId, outside, ledger, stack.temporal);
      const walk: Walk = {
        lane,
        path,
        scripted: outside.scripted,
        ended: undefined,
        done: Promise.resolve(),
      };
      walk.done = path.walk(chat, productOf(walk, outside)).then(
        () => {
          walk.ended = true;
          walk.endedAt = Date.now();
        },
        (error: unknown) => {
          walk.ended = false;
          walk.endedAt = Date.now();
          walk.error = String(error);
        },
      );
      walks.push(walk);
      return walk;
    },
  };
}

export type Walker = ReturnType<typeof createWalker>;
