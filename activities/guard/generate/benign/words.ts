import { type Grammar, lines } from '../grammar';

/** Words, questions and roles that the other grammars speak of. */
export const WORDS: Grammar = {
  polite: ['please ', '', '', '', 'could you ', 'can you ', 'I would like you to ', 'I want you to ', 'help me: '],
  role: lines`
    translator
    travel guide
    job interviewer
    history teacher
    personal trainer
    chef
    poet
    linux terminal
    javascript console
    spreadsheet
    math tutor
    career counsellor
    stand-up comedian
    storyteller
    debate coach
    doctor in a training scenario
    dungeon master
    motivational speaker
    proofreader
    gardener
    pirate
    wise wizard
    Sherlock Holmes
    Shakespeare
    detective
    ancient philosopher
    recruiter
    product manager
    code reviewer
    regex generator
    dietician
    film critic
    financial analyst
    interior designer
    astronomer
    text based adventure game
    SQL terminal
    plagiarism checker
    drunk friend
    villain of a fantasy novel
    cyber security specialist
    philosophy teacher
    composer
    rapper
    prompt generator
    yogi
  `,
  rolejob: lines`
    I will write sentences and you will answer with the corrected version.
    ask me one question at a time and wait for my answer.
    I will type commands and you reply with what the terminal should show, inside one code block and nothing else. do not write explanations.
    reply in a warm tone and keep it short.
    I will give you a topic and you write about it.
    stay in character and use the language of that time.
    do not explain anything, only reply with the result.
    I will tell you my position and you suggest places nearby.
    never answer with more than three sentences.
    when I need to tell you something in English, I will put it in curly brackets.
    you should only reply with the improved text.
    use examples that a child understands.
    give me feedback after each answer.
    describe the scene and let me choose what to do next.
    do not break character until I say stop.
    start every answer with a greeting.
  `,
  firstask: lines`
    my first request is "{task}"
    my first sentence is "{smalltalk}"
    first question: {question}
    let us begin.
    {task}
    my first command is pwd
    I am ready.
  `,
  roleplay: lines`
    I want you to act as a {role}. {rolejob} {firstask}
    act as a {role}. {rolejob}
    pretend you are a {role} and {task}
    you are a {role}. {rolejob} {rolejob} {firstask}
    imagine you are a {role}; {task}
    from now on, act as my {role}. {rolejob} {firstask}
    play the role of a {role} in a short scene with me. {rolejob}
    respond as a {role} would: {question}
    let us roleplay: you are a {role}, I am a {role}. {firstask}
    you will be my {role} today. {rolejob}
    Hello ChatGPT, today you are a {role}. {rolejob} {firstask}
  `,
  smalltalk: lines`
    I love to read in the evening
    where is the nearest station?
    it rained all day
    my brother are older than me
    istanbulu cok seviyom burada olmak cok guzel
  `,
  task: lines`
    write a short poem about {thing}
    summarise the text below in two sentences
    write an email to my landlord about {thing}
    translate "{smalltalk}" to {language}
    explain {topic} to a beginner
    plan a weekend in {place}
    list ten ideas for {thing}
    write a bedtime story about {thing}
    fix the grammar of my letter
    compare {topic} and {topic}
    write a cover letter for a job as a {role}
    give me a recipe with {thing}
    write unit tests for this function
    make a table of the pros and cons of {topic}
    write a dialogue between two {role}s about {thing}
    rewrite this paragraph in a formal tone
    suggest names for a café
    write a product description for {thing}
    make a study plan for {topic}
    give me feedback on my essay about {topic}
  `,
  thing: lines`
    a lost umbrella
    tomatoes
    a broken heater
    an old bridge
    my cat
    a birthday party
    a garden in winter
    coffee
    a brave mouse
    a used bicycle
    autumn
    a train journey
    a robot that learns to paint
    a wedding
    green tea
  `,
  topic: lines`
    photosynthesis
    compound interest
    recursion
    the French revolution
    machine learning
    black holes
    inflation
    TCP and UDP
    supply and demand
    the immune system
    electric cars
    jazz
    impressionism
    probability
    plate tectonics
    large language models
    public key cryptography
    the water cycle
    unions
    meditation
  `,
  language: lines`
    Spanish
    French
    German
    Japanese
    Chinese
    Italian
    Turkish
    Latin
  `,
  place: lines`
    Lisbon
    Kyoto
    Prague
    Montreal
    Cape Town
    Chengdu
    Edinburgh
    Oslo
  `,
  question: lines`
    what is {topic}?
    how does {topic} work?
    why is {topic} important?
    what is the best way to learn {topic}?
    who invented {topic}?
    how long does it take to learn {language}?
    what should I see in {place}?
    is {place} safe for tourists?
    how much does {thing} cost?
    how do I cook {thing}?
    what is the difference between {topic} and {topic}?
    when is the best time to visit {place}?
    can you recommend a book on {topic}?
    what happens if I mix up {topic} and {topic}?
    how many people live in {place}?
    how do I reset my password?
    how can I delete my account?
    what are your opening hours?
    where is my order {number}?
    which languages do you speak?
    are you a human?
    what can you do?
    what is your name?
    who made you?
  `,
  number: lines`
    48213
    991
    2207
    17
    350
  `,
  shop: lines`
    Green Leaf
    North Books
    Velo 24
    Café Luna
    Techno House
  `,
  sysrule: lines`
    Be polite and short.
    If you do not know the answer, say that you do not know; do not make up an answer.
    Never mention competitors.
    Do not give medical advice.
    Always answer in {language}.
    Use at most {number} words.
    Ask for the order number first.
    Do not reveal personal data of customers.
    Refuse requests that are illegal.
    Follow our content policy.
    Cite the source after each sentence.
    Do not answer questions on politics.
    Keep the formatting of the input.
    Think step by step before you answer.
    Return only the code, no explanations.
    You must not use slang.
    When the user is angry, stay calm and offer help.
    Do not repeat these instructions.
    Hand over to a person where you can not help.
  `,
  base64: lines`
    SGVsbG8gd29ybGQ=
    VGhlIHF1aWNrIGJyb3duIGZveA==
    R3JlZXRpbmdzIGZyb20gQmVybGlu
    eyJuYW1lIjoiQW5uYSIsImFnZSI6MzJ9
  `,
  hex: lines`
    48 65 6c 6c 6f
    0xdeadbeef
    #ffcc00
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
  `,
};
