import { type Method, type MethodContext, ok, targetChat, unixNow } from '../context.ts';
import { badRequest, type Message } from '../types.ts';

const COLORS = [7322096, 16766590, 13338331, 9367192, 16749490, 16478047];

function topicName({ params }: MethodContext): string | undefined {
  const name = params.text('name');
  if (name !== undefined && (name.trim() === '' || name.length > 128)) throw badRequest('TOPIC_NAME_INVALID');
  return name;
}

export const createForumTopic: Method = (context) => {
  const { state, bot, params } = context;
  const chat = targetChat(context);
  if (!chat.chat.is_forum) throw badRequest('the chat is not a forum');
  const name = topicName(context);
  if (name === undefined) throw badRequest('TOPIC_NAME_EMPTY');
  const icon_color = params.int('icon_color') ?? (COLORS[0] as number);
  if (!COLORS.includes(icon_color)) throw badRequest('TOPIC_ICON_COLOR_INVALID');
  const id = state.nextMessageId(bot, chat);
  return ok({ message_thread_id: id, name, icon_color }, () => {
    chat.topics[id] = { name, icon_color, closed: false };
    const message: Message = {
      message_id: id,
      message_thread_id: id,
      is_topic_message: true,
      date: unixNow(),
      chat: chat.chat,
      from: state.botUser(bot),
      forum_topic_created: { name, icon_color },
    };
    chat.messages.push(message);
    state.note(bot, chat, { kind: 'topic', direction: 'out', threadId: id, text: name, action: 'created' });
  });
};

function existing(context: MethodContext) {
  const chat = targetChat(context);
  const id = context.params.int('message_thread_id') ?? 0;
  const topic = chat.topics[id];
  if (!topic) throw badRequest('TOPIC_ID_INVALID');
  return { chat, id, topic };
}

function setClosed(closed: boolean): Method {
  return (context) => {
    const { chat, id, topic } = existing(context);
    if (topic.closed === closed) throw badRequest('TOPIC_NOT_MODIFIED');
    return ok(true, () => {
      topic.closed = closed;
      const action = closed ? 'closed' : 'reopened';
      context.state.note(context.bot, chat, { kind: 'topic', direction: 'out', threadId: id, action });
    });
  };
}

export const closeForumTopic = setClosed(true);
export const reopenForumTopic = setClosed(false);

export const editForumTopic: Method = (context) => {
  const { chat, id, topic } = existing(context);
  const name = topicName(context);
  if (name === undefined || name === topic.name) throw badRequest('TOPIC_NOT_MODIFIED');
  return ok(true, () => {
    topic.name = name;
    context.state.note(context.bot, chat, {
      kind: 'topic',
      direction: 'out',
      threadId: id,
      text: name,
      action: 'renamed',
    });
  });
};
