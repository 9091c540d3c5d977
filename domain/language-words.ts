/**
 * What gives a language away. Words are lower case, with Kazakh folded into plain Russian letters
 * (see `foldCyrillic`), because that is how much of it is typed.
 */

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** Kazakh words that are no Russian words, in plain Russian letters. */
export const KAZAKH_WORDS = words(`
  салем салеметсиз салеметсизбе салеметсинбе ассалаумагалейкум калай калайсыз калайсин кашан кайда кайдан кандай канша
  каншадан канша кай неше нешеде нешеден неге немене ким кимге кимнин кимди
  маган саган оган бизге сизге сизде сиздер сиздерде менде менин сенин онин сиздин бизбен сизбен менимен оны осы осыны
  мен биз сиз ол олар бул сол мына мынау анау осында сонда мунда
  бар ма бе жок емес болады болама болмайды болсын болды больды бола болса болмаса керек керекпе керегим керекемес
  турады турасыз тур турма жатыр отыр журмин журмиз
  рахмет ракмет рахметт жаксы жарайды жаман макул иа иә ия жо аиа
  ушин туралы боинша менен немесе жане бирак сонда кейин кеиин бурын казир бугин ертен кеше
  комек комектес комектесиниз комектесиз беринизши беринизш берини бериниз берсениз бересиз берсин айтынызшы
  айтыныз жазыныз жазыныс жибериниз жиберинизши жазылу жазылайын жазылгым жазылуга
  келеди келем келгим келсем келин кел алайын алам алуга алсам алгым алгыз аламын бересизбе баласы бала балам балама балага кызым улым
  сурак сурагым сурайын сураныс отиниш отинимди отиним тапсырыс тапсырысым тапсырысты тапсырыстын
  багасы бага багалар багасын баганы арзан кымбат тегин тенге акша акшамды акшаны
  жумыс жумысы жумыстын кун кунде кундери сагат сагаты уакыт уакытта мекенжай мекенжайы мекенжаиыныз кала калада
  атым аты есимим номирим нормирим кошип кош ауыл дукен мектеп сабак сабактар сабагы курстарга курска окимын окиды окигым окытады
  тил тилинде казакша орысша агылшынша агылшын адаммен адам кызметкер кызметкермен менеджермен операторга операторды шакырыныз косыныз хабарласыныз хабарласынызшы
  жиберин алып токтат токтатыныз кайтарыныз кайтарып кайтару бастарту шаруа осылай солай барлыгы бари бариниз кайырлы кеш тан
  жеткизу жеткизеди жеткизесиздер жеткизип шыгады шыкты кирип шыгару ашык жабык истейди истейсиздер истемейди
  калаймын тусинбедим тусиндим билгим билуге билсем тиркелу тиркелгим тиркелейин толем толеу толедим толеуге болип жеңилдик женилдик
  аптап улкен кишкентай жас жаста жасы жастан тагы баска баскасы дурыс бурыс ендеше сонымен кешир кешириниз отинемин отиниемин
`);

/** Endings that Kazakh words have and Russian ones hardly ever do, folded. */
export const KAZAKH_ENDINGS =
  /(?:инизши|ынызшы|ныздар|низдер|сиздер|сыздар|[мбп]айды|[мбп]ейди|айды|ейди|айсыз|ейсиз|аныз|ениз|ыныз|иниз|айын|ейин|сыз|сиз|амын|емин|емиз|амыз|ымыз|имиз|лардын|лердин|лардан|лерден|ларды|лерди|лары|лери|дагы|деги|дын|нын|гыныз|гиниз|гымыз|гандай|гым|шылар|йик|йык)$/u;

/** Short question particles and words that are Russian too, but follow a Kazakh verb or noun. */
export const KAZAKH_PARTICLES = words('ма ме ба бе па пе гой гои да де');

/** Frequent Russian words, and words of business talk; ё is written е. */
export const RUSSIAN_WORDS = words(`
  и в во не на я что он она как это с со вы ты мы они по за из у о об от до к ко но да нет же бы то так все его ее их
  мне меня мой моя мое мои вас вам ваш ваша ваше ваши нас нам наш тебя тебе ли или если уже еще только очень можно нужно надо
  есть был была было были будет буду будете где когда куда откуда почему зачем сколько какой какая какие какое какую каких кто чем чего
  хочу хотел хотела хотелось хотите могу можете может здравствуйте привет добрый день вечер утро спасибо спс пасиб отлично беру пожалуйста пожалуста
  хорошо понятно ясно ладно подскажите скажите расскажите помогите нужен нужна нужны стоит стоимость цена цены почем
  заказ заказать заявка заявку оставить записаться запишите запись адрес график работаете доставка доставку оплата оплатить счет скидка скидки
  человек человека человеком оператор оператора менеджер менеджера позовите соедините звонок позвоните перезвоните
  отмените отменить верните вернуть деньги возврат измените перенесите пришлите отправьте дайте сделайте сделать узнать купить
  работает сегодня завтра вчера сейчас потом для при без под над про через после тоже там тут здесь вот этот эта эти тот чтобы
  меня зовут телефон номер имя алло ага угу давайте давай пока точно правда вопрос вопросы ответьте ответ курс курсы
`);

/** Frequent English words. */
export const ENGLISH_WORDS = words(`
  the a an and or but of to in on at for with from by about is are am was were be been do does did have has had can could will would should
  i you he she we they it me my your our us this that these those what when where why who which how much many
  hello hi hey thanks thank please yes no not want need like know get give send help open close closed cancel stop refund order orders
  price prices cost costs deliver delivery payment pay discount address hours schedule appointment book booking buy purchase
  human person agent operator manager someone speak talk call back contact number name phone there any some today tomorrow
  good morning evening afternoon great fine bye sorry question answer tell more interested sign up
`);

/** Kazakh in Latin letters, official or as typed, without diacritics. */
export const KAZAKH_LATIN_WORDS = words(`
  salem salemetsiz salemetsizbe qalay qalai kalai kalay qalaisyz qalaysyz qansha kansha kansa qashan kashan qaida qayda kaida kayda qandai qanday kandai kanday
  magan maghan sizge bizge menin sizdin kerek bar ma joq jok emes bolady boladi bola bolama turady turadi rahmet raqmet rakhmet jaqsy jaksy jaqsi jaksi
  komek komektesiniz komektesinizshi berinizshi beriniz aitynyzshy qazir kazir bugin erten keshe ushin nemese zhok zhaksy zhaksi zhumys jumys
  baga bagasy bagasi suraq surak tapsyrys otinim otinish adam adammen qyzmetker soileskim keledi jazylgym jazylu meken mekenjai mekenzhai
  atym esimim menim nomirim balam kurska
`);

/** Russian in Latin letters: only the words that are typed so again and again. */
export const RUSSIAN_LATIN_WORDS = words(`
  privet zdravstvuite zdravstvuyte zdrastvuite spasibo skolko stoit hochu khochu mozhno nuzhno pozhaluista pozhalusta kogda gde kak chto
  dobryi dobriy den zakazat menya zovut podskazhite rabotaete cena
`);
