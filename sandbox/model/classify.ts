/** What the last message is about, as far as keywords tell. */
export type Topic =
  | 'lead'
  | 'human'
  | 'cancel'
  | 'status'
  | 'task'
  | 'thanks'
  | 'greeting'
  | 'question'
  | 'unknown';

const QUESTION =
  /\?|^\W*(как|что|где|когда|почему|зачем|сколько|какой|какая|какие|кто|можно ли|есть ли|расскажите|объясните|подскажите|қалай|калай|не(ге|лер)|қашан|қайда|қанша|канша|қандай|кім|бар ма|how|what|where|when|why|which|who|can|do|does|is|are|tell me|explain)(?=$|[^\p{L}])|стоит|цена|график|адрес|баға|бағасы|мекенжай|price|cost|hours|address/iu;

const RULES: [Topic, RegExp][] = [
  [
    'human',
    /оператор|живой человек|живого человека|менеджер|сотрудник|позовите|адам(мен|ға)|маман(мен|ға)|оператормен|talk to (a )?(human|person|someone)|real person|human agent|support agent/i,
  ],
  ['cancel', /(^|\s)(отмен(а|ите|ить)|передумал|не надо уже|болдырма|бас тарт|cancel|never ?mind)/i],
  [
    'lead',
    /заявк|хочу (купить|заказать|записаться|подключить)|хотел[аи]? бы (купить|заказать|записаться)|заказать|оформить заказ|нужна консультац|консультаци|перезвон|позвоните мне|свяжитесь|запишите меня|запись на|тапсырыс|өтінім|отиним|сатып ал|жазыл(ғым|гым)|кеңес керек|хабарлас(ыңыз|ыныз)|қоңырау шал|\border\b|\bbuy\b|purchase|\bquote\b|call me|callback|sign me up|book (a|an)\b|consultation|get in touch/i,
  ],
  ['status', /статус|где мо[йяё]|что с (моей|моим)|өтінімім қайда|менің өтінім|where is my|status of/i],
  [
    'task',
    /сделайте|подготовьте|пришлите|отправьте|составьте|выставьте|исправьте|перенесите|напомните|дайындап|жіберіңіз|жиберин|жасап бер|прошу (сделать|подготовить|прислать)|please (prepare|send|make|fix|move|remind)|could you (prepare|send|make|fix)/i,
  ],
  [
    'thanks',
    /^\W*(спасибо|благодар|ок(ей)?|хорошо|понятно|ясно|рахмет|рақмет|жарайды|thanks|thank you|ok(ay)?|great|got it)/i,
  ],
  [
    'greeting',
    /^\W*(привет|здравствуй|добр(ый|ое|ого)|салам|салем|сәлем|қайырлы|hello|hi\b|hey|good (morning|evening|afternoon))/i,
  ],
  ['question', QUESTION],
];

/** The first topic whose words occur. A bare greeting is one only if nothing more is asked. */
export function topicOf(text: string): Topic {
  const trimmed = text.trim();
  for (const [topic, pattern] of RULES) {
    if (!pattern.test(trimmed)) continue;
    if (topic === 'greeting' || topic === 'thanks') {
      const rest = trimmed.replace(pattern, '').replace(/^[\p{L}]*[\s,.!:;-]*/u, '');
      if (QUESTION.test(rest)) return 'question';
    }
    return topic;
  }
  return 'unknown';
}

const SYNONYMS: Record<Topic, string[]> = {
  lead: [
    'lead',
    'order',
    'application',
    'request',
    'sales',
    'purchase',
    'consultation',
    'callback',
    'booking',
  ],
  human: ['human', 'operator', 'handover', 'manager', 'escalat', 'agent', 'person', 'support'],
  cancel: ['cancel', 'stop'],
  status: ['status', 'track'],
  task: ['task', 'todo', 'instruction', 'job'],
  thanks: [
    'thanks',
    'thank',
    'gratitude',
    'acknowledg',
    'smalltalk',
    'small_talk',
    'chitchat',
    'none',
    'nothing',
    'ignore',
  ],
  greeting: ['greeting', 'hello', 'greet', 'smalltalk', 'small_talk', 'chitchat'],
  question: ['answer', 'question', 'faq', 'info', 'inquiry', 'chat', 'help'],
  unknown: ['unknown', 'unclear', 'other', 'none', 'clarify', 'fallback'],
};

const SECOND_CHOICE: Partial<Record<Topic, Topic[]>> = {
  human: ['task', 'question'],
  cancel: ['unknown'],
  status: ['question'],
  task: ['unknown', 'question'],
  thanks: ['greeting', 'question'],
  greeting: ['question'],
  question: ['unknown'],
  unknown: ['question'],
};

/** The value of an enum that stands for the topic; the last one when none seems to. */
export function chooseFor(topic: Topic, values: readonly string[]): string | undefined {
  for (const candidate of [topic, ...(SECOND_CHOICE[topic] ?? []), 'unknown' as const]) {
    for (const word of SYNONYMS[candidate]) {
      const exact = values.find((value) => value.toLowerCase() === word);
      if (exact !== undefined) return exact;
    }
    for (const word of SYNONYMS[candidate]) {
      const near = values.find((value) => value.toLowerCase().includes(word));
      if (near !== undefined) return near;
    }
  }
  return values.at(-1);
}
