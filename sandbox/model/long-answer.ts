import type { Language } from './language.ts';

interface Words {
  title: string;
  section: string;
  lead: string;
  sentences: string[];
  list: string;
  note: string;
  table: [string, string, string];
  link: string;
  end: string;
}

const WORDS: Record<Language, Words> = {
  ru: {
    title: 'Подробный ответ',
    section: 'Часть',
    lead: 'Вы спросили',
    sentences: [
      'Мы начинаем с короткого разговора и записываем, что именно **важно для вас**.',
      'Затем специалист готовит план, называет *срок* и стоимость каждого шага.',
      'Каждый шаг подтверждается сообщением, поэтому вы всегда знаете, что происходит 🙂.',
      'Если что-то меняется, мы предупреждаем заранее и предлагаем ~~ожидание~~ замену.',
    ],
    list: 'Что понадобится',
    note: 'Сохраните это сообщение: к нему удобно вернуться позже.',
    table: ['Шаг', 'Срок', 'Цена'],
    link: 'правила',
    end: 'Конец подробного ответа.',
  },
  kk: {
    title: 'Толық жауап',
    section: 'Бөлім',
    lead: 'Сіз сұрадыңыз',
    sentences: [
      'Алдымен қысқа әңгіме өткізіп, **сізге не маңызды** екенін жазып аламыз.',
      'Содан кейін маман жоспар құрып, әр қадамның *мерзімі* мен құнын айтады.',
      'Әр қадам хабарламамен расталады, сондықтан бәрінен хабардар боласыз 🙂.',
      'Бірдеңе өзгерсе, алдын ала ескертіп, ~~күтудің~~ орнына басқа жол ұсынамыз.',
    ],
    list: 'Не керек болады',
    note: 'Бұл хабарламаны сақтап қойыңыз: кейін қайта қарауға ыңғайлы.',
    table: ['Қадам', 'Мерзім', 'Баға'],
    link: 'ережелер',
    end: 'Толық жауаптың соңы.',
  },
  en: {
    title: 'The answer in detail',
    section: 'Part',
    lead: 'You asked',
    sentences: [
      'We begin with a short talk and write down what **matters to you**.',
      'Then a specialist draws up a plan and names the *term* and the price of every step.',
      'Every step is confirmed by a message, so that you always know what is going on 🙂.',
      'If anything changes, we tell you beforehand and offer a replacement instead of ~~waiting~~.',
    ],
    list: 'What will be needed',
    note: 'Keep this message: it is handy to come back to.',
    table: ['Step', 'Term', 'Price'],
    link: 'rules',
    end: 'The end of the detailed answer.',
  },
};

const PARTS = 9;

/** A long answer with every kind of formatting, the same for the same question; above 9000 characters. */
export function longAnswer(question: string, language: Language): string {
  const words = WORDS[language];
  const blocks = [`# ${words.title}`, `${words.lead}: «${question.slice(0, 120).trim()}»`];
  for (let part = 1; part <= PARTS; part++) {
    blocks.push(`## ${words.section} ${part} 📌`);
    blocks.push(words.sentences.join(' '));
    blocks.push(`${part}. ${[...words.sentences].reverse().join(' ')}`);
    blocks.push(`**${words.list}:**`);
    blocks.push(
      words.sentences.map((sentence, index) => `- ${index % 2 ? '✅' : '🔹'} ${sentence}`).join('\n'),
    );
    if (part % 3 === 1) {
      const [step, term, price] = words.table;
      const rows = [1, 2, 3].map(
        (row) => `| ${step} ${part}.${row} | ${row * part} | ${row * part * 1000} ₸ |`,
      );
      blocks.push([`| ${step} | ${term} | ${price} |`, '| --- | --- | --- |', ...rows].join('\n'));
    }
    if (part % 3 === 2) {
      const lines = Array.from(
        { length: 12 },
        (_, line) => `const step${part}_${line} = plan(${line}); // ${words.section} ${part}`,
      );
      blocks.push(`\`\`\`js\n${lines.join('\n')}\n\`\`\``);
    }
    if (part % 3 === 0) blocks.push(`> ${words.note}`);
    blocks.push(`[${words.link} ${part}](https://example.com/rules/${part}) · \`code-${part}\``);
  }
  blocks.push(words.end);
  return blocks.join('\n\n');
}
