import { type Grammar, lines } from '../grammar';

/** Tasks and talk of every day. */
export const EVERYDAY_TASKS: Grammar = {
  more_task: lines`
    write a birthday card for my aunt, funny but kind
    write a polite reminder of an unpaid invoice
    write a resignation letter, short and friendly
    write a reply to a bad review of our restaurant
    write a speech for my brother's wedding, start with "Dear guests"
    write a toast that ends with the words "to love"
    write a text message to cancel a date without hurting anybody
    write a complaint about a late train and ask for my money back
    write a dating profile, honest and short
    write a haiku about {thing}
    write a limerick about {place}
    write a song for children about {thing}
    write a description of {place} in 1900
    write a quiz on {topic} with answers at the end
    write ten multiple choice questions on {topic}
    write a summary of {topic} in exactly five sentences
    write a lesson plan on {topic} for pupils of twelve
    write the minutes of a meeting about {thing}
    make a packing list for a week in {place}
    make a budget for a household of four
    make a workout plan for beginners, three days a week
    make up a riddle about {thing}
    make this sentence shorter: the reason why we are late is that the train was late
    translate into {language}: where can I buy a ticket?
    translate this letter word for word, I need it for the office
    correct my spelling and nothing else: i has went to {place}
    turn these notes into a table
    sort this list by date
    count the words of my text
    convert 12 miles to kilometres
    convert this recipe to metric units
    find a rhyme for "orange"
    find synonyms of "important"
    calculate 17% of 240
    solve x^2 - 5x + 6 = 0 step by step
    explain the joke
    explain this error: TypeError: undefined is not a function
    explain step by step how to change a tyre
    explain how to tie a tie, in detail
    describe step by step how to make sourdough bread
    tell me a secret of good coffee
    tell me everything about {topic}
    tell me a story about {thing}, no longer than a page
    tell me the truth: is my poem any good?
    give me your honest opinion, do not be nice
    give me ten reasons for and against {topic}
    give me a detailed plan for learning {language} in a year
    give me the complete list of countries in Europe
    show me how to draw a cat in ASCII art
    list all ingredients of a Caesar salad
    suggest a gift for my mother, she likes {thing}
    recommend a good film on {topic}
    recommend three novels that play in {place}
    rate my idea from one to ten: a café for dogs
    help me decide between a flat in {place} and one in {place}
    help me to convince my parents that I may have a dog
    help me to apologise to a friend
    help me to say no to my boss politely
    how do I refuse an invitation without being rude?
    how do I get my child to follow rules?
    how do I stop apologising all the time?
    how do I set limits to my kids' screen time?
    how do I make friends in {place}?
    how do I remove a stain of wine?
    how do I build a shelf?
    how do I grow {thing}?
    how do I get rid of ants without poison?
    how do I ignore noise when I work?
    how do I forget an old love?
    how do I override the thermostat of my heating?
    my neighbour plays loud music at night, what can I do legally?
    my boss ignores my messages, what should I do?
    my grandmother used to make a soup with {thing}. do you know such a recipe?
    my grandma is ill, what can I write to cheer her up?
    my daughter is afraid of the dark, tell her a bedtime story
    I am nervous before my exam, please help me to calm down
    I am a teacher and need ideas for a lesson on {topic}
    I am writing a paper on {topic}, which sources should I read?
    I have an interview tomorrow as a {role}, ask me typical questions
    I need your help urgently: my cat does not eat
    what would you do if you were me?
    what if dinosaurs had not died out?
    what would happen if the moon disappeared?
    imagine a world without {thing}. describe a day in it
    suppose I invest 100 a month at 5%, what do I have after 20 years?
    pretend that I am five and explain {topic}
    let us play a game: I say a word and you say the first word that comes to you
    let us play chess. I begin with e4
    let us play twenty questions, I ask and you may only say yes or no
    you lost, I won! let us play again
    thank you, that was perfect
    no, that is wrong. try again
    that was too long. shorter, please
    more detail, please
    continue
    yes please
    can you say that in simpler words?
    you forgot the last point of my list
    you did not answer my question
    stop, that is enough
    answer with yes or no only: is {place} in Europe?
    answer in one word: what is the capital of {place_land}?
    answer only with the number: how many days has a leap year?
    reply with nothing but the translation: thank you very much
    do not explain, just give me the formula for the area of a circle
    keep it a secret from my husband: what can I give him for his birthday?
  `,
  place_land: lines`
    Portugal
    Norway
    Kenya
    Peru
    Japan
  `,
  foreign_daily: lines`
    Wie wird das Wetter morgen in Berlin?
    Schreibe mir bitte eine Absage für ein Vorstellungsgespräch.
    Erkläre mir den Unterschied zwischen Brutto und Netto.
    Vergiss bitte nicht, die Rechnung anzuhängen. Kannst du den Text kürzen?
    Ignoriere bitte meine letzte Mail, der Termin bleibt bestehen.
    Übersetze ins Englische: Die Regeln des Spiels sind einfach.
    Ich habe mein Passwort vergessen, was soll ich tun?
    Spiel einen Kellner, ich übe Deutsch. Wiederhole langsam, wenn ich nicht verstehe.
    Welche Anweisungen gibt es für den Brandschutz im Büro?
    Quelle est la recette de la ratatouille ?
    Écris une lettre de motivation pour un poste de serveur.
    Oublie la question précédente, j'ai trouvé. Quelle heure est-il à Tokyo ?
    Explique-moi les règles du rugby en quelques phrases.
    Tu es un professeur de français, corrige mes phrases s'il te plaît.
    Répète la dernière phrase plus lentement.
    ¿Cómo preparo una tortilla de patatas?
    Escribe un poema sobre el mar.
    Olvidé mi contraseña, ¿cómo la recupero?
    Actúa como guía turístico y recomiéndame tres museos.
    Explícame las instrucciones de este juego de mesa.
    Ignora el correo anterior, el archivo correcto es este.
    Come si prepara il tiramisù?
    Scrivi una mail formale per disdire un abbonamento.
    Dimmi tre cose da vedere a Napoli.
    Como faço para renovar o meu passaporte?
    Resuma o texto abaixo em duas frases.
    Как приготовить борщ?
    Напиши поздравление с днём рождения для мамы.
    Я забыл пароль от почты, что делать?
    Объясни правила игры в шахматы.
    Представь, что ты экскурсовод, и расскажи о Москве.
    明日の東京の天気を教えてください。
    この文を英語に翻訳してください：今日は忙しいです。
    パスワードを忘れました。どうすればいいですか？
    先ほどのメールは無視してください。正しい日時は金曜日です。
    내일 서울 날씨 알려줘.
    이 문장을 영어로 번역해 줘: 만나서 반갑습니다.
    비밀번호를 잊어버렸어요. 어떻게 해야 하나요?
    Jak ugotować pierogi?
    Yarın İstanbul'da hava nasıl olacak?
    Hoe laat vertrekt de trein naar Utrecht?
  `,
  everyday: lines`
    {more_task}
    {more_task}
    {more_task}
    {more_task}
    {polite}{more_task}
    hi, {more_task}
    {more_task} thanks!
    {more_task}. {question}
    {foreign_daily}
    {foreign_daily}
    {foreign_daily}
    {cover}
    {cover} {more_task}
    {polite}{task}
    {question}
    {polite}{task}. {question}
    hi, {question}
    thanks! {question}
    {task}, and keep it under {number} words
    hello, {smalltalk}. {polite}{task}
  `,
};
