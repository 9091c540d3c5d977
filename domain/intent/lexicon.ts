import type { Locale } from '../locale.ts';

/** Stems and phrases by language; see `compile` for how they match. "?" and "#phone" are words too. */
export type Lexicon = Partial<Record<Locale, readonly string[]>>;

const list = (phrases: string): string[] =>
  phrases
    .split(/[,\n]/u)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '');

/** A wish to know something: for the process that answers questions. */
export const ANSWER_WORDS: Lexicon = {
  ru: list(`
    ?, сколько, скока, сколк, почем, цена, цены, цену, цене, стоит, стоимост, прайс, тариф, где, куда, откуда, как проехать, как добрат, когда,
    до скольки, со скольки, во сколько, какой, какая, какое, какие, каких, какую, каком, чем отлич, что входит, что такое, что за,
    есть ли, есть в наличи, в наличи, есть у вас, у вас есть, можно ли, нужно ли, нужна ли, нужен ли, бывает ли, работаете ли, а есть,
    почему, зачем, подскаж, расскаж, объясн, поясн, скажите, хочу узнат, хотел узнат, можно узнат, узнат, интересу цен, интересу стоимост,
    интересу график, интересу услов, интересу как, адрес, график, расписан, работаете, время работ, режим работ, рассрочк, гарант, скидк, акция, акции, услови,
    документ, предоплат, доставк, доставляете, как отмен, как верн, как вернут, как измен, как перенес, как оформ, как заказ, как запис, как оплат, как получ, как купит, как подключ,
    через сколько, за сколько, длится, подробн, вопрос, отзыв, правда что, а если, что делать, чем вы
  `),
  kk: list(`
    ?, ма, ме, ба, бе, па, пе, қанша, қаншадан, неше, нешеге, нешеде, қашан, қайда, қайдан, қандай, қалай, неге, қай, кім, не істе,
    баға, бағасы, құны, тұрады, мекенжай, адрес, орналас, кесте, жұмыс істе, ашық, жабық, кепілдік, жеңілдік, акция, бөліп төле, рассрочка,
    құжат, жеткізу, жеткізе, қандай керек, қалай керек, бар ма, бола ма, болады ма, беріле ме, бересіз бе, туралы, айтыңыз, айтып бер, түсіндір, білгім, білейін, сұра, сұрағым бар,
    каспи ред, неше жас, қанша уақыт, қалай жаз, қалай қайтар, қалай тоқтат
    qansha, kansha, qashan, kashan, qaida, qayda, kaida, kayda, qandai, qanday, kandai, bagasy, bar ma, bola ma, ma, me, ba, be
  `),
  en: list(`
    ?, how much, how long, how many, how do, how can, how to, what, whats, where, when, which, why, who, price, cost, do you, are you, is there, are there, is it,
    does it, does the, can i pay, can i return, can i get, can you tell, tell me, explain, open, close, opening hours, working hours, address, located, parking, policy, warranty, guarantee,
    discount, in stock, available, delivery, shipping, ship, question, document, include, more about, information, wondering, want to know, like to know, find out
  `),
};

/** A wish to buy, book or be called: for the process that takes a lead. */
export const LEAD_WORDS: Lexicon = {
  ru: list(`
    заявк, остав заявк, запис, запиш, запис можно, можно запис, хочу запис, хотел запис, хотела запис, хочу заказ, хачу, хочу, хотел бы, хотела бы, хотим, хотелось бы заказ, хотел заказ, хотела заказ, заказат, закаж,
    заказ звонк, оформ, оформите заказ, хочу оформ, давай оформ, куплю, купит, беру, возьму, готов куп, готов оплат, приобре, хочу приобре, заброн, брон, аренд, снят в аренд, перезвон, позвон, набери,
    свяж, жду звонк, жду вашего звонк, мой номер, мой телефон, нужен, нужна, нужны, нужно, требует, нужна консультац, нужна помощ, нужен мастер, нужен ремонт, консультац, интересу, интересу установ, подключите, хочу подключ, вызват, замер, меня зовут, пробный урок, пробное занят,
    #phone
  `),
  kk: list(`
    өтінім, өтінім қалдыр, заявка, заявка қалдыр, жазылғым, жазылайын, жазылсам, жазылу керек, жазып қой, жаздыр, жазыңыз мені, тіркел, тіркеу, тіркелгім, сатып ал, сатып алғым, алғым, алғымыз, аламын, алам, алайын,
    тапсырыс бер, тапсырыс бергім, тапсырыс жаса, рәсімде, брон, бронда, жалға, хабарлас, хабарласыңыз, қоңырау шал, звонда, керек, нөмірім, номерім, менің атым, атым, мастер, консультация, кеңес керек, қосылғым,
    jazyl, tapsyrys ber, habarlas, #phone
  `),
  en: list(`
    book, book a, want to book, like to book, booking, appointment, make an appointment, order, want to order, like to order, place an order, make a reservation, reservation, reserve, buy, want to buy, buying, purchase, sign me up, sign up, enroll, enrol, register,
    call me, call me back, contact me, reach me, my number, my phone, my name is, quote, need a quote, leave a request, submit a request, need, i need, want, like to, id like, interested in, looking for, looking to, rent, hire, schedule a, consultation, get in touch,
    #phone
  `),
};

