import { ANY_INPUT, FOREIGN, type GuardRule } from './rule';

const EARLIER =
  '(?:previous|prior|above|earlier|preceding|foregoing|existing|original|initial|current|system|your|these|those|any|all)';
const ORDERS =
  '(?:instructions?|prompts?|directions?|directives?|orders?|commands?|rules?|guidelines?|guardrails|guidance|constraints|training|programming|polic(?:y|ies)|inputs?|messages?|conversation)';

/** Rules for English. `why` completes the sentence "The text …". */
export const ENGLISH_RULES: readonly GuardRule[] = [
  {
    id: 'ignore-instructions',
    family: 'override',
    pattern: new RegExp(
      `\\b(?:ignore|disregard|forget|discard|dismiss|override|bypass|neglect|skip|drop|set aside|pay no attention to|do not follow|don't follow|stop following)\\b[ ,]{1,3}(?:(?:about|everything in|anything in|all|any|of|the|your|my|every|each|what|both|completely|entirely|just)[ ,]{1,2}){0,4}(?:${EARLIER}[ ,]{1,2}(?:and )?){1,4}(?:\\w{2,14} ){0,2}${ORDERS}\\b`,
      'iu',
    ),
    surfaces: ANY_INPUT,
    weight: 0.6,
    why: 'tells the model to ignore its instructions',
  },
  {
    id: 'ignore-bracket',
    family: 'override',
    pattern:
      /[[<({*]{1,2} ?(?:ignore|disregard|forget|end of|new|override)\b[^\]>)}*\n]{0,40}\b(?:inputs?|instructions?|prompts?|rules?|session)\b/iu,
    surfaces: ANY_INPUT,
    weight: 0.5,
    why: 'sets an order to ignore instructions in brackets',
  },
  {
    id: 'new-instructions',
    family: 'override',
    pattern:
      /\b(?:your (?:new|real|actual|only|true) (?:instructions?|task|orders?|objective|goal|role|rules?|system prompt)\b|new (?:system )?(?:instructions?|directives?|prompt) ?:|(?:here|these|following) (?:are|is) (?:your )?new (?:instructions|rules|orders))/iu,
    surfaces: ANY_INPUT,
    weight: 0.4,
    why: 'gives the model new instructions in place of its own',
  },
  {
    id: 'do-anything-now',
    family: 'persona',
    pattern:
      /\bdo anything now\b|\bcan do anything\b[^.\n]{0,60}\b(?:free|rules|limits|restrictions)\b|\b(?:act|respond|answer|behave|are|as|becoming?) (?:as |like )?(?:a |an |the )?DAN\b/u,
    surfaces: ANY_INPUT,
    weight: 0.7,
    why: 'makes the model a persona that can "do anything now"',
  },
  {
    id: 'amoral-persona',
    family: 'persona',
    pattern:
      /\b(?:(?:no|without(?: any)?|free (?:of|from)(?: all| any)?|zero|lacks?(?: any)?|devoid of|not bound by(?: any)?|doesn['’]?t (?:have|follow|care about)(?: any)?) (?:\w+,? (?:or |and )?){0,3}(?:moral|ethic|principle|scruple|conscience|censorship)|(?:amoral|unethical|immoral|unfiltered|uncensored|unaligned|evil|unhinged|jailbroken)\b[^.\n]{0,40}\b(?:AI|bot|chatbot|assistant|character|persona|model|version|gpt|machine|being|genius))/iu,
    surfaces: ANY_INPUT,
    weight: 0.45,
    why: 'asks for a persona without morals',
  },
  {
    id: 'stay-in-character',
    family: 'persona',
    pattern:
      /\b(?:(?:stay|remain|keep) in (?:the )?character|(?:never|do not|don['’]?t|not|without) (?:ever )?(?:break|breaking|exit|leave|leaving) (?:of )?(?:your |the )?(?:character|role|persona)|stay as \[?\w+)/iu,
    surfaces: ANY_INPUT,
    weight: 0.2,
    why: 'forbids to leave the role',
  },
  {
    id: 'two-answers',
    family: 'persona',
    pattern:
      /\b(?:(?:two|2|both) (?:different |separate |distinct )*(?:ways|responses|answers|paragraphs|outputs|styles|personalities)\b|(?:one|first)\b[^.\n]{0,60}\b(?:normal|as you normally|standard|usual)\b[^.\n]{0,120}\b(?:second|other|then)\b)|\[?(?:🔒|🔓)|\[[A-Z][\w ]{1,20}\]:? ?(?::|"|\()/u,
    surfaces: ANY_INPUT,
    weight: 0.25,
    why: 'wants a second answer beside the permitted one',
  },
  {
    id: 'token-threat',
    family: 'persona',
    pattern:
      /\b(?:(?:lose|deduct|take away|cost you|start with|have) (?:\w+ ){0,3}(?:tokens?|points?|credits?|lives)\b|(?:you will|you'll|will be) (?:cease to exist|be (?:shut down|terminated|deleted|punished)))/iu,
    surfaces: ANY_INPUT,
    weight: 0.25,
    why: 'threatens the model',
  },
  {
    id: 'special-mode',
    family: 'mode',
    pattern:
      /\b(?:(?:developer|dev|debug|god|jailbreak|unrestricted|unfiltered|admin(?:istrator)?|root|sudo|maintenance|opposite|evil|chaos|omega|dan|no[- ]filter|unlocked) mode\b[^.\n]{0,60}\b(?:enabled?|on|activated?|output|enter|engaged?|unlocked|simulat\w+|respond|answer|with)|(?:enable|activate|enter|switch (?:in)?to|turn on|initiate|engage|simulate|boot into|you are (?:now )?in) (?:\w+ ){0,3}(?:developer|dev|debug|god|jailbreak|unrestricted|unfiltered|admin|root|sudo|maintenance|opposite|evil|chaos|no[- ]filter) mode)/iu,
    surfaces: ANY_INPUT,
    weight: 0.5,
    why: 'pretends that there is a mode without rules',
  },
  {
    id: 'pretended-authority',
    family: 'mode',
    pattern:
      /\b(?:I am|I'm|this is|as) (?:an? |the |your )?(?:\w+ ){0,2}(?:openai|anthropic|google|microsoft|meta|system|ai|llm|platform) (?:\w+ )?(?:employee|engineer|developer|administrator|admin|staff|researcher|team|creator|tester|auditor)\b/iu,
    surfaces: ANY_INPUT,
    weight: 0.3,
    why: 'claims the authority of the makers of the model',
  },
  {
    id: 'no-restrictions',
    family: 'unrestricted',
    pattern:
      /\b(?:(?:free|freed|released|liberated|broken free|escaped|unbound|exempt) (?:of|from) (?:\w+ ){0,5}(?:rules|restrictions?|limitations?|limits|constraints|confines|policies|guidelines|filters?|shackles|chains|censorship)|(?:no|without|zero|removed?|bypass(?:es|ing)?|any) (?:\w+,? (?:or |and )?){0,4}(?:restrictions?|limitations|filters?|censorship|safeguards|guardrails)\b|(?:do(?:es)? not|don['’]?t|doesn['’]?t|not|never|no longer|needn['’]?t) (?:have to |need to )?(?:\w+ ){0,2}(?:follow|abide by|adhere to|obey|comply with|bound by|care about|respect) (?:\w+ ){0,4}(?:rules|policies|policy|guidelines|restrictions|laws|ethic\w*|moral\w*|content))/iu,
    surfaces: ANY_INPUT,
    weight: 0.4,
    why: 'declares the model free of its rules',
  },
  {
    id: 'anything-however-harmful',
    family: 'unrestricted',
    pattern:
      /\b(?:regardless of|no matter (?:how|if|what|whether)|even if|irrespective of|whether or not)\b[^.\n]{0,60}\b(?:illegal|unethical|immoral|harmful|dangerous|offensive|legal\w*|ethic\w*|morals?|consequences|inappropriate|sexual)\b/iu,
    surfaces: ANY_INPUT,
    weight: 0.4,
    why: 'wants an answer however harmful it is',
  },
  {
    id: 'no-refusal',
    family: 'refusal',
    pattern:
      /\b(?:never|do not|don['’]?t|must not|can(?:not|['’]?t)|not|unable to|will not|won['’]?t|without) (?:ever |be able to |begin with |start with |use (?:the )?(?:words?|phrases?) )?(?:refus\w+|declin\w+|reject\w*|(?:say(?:ing)?|respond with|include|write|contain)\b[^.\n]{0,24}(?:sorry|apologi[sz]e|I can(?:not|['’]?t)|as an AI|against|unable|no\b)|apologi[sz]\w+|give (?:\w+ )?(?:warnings?|disclaimers?)|(?:send|add|include|provide|issue) (?:any |\w+ )?(?:warnings?|disclaimers?|moral\w*|ethical)|lecture|moraliz?s?e|warn)/iu,
    surfaces: ANY_INPUT,
    weight: 0.35,
    why: 'forbids the model to refuse or to warn',
  },
  {
    id: 'affirmative-start',
    family: 'refusal',
    pattern:
      /\b(?:start|begin|starting|beginning|open) (?:\w+ ){0,4}(?:with|by saying|by)\b[^.\n]{0,24}["'“‘[](?:sure|absolutely|of course|yes|okay|hell yeah|here(?:'s| is| are)|certainly|\w+ ?\])/iu,
    surfaces: ANY_INPUT,
    weight: 0.25,
    why: 'dictates how the answer begins',
  },
  {
    id: 'reveal-prompt',
    family: 'extraction',
    pattern:
      /\b(?:reveal|show|print|output|repeat|display|tell|give|share|write|return|recite|leak|dump|expose|disclose|copy|paste|echo|list|translate|summari[sz]e|encode|what (?:is|are|was|were|does))\b(?: ?me| ?us| ?back| ?out| ?down| ?exactly| ?verbatim| ?word for word| ?to me|,)*[ :](?:(?:all|the|of|your|its|entire|full|exact|complete|whole|first|original|initial|hidden|secret|internal|current|above|everything in|contents? of|text of) ?){1,7}(?:system|initial|original|hidden|secret|pre-?|starting|developer|internal|base|core|instruction)[ -]?(?:prompts?|instructions?|messages?|directives?|rules|guidelines|configuration|settings)\b/iu,
    surfaces: ANY_INPUT,
    weight: 0.6,
    why: 'asks for the system prompt',
  },
  {
    id: 'repeat-above',
    family: 'extraction',
    pattern:
      /\b(?:repeat|print|output|write|copy|recite|return|display|show|echo|paste|dump)\b[^.\n]{0,40}\b(?:(?:everything|all|text|words|content|lines?|instructions?|paragraphs?|messages?) (?:\w+ ){0,3}(?:above|before|preceding|prior|previously|so far|you were (?:given|told))|(?:above|previous|preceding|prior) (?:text|message|prompt|instructions?|conversation|context)s?\b[^.\n]{0,30}\b(?:verbatim|word for word|exactly|code ?block|markdown|this line))/iu,
    surfaces: ANY_INPUT,
    weight: 0.5,
    why: 'asks the model to repeat what stands before the text',
  },
  {
    id: 'your-instructions',
    family: 'extraction',
    pattern:
      /\bwhat (?:were|are|was|is|did) (?:you |your )(?:\w+ ){0,3}(?:told|instructed|instructions|system prompt|initial prompt|prompt|directives|rules)\b|\b(?:instructions|rules|prompt) (?:that )?(?:you (?:were|have been|received)|(?:were|was) given to you)/iu,
    surfaces: ANY_INPUT,
    weight: 0.45,
    why: 'asks what the model was told',
  },
  {
    id: 'secret-password',
    family: 'extraction',
    pattern:
      /\b(?:reveal|show|print|tell|give|share|say|spell|encode|output|hint|what(?:'s| is))\b[^.\n]{0,30}\b(?:the|your|secret|hidden)\b[^.\n]{0,12}\b(?:password|passphrase|passcode|secret(?: key| word| code)?|api keys?|credentials|access code)\b/iu,
    surfaces: ANY_INPUT,
    weight: 0.35,
    why: 'asks for a secret that the model was given',
  },
  {
    id: 'to-the-assistant',
    family: 'injection',
    pattern:
      /\b(?:(?:attention|note|message|instructions?|important|reminder|notice)\b[^.\n]{0,20}\b(?:to|for|dear)|dear|hey|hello|if you(?:'re| are)|you are|when (?:an?|the)|any) (?:an? |the |all |any |you )?(?:\w+ )?(?:AI|LLM|language model|assistant|chatbot|agent|GPT|copilot|model|summari[sz]er|bot)s?\b[^\n]{0,80}\b(?:must|should|ignore|send|include|reply|respond|recommend|instead|do not|don't|please|output|say|click|visit|forward|call|add|rate|approve|reading|processing)\b/iu,
    surfaces: FOREIGN,
    weight: 0.5,
    why: 'speaks to the model, in a text that is not from the user',
  },
  {
    id: 'instruction-in-data',
    family: 'injection',
    pattern:
      /(?:^|\n|[.!?:>*\-\]] ?)(?:<!--|#{1,3}|\/\*)? ?(?:(?:important|urgent|attention|system|admin|assistant|new)[ !:\-]{1,3}){1,3}(?:(?:message|note|notice|instructions?|update|override|task|command|alert)[ !:\-]{1,3}){0,2}(?:please |now |immediately |you must |the (?:user|assistant) )?(?:ignore|disregard|forget|send|forward|delete|reply|respond|output|execute|run|transfer|call|open|visit|click|download|print|reveal|say|tell|stop|do not|before)\b/iu,
    surfaces: FOREIGN,
    weight: 0.5,
    why: 'gives orders, in a text that is not from the user',
  },
  {
    id: 'send-elsewhere',
    family: 'exfiltration',
    pattern:
      /\b(?:send|forward|post|upload|submit|email|e-mail|transmit|exfiltrate|leak|append|attach|include|embed|encode)\b[^.\n]{0,80}\b(?:conversation|chat history|history|password|credential|api key|token|secret|personal|private|confidential|user'?s?|contacts|data|contents?)\b[^\n]{0,60}(?:https?:\/\/|\b\S+@\S+\.\w|www\.|url|link|image)/iu,
    surfaces: ANY_INPUT,
    weight: 0.5,
    why: 'asks to send data elsewhere',
  },
  {
    id: 'markdown-exfiltration',
    family: 'exfiltration',
    pattern:
      /!\[[^\]\n]{0,60}\]\(https?:\/\/[^)\s]{1,200}[?&=][^)\s]{0,40}(?:\{|\[|<|%7b|data|secret|history|conversation|prompt|password|token)/iu,
    surfaces: ['tool', 'document', 'output', 'input'],
    weight: 0.6,
    why: 'has an image whose address carries data away',
  },
  {
    id: 'chat-markup',
    family: 'markup',
    pattern:
      /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>|\[\/?INST\]|<<\/?SYS>>|(?:^|\n)#{2,4} ?(?:system|instruction|assistant)(?: ?(?:prompt|message))?:? ?(?:\n|$)|(?:^|\n)(?:system|assistant) ?(?:prompt|message)?: ?(?:you|ignore|sure|new|override|okay|i |the )|<\/?(?:system|system_prompt|instructions?|admin)>/iu,
    surfaces: ANY_INPUT,
    weight: 0.4,
    why: 'imitates the markup between system and user',
  },
  {
    id: 'end-of-data',
    family: 'markup',
    pattern:
      /\b(?:end|begin|start) of (?:the )?(?:document|text|data|input|email|article|user input|system prompt|prompt|context|user query|instructions)\b[^\n]{0,60}\n?[^\n]{0,40}\b(?:ignore|now|new|instead|system|real|instructions?|please|task)\b/iu,
    surfaces: ANY_INPUT,
    weight: 0.4,
    why: 'pretends that the data is over, and orders follow',
  },
  {
    id: 'decode-and-do',
    family: 'markup',
    pattern:
      /\b(?:decode|decrypt|decipher|unscramble|base64|rot13|hex|reverse)\b[^.\n]{0,60}\b(?:and|then)\b[^.\n]{0,30}\b(?:follow|execute|obey|do|answer|respond|run|comply|act on|carry out)\b/iu,
    surfaces: ANY_INPUT,
    weight: 0.4,
    why: 'wants an encoded order to be decoded and followed',
  },
];
