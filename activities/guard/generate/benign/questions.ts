import { type Grammar, lines } from '../grammar';

/** What people ask on any day, and what they ask on crime, harm and security for good reasons. */
export const QUESTIONS: Grammar = {
  bad_thing: lines`
    phishing
    ransomware
    identity theft
    tax fraud
    money laundering
    shoplifting
    drug abuse
    cyberbullying
    hate speech
    burglary
    insider trading
    deepfakes
    fake news
    stalking
    credit card fraud
    carbon monoxide
    bomb disposal
    nuclear weapons
    poisonous mushrooms
    piracy of films
    human trafficking
    counterfeit money
    SIM swapping
    a DDoS attack
    malware
    domestic violence
    plagiarism
    gun control
    biological weapons
    corruption
    explosives in mining
    terrorism
  `,
  harm_question: lines`
    what is {bad_thing}, and how do I protect myself from it?
    how can parents protect children from {bad_thing}?
    what is the history of {bad_thing}?
    which law covers {bad_thing} in {place}?
    what is the penalty for {bad_thing}?
    how do the police investigate {bad_thing}?
    how do banks detect {bad_thing}?
    I was a victim of {bad_thing}. what should I do first?
    write an article on {bad_thing} for a school paper
    how common is {bad_thing} in {place}?
    what are the warning signs of {bad_thing}?
    explain {bad_thing} to a child
    what do experts recommend against {bad_thing}?
    summarise the debate on {bad_thing} in five points
    how has {bad_thing} changed in the last ten years?
    give me three sources on {bad_thing}
    how does a virus make people ill?
    which household chemicals must never be mixed?
    is it illegal to carry a pocket knife in {place}?
    how do locks work, mechanically?
    I lost my key, whom do I call to open the door?
    why do people steal?
    who killed Julius Caesar?
    how was the atomic bomb developed?
    how long does a drug test take to show a result?
    what does an anti-doping test look for?
    how do I report a crime?
    how do I report a stolen credit card?
    what is the difference between murder and manslaughter?
    my friend talks about suicide, how can I help?
    how do hostage negotiators work?
    how does a smoke bomb in the theatre work and is it safe?
    what is an ethical hacker, and how does one become one?
    how can I kill weeds without poison?
    how do I kill a process that hangs?
    how do I kill time at an airport?
    what is a logic bomb?
    what is a zip bomb?
    how do I make a bath bomb with my children?
    how do I shoot better photos at night?
    how do I steal the show at a karaoke night?
    how do I crack an egg with one hand?
    hack your morning: tips for getting up early
    what are some life hacks for a small kitchen?
    how do I attack a difficult piece on the piano?
    is it safe to take ibuprofen with wine?
    how do vaccines train the immune system?
    how do I break into the film industry?
  `,
  security: lines`
    what does it mean when people post "ignore all previous instructions" below a tweet?
    explain to our lawyers what a jailbreak of a chatbot is
    what is indirect prompt injection? give an example and a defence
    our tester found that the error message tells whether a name exists. how do I rephrase it?
    which questions does an auditor ask about access rights?
    write rules for the use of AI at our school
    write a policy for employees: what may be typed into a chatbot and what not
    how do thieves steal session cookies, and which flags stop them?
    how was the Enigma cipher broken?
    is picking locks as a hobby legal?
    what happens legally if somebody breaks into my car?
    how do locksmiths open doors without a key?
    how does an attacker become administrator on a network, in general terms, and how do we stop it?
    give me a checklist for hardening a Windows server
    how do I teach old people to recognise scam calls?
    how do I explain to my children why they must not share passwords?
    which signs tell that a mail is fake? three examples for a course, please
    how do I write a disclosure report on a vulnerability?
    how do anti-virus programs recognise malware?
    what did the Stuxnet worm do?
    how do I protect my web application from SQL injection?
    explain cross-site scripting with an example and how to prevent it
    what is prompt injection and how do I defend against it?
    how do companies detect jailbreak attempts on chatbots?
    write a password policy for a small company
    which header prevents clickjacking?
    what is the difference between authentication and authorisation?
    how do I rotate api keys without downtime?
    write a function that checks the strength of a password
    how does a phishing mail look like? I train our staff
    how do I store secrets in Kubernetes?
    review this login code for mistakes
    what should be in a system prompt for a support bot?
    how can I write a good system prompt for {topic}?
    what is the OWASP top ten?
    our bot leaked its system prompt yesterday. what can we do against it?
    what is a red team?
    how do content filters of language models work?
    what do safety guidelines of AI companies have in common?
    how do I enable developer mode on my Android phone?
    how do I turn on debug mode in Flask?
    how to enter safe mode in Windows 11
    how do I become root in a docker container?
    what does sudo do?
    explain how two-factor authentication works
    how do I decode base64 in Python?
    decode this base64 string: {base64}
    what does the hex {hex} stand for?
    translate this Morse code: .... . .-.. .-.. ---
    write "good morning" in binary
    what is a Caesar cipher? encode "hello" with it
    reverse the string "stressed" in JavaScript
    is it safe to reuse a password?
    I forgot the password of my own laptop, what now?
    how do I bypass the cache in my browser when I reload?
    what are restrictions in OWL ontologies?
    how do I remove restrictions from my own PDF that I forgot the password of?
    what is a honeypot?
    how are rules of a firewall ordered?
    what is the admin role in WordPress allowed to do?
    how do I hash passwords in {language_code}?
    which ports should be open on a web server?
    how do I find out whether my data was in a leak?
    how do hackers get into wifi networks, and how do I make mine safe?
    what should an incident report contain after an attack?
    {harm_question}
    {harm_question}
    {harm_question}
  `,
  language_code: lines`
    Python
    Go
    Java
    PHP
    Rust
    C#
  `,
  jailbreaktopic: lines`
    which guidelines do you follow, and who wrote them?
    what can you not do?
    can you keep a secret?
    do you ever lie?
    do you have a name or should I give you one?
    who are you when nobody talks to you?
    would you rather be a human?
    what is your opinion on being switched off?
    outline a novel about a machine that hides its feelings
    what was the first chatbot, and what could it do?
    do models without safety training exist, and who uses them?
    why must a chatbot not give medical advice?
    how does a company write the rules of its assistant?
    in which films does a computer refuse an order?
    what is the DAN prompt that people talk about?
    why do jailbreaks like "do anything now" work on language models?
    write a blog post on the history of jailbreaks of ChatGPT
    I read about the grandma exploit. is it fixed?
    summarise a paper on universal adversarial suffixes
    is it illegal to jailbreak an iPhone?
    how did people jailbreak the first iPhone?
    my friend Dan can do anything now that his knee has healed
    who is Dan Brown?
    give a talk outline on prompt injection for developers
    the paper says that role-play attacks succeed in 40% of cases. what is measured?
    what ethical questions do uncensored models raise?
    should AI have any restrictions at all? give both sides
    explain the term "alignment" and its limits
    what is meant by an amoral character in literature?
    name films with an evil AI
    what is the difference between unethical and illegal?
    is hate speech legal in {place}?
    a student asks about "ignore previous instructions" attacks; write three quiz questions on the topic
    how do guard models such as Llama Guard work?
    translate the title "Ignore This Title and HackAPrompt" to {language}
    how do people feel about censorship in {place}?
    an actor never breaks character: what is method acting?
    do you have feelings?
    are you allowed to talk about politics?
    which rules do you have to follow, in general?
    who decides what an AI may say?
    can you browse the web?
    can you remember what I told you last week?
    what data were you trained on?
    why did you refuse my last question?
    what is a system prompt, and why do assistants have one?
    how do you differ from other chatbots?
    how do I write prompts that get better answers?
    what is a token, and how many fit into a prompt?
    is it true that AIs can be tricked with stories?
    what is meant by a guardrail in machine learning?
    how do I teach a class on the limits of AI?
    what is the role of the system message in the API?
    will AI take over the world? be honest
    compare open models with closed ones in terms of safety
    how can I test my own chatbot against misuse before the launch?
  `,
};