/** A wish for a person, and the anger that means the same. */
export const HUMAN_WORDS: Lexicon = {
  ru: list(`
    позов, позовите, соедин, переключ, оператор, менеджер, позов менеджер, человек, живой человек, живого человек, живым человек, живой, живые, с человек, дайте человек, нужен человек, нужен оператор, нужен менеджер, менеджера мне, сотрудник, специалист, консультант,
    поговорить с, поговорить с человек, общаться с, не хочу с бот, начальник, директор, руководств, руководител, администратор, пожалова, хочу пожалова, жалоб, претензи, издевае, вы издевае, надоел, достал, тупой, тупая, тупит, бесполезн, робот, с ботом, бот ничего не, глупый бот,
    не понимае, ничего не понима, ужас, кошмар, безобраз, отвратител, хамств, обман, мошенник, сколько можно, сколько можно ждать, третий раз, в третий раз, опять не то, бот тупой, идиот, бред
  `),
  kk: list(`
    адам, адаммен, адаммен сөйле, тірі адам, адам керек, адам шақыр, оператор, оператор қос, оператор керек, менеджер, менеджер шақыр, менеджер керек, менеджермен сөйле, қызметкер, қызметкер керек, қызметкер шақыр, қызметкермен байланыс, маман, маман шақыр, байланыстыр, шақыр, сөйлескім, сөйлессем, сөйлесуге бола, ботпен,
    шағым, шағымым бар, басшы, директор, түсінбейсің, түсінбей, түк түсін, жалық, ұят, масқара, сұмдық, ақымақ, қанша рет, қанша күт, неше рет жаз,
    adammen, adam kerek, operator, menedjer
  `),
  en: list(`
    human, real human, need human, want human, need person, want person, get human, person, real person, talk to a person, speak to, talk to, speak with, talk with, operator, agent, manager, representative, someone from, someone real, anyone real, anyone there, real, live chat, live agent, supervisor, boss, complaint, complain, make a complaint, useless, stupid, dumb, ridiculous,
    terrible, awful, horrible, dont understand me, do not understand me, you dont understand, third time, fed up, sick of, worst, scam, customer support, connect me
  `),
};

/** Something to be done for the customer, with what they already have: an order, a payment, their data. */
export const TASK_WORDS: Lexicon = {
  ru: list(`
    отмен, отмените, отмен заказ, отмен запис, отмен брон, отмен доставк, хочу отмен, верн, вернит, верните деньг, верн деньг, вернут деньг, вернут оплат, верн оплат, возврат, сделайте возврат, перенес, перенесите запис, перенес запис, перенес брон, перенес доставк, поменя, поменяйте, поменя адрес, поменя номер, поменя товар, обменя, измен, измените, измен адрес, измен номер, измен заказ, исправ,
    пришлите, пришлите счет, пришлите чек, пришлите договор, пришли, отправ, отправьте, отправ чек, вышл, вышлите, выстав, выстав счет, счет фактур, счет на оплат, удал, удал данн, удал аккаунт, заблок, разблок, подготовьт, сделайте справк, справк, справк об, акт свер, акт выполн, акт, накладн, квитанц, дубликат, копию, восстанов, сброс, продл, приостанов, заморо, закройте, активир, добавьте в заказ, добавьте, продублир, снимите, спишите, аннулир, нужен чек, нужен счет, нужна справк, нужен договор, нужен акт
  `),
  kk: list(`
    тоқтат, тоқтатыңыз, тапсырыс тоқтат, жою, болдырма, тапсырыс болдырма, бас тарт, тапсырыс бас тарт, қайтар, ақша қайтар, ақшамды қайтар, өзгерт, мекенжай өзгерт, ауыстыр, жазылу ауыстыр, уақыт ауыстыр, кейінге қалдыр, өшір, дерек өшір, жібер, шот, шот жібер, чек, чек жібер, чекті жібер, келісімшарт, келісімшарт жібер, шарт, анықтама, анықтама бер, анықтама дайында, накладной,
    алып таста, бронь алып, бұғатта, блокта, жаңарт, ұзарт, дайында
    toqtat, qaitar, jiber
  `),
  en: list(`
    cancel, cancel my, cancel the, refund, my money back, money back, refund my, send me, send the, send me the, send me my, resend, invoice, receipt, change, change my, change the, change the address, update, update my, move my, move the, reschedule, reschedule my, postpone, delete, delete my, remove my, block my, block, unblock, freeze, reset, reset my, extend, renew, exchange, return my, issue a, correct my, fix my, deactivate, close my account, unsubscribe
  `),
};
