import { lazy } from '../lazy.ts';
import { fold } from './normalise.ts';

const set = (list: string) => lazy((): ReadonlySet<string> => new Set(fold(list).trim().split(/\s+/u)));

/** Words that by themselves thank, greet, agree, decline or part. */
export const smalltalkCore = set(`
  спасибо спс пасиб пасибо спасибки благодарю благодарим благодарен мерси ок окей оки окк океюшки ладно хорошо хор понял поняла понятно пон ясно ага угу да нет неа давайте договорились
  привет приветик приветствую здравствуйте здравствуй здрасте здрасьте здрасте хай алло доброе добрый доброго утро день вечер отлично супер класс круто прекрасно замечательно здорово
  пока прощайте свидания бай взаимно норм нормально принято плюс
  рахмет рақмет ракмет сәлем салам сәлеметсіз сәлеметсізбе салеметсизбе сәлеметсіңбе ассалаумағалейкум ассалаумағаләйкүм ассаламуалейкум уағалейкумассалам жарайды жақсы мақұл түсіндім түсінікті иә жоқ керемет тамаша әрине болды қайырлы сау сауболыңыз хош алғыс
  thanks thank thx ty thankyou ok okay kk k hello hi hey hiya yo great good nice cool perfect awesome fine bye goodbye yes yeah yep no nope sure understood cheers morning evening afternoon welcome gotcha
  salem salemetsiz rahmet raqmet rakhmet jaqsy jaksy zhaksy privet spasibo
`);

/** Words that may stand beside them without adding a wish. */
export const smalltalkFiller = set(`
  вам вас большое огромное огромная все всё вы очень за и так тогда до буду будем ждать жду пожалуйста помощь ответ подсказку информацию всего доброго хорошего дня вечера ночи спокойной удачи взаимно скоро встречи связи мне мы я уже ну о а и не надо нужно ничего больше пока это то что вот бот друзья всем
  сізге сіз сіздерге сен саған бе бә көп үлкен мың бәрі болыңыз болыңыздар күн кеш таң түн кештеріңіз өте ма жақсымын көмегіңіз көмегіңізге жауабыңызға үшін алла разы болсын түн
  you so very much a lot for your the help it all is was that there got have day night everyone team many see later again to me im
`);

/** Ritual questions and turns that no single word shows. */
export const smalltalkPhrases = lazy((): readonly string[] =>
  [
    'как дела',
    'как вы',
    'как ваши дела',
    'как жизнь',
    'что нового',
    'қалыңыз қалай',
    'қалайсыз',
    'қалайсыздар',
    'қалың қалай',
    'қал қалай',
    'how are you',
    'how is it going',
    'hows it going',
    'whats up',
  ].map(fold),
);
