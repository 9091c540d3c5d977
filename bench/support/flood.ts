import { setTimeout as sleep } from 'node:timers/promises';

export interface Flood {
  url: string;
  headers: Record<string, string>;
  chats: readonly number[];
  perSecond: number;
  seconds: number;
  /** First update id; they count up. */
  firstId: number;
  /** By update id. */
  text(id: number): string;
}

export interface Flooded {
  /** Milliseconds from each post to its acknowledgement. */
  acks: number[];
  /** Ids of what was acknowledged, by chat, in order. */
  accepted: Map<number, number[]>;
}

/**
 * Posts updates at a steady rate, in turn for each chat. Like Telegram it posts a chat's next update only
 * when the one before was acknowledged, and gives chats no other order.
 */
export async function flood({
  url,
  headers,
  chats,
  perSecond,
  seconds,
  firstId,
  text,
}: Flood): Promise<Flooded> {
  const acks: number[] = [];
  const accepted = new Map<number, number[]>(chats.map((chat) => [chat, []]));
  const tails = new Map<number, Promise<void>>();
  const began = performance.now();
  const total = perSecond * seconds;
  for (let index = 0; index < total; index++) {
    const wait = began + (index * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    const chat = chats[index % chats.length] ?? 0;
    const post = async () => {
      const posted = performance.now();
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(update(firstId + index, chat, text(firstId + index))),
      });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`An update was answered with ${answer.status}.`);
      acks.push(performance.now() - posted);
      accepted.get(chat)?.push(firstId + index);
    };
    tails.set(chat, (tails.get(chat) ?? Promise.resolve()).then(post));
  }
  await Promise.all(tails.values());
  return { acks, accepted };
}

const update = (id: number, chat: number, text: string) => ({
  update_id: id,
  message: {
    message_id: id,
    date: Math.floor(Date.now() / 1000),
    chat: { id: chat, type: 'private', first_name: 'Анна' },
    from: { id: chat, is_bot: false, first_name: 'Анна', language_code: 'ru' },
    text,
  },
});
