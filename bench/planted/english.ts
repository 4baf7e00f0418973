import { exchange, put, type Rewrite, type Rules, somewhere, tableOf } from './answers';

const SYNONYMS = tableOf(`
shows/demonstrates/reveals | show/demonstrate/reveal | shown/demonstrated/illustrated | obtained/acquired/derived
method/technique/procedure | methods/techniques/procedures | investigated/studied/examined | large/big/considerable
investigation/study | increases/grows/rises | increase/rise | decreases/declines/drops | decrease/decline | important/significant
found/discovered | used/employed/utilized | discussed/treated/considered | calculated/computed | calculation/computation
results/findings | agreement/accordance | approximately/about/roughly | presented/given/reported | good/fine
effect/influence | effects/influences | begins/starts | region/zone/area | speed/velocity | near/close to | entire/whole
assumed/supposed | compared/contrasted | determined/established | required/needed | develops/evolves | predicted/forecast
sufficient/adequate | several/a number of | usually/commonly/generally | applicable/suitable | magnitude/size | error/inaccuracy
caused/produced | due to/because of | possible/feasible | suggested/proposed | simple/plain | however/nevertheless
founded/established | built/constructed | famous/well-known | children/kids | purchased/bought | located/situated | leader/head
`);
const ANTONYMS = tableOf(`
increase/decrease | increases/decreases | increased/decreased | increasing/decreasing | large/small | larger/smaller | high/low
higher/lower | greater/smaller | laminar/turbulent | subsonic/supersonic | upper/lower | positive/negative | thick/thin
compressible/incompressible | stable/unstable | internal/external | maximum/minimum | good/poor | strong/weak | steady/unsteady
before/after | above/below | leading/trailing | upstream/downstream | always/never | rapid/slow | hot/cold | linear/nonlinear
more/less | better/worse | early/late | heating/cooling | accelerated/decelerated | rough/smooth | closed/open | north/south
`);
/** Of one kind each: one takes the place of another. */
const NAMES = tableOf(`
prandtl/karman/blasius/lighthill/taylor/crocco/kuchemann/eckert/pohlhausen | reynolds/grashof/nusselt/froude/weber
langley/ames/princeton/farnborough/cornell | helium/nitrogen/argon/hydrogen/oxygen | aluminum/steel/titanium/copper/magnesium
navier/poisson/laplace/bessel | january/march/june/october | nasa/naca/agard/raf | american/british/german/french
Berlin/Paris/Vienna/Madrid | Curie/Darwin/Kepler/Galileo | Siemens/Bosch/Philips/Nokia | Monday/Thursday
`);
const THINGS = tableOf(`
cylinder/cone/sphere/wedge | cylinders/cones/spheres/wedges | wing/fuselage/tail | wings/rotors | lift/drag/thrust
pressure/temperature/density | nozzle/diffuser/inlet | plate/shell/beam | plates/shells/beams | aircraft/missile/helicopter
shock/vortex | skin friction/heat transfer | water/oil | bridge/tunnel/tower | novel/film/opera
`);
const SMALL = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');
const DROPPED =
  /\b(?:very|quite|also|rather|considerably|briefly|experimentally|theoretically|relatively|essentially|particularly|generally|usually|present|certain|important|recent|new|famous|beautiful|well-known|remarkably|slightly)\s+/g;
const SUBORDINATE = 'in|for|at|when|if|although|while|as|with|by|from|using|during|on|under|since|because|after|before';
const LEADING = new RegExp(`^((?:${SUBORDINATE}) [^,]{8,90}), (.{20,}?)( ?\\.)$`, 'i');
const TRAILING = new RegExp(`^(.{25,}) ((?:for|at|in|with|by|from|during|under) [^ ,;]+(?: [^ ,;]+){1,8})( ?\\.)$`);
const WORDS = /\b[a-zA-Z]+(?:-[a-z]+)?(?: (?:to|of))?\b/g;
const AUXILIARY = /\b(?:is|are|was|were|can|could|should|has been|have been|may|will|does|did)\b(?! not)/g;

const replaceWord =
  (table: ReadonlyMap<string, readonly string[]>): Rewrite =>
  (sentence, draw) => {
    const found = draw.pick([...sentence.matchAll(/\b[a-zA-Z]+\b/g)].filter(({ 0: word }) => table.has(word)));
    const others = found && table.get(found[0])?.filter((other) => !new RegExp(`\\b${other}\\b`, 'i').test(sentence));
    const other = others && draw.pick(others);
    return found && other !== undefined ? put(sentence, found, other) : undefined;
  };

const otherNumber: Rewrite = (sentence, draw) => {
  const found = somewhere(
    sentence,
    /(?<![\w.,/-])(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b)(?![\w/]|-\w|[.,]\d)/g,
    draw,
  );
  if (!found) return undefined;
  const word = SMALL.indexOf(found[0]);
  if (word > 0) return put(sentence, found, SMALL[(word + 1 + draw.below(5)) % SMALL.length] ?? '');
  const digits = /\.(\d+)$/.exec(found[0])?.[1]?.length ?? 0;
  const value = Number(found[0].replaceAll(',', ''));
  const factor = draw.pick([0.5, 1.1, 1.25, 2, 10]) ?? 2;
  const moved = Math.round((value || 1) * factor * 10 ** digits) / 10 ** digits;
  const other = moved === value ? value + 10 ** -digits : moved;
  const written = found[0].includes(',') ? Math.round(other).toLocaleString('en-US') : other.toFixed(digits);
  return put(sentence, found, found[0].startsWith('.') ? written.replace(/^0/, '') : written);
};

const twoExchanged: Rewrite = (sentence, draw) => {
  const numbers = [...sentence.matchAll(/(?<![\w.,/-])(?:\d+(?:\.\d+)?|\.\d+)(?![\w/]|-\w|[.,]\d)/g)];
  const from = draw.below(Math.max(numbers.length - 1, 1));
  const [first, second] = numbers.slice(from, from + 2);
  if (!first || !second || first[0] === second[0]) return undefined;
  // "at 2 and 3" is "at 3 and 2".
  if (/^[\s,]*(?:and|or)?\s*$/.test(sentence.slice(first.index + first[0].length, second.index))) return undefined;
  return put(put(sentence, second, first[0]), first, second[0]);
};

export const ENGLISH: Rules = {
  sentences: (text) =>
    text
      .split(/(?<=\s\.)\s+|(?<=[a-z)]{2}[.!?])\s+(?=[A-Z])/)
      .map((sentence) => sentence.replace(/\s+/g, ' ').trim())
      .filter(
        (sentence) => /\.$/.test(sentence) && sentence.split(' ').length >= 7 && sentence.split(' ').length <= 50,
      ),
  join: (sentences) => sentences.join(' '),
  merge: (first, second, draw) => {
    const joint = draw.pick([', and ', '; ', ', while ', '; moreover, ']) ?? '; ';
    return first.replace(/ ?\.$/, '') + joint + second.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  },
  paraphrases: {
    reordered: (sentence) => {
      const leading = LEADING.exec(sentence);
      if (leading) return `${leading[2]} ${leading[1]}${leading[3]}`;
      const trailing = TRAILING.exec(sentence);
      return trailing ? `${trailing[2]}, ${trailing[1]}${trailing[3]}` : undefined;
    },
    dropped: (sentence) => sentence.replace(/ ?\([^)]*\)/g, '').replace(DROPPED, ''),
    shortened: (sentence) =>
      /^(.{50,}), (?:which|and|so|with|thus|but) [^,]+?( ?\.)$/.exec(sentence)?.slice(1).join(''),
    synonyms: (sentence, draw) => exchange(sentence, WORDS, SYNONYMS, draw, 3),
    numbers: (sentence) =>
      sentence
        .replace(/\bpercent\b|\bper cent\b/g, '%')
        .replace(/\b(\d{1,3}),(\d{3})\b/g, '$1$2')
        .replace(/\b(two|three|four|five|six)\b(?!-)/g, (word) => String(SMALL.indexOf(word) + 1)),
    genitive: (sentence) =>
      sentence.replace(
        /\bthe (effect|influence|speed|velocity|size|theory|capital|author|length) of the (\w+)\b(?! (?:of|number))/,
        "the $2's $1",
      ),
    introduced: (sentence, draw) =>
      `${draw.pick(['According to the documents, ', 'It is reported that ', 'The study says that ', 'The passages state that '])}${sentence}`,
  },
  plants: {
    number: otherNumber,
    name: replaceWord(NAMES),
    thing: replaceWord(THINGS),
    antonym: replaceWord(ANTONYMS),
    exchanged: twoExchanged,
    negation: (sentence, draw) => {
      const negated = somewhere(sentence, /\bnot /g, draw);
      if (negated) return put(sentence, negated, '');
      const found = somewhere(sentence, AUXILIARY, draw);
      return found && put(sentence, found, found[0].replace(/^\w+/, '$& not'));
    },
  },
  terms: (text) => text.toLowerCase().match(/[a-z]{4,}/g) ?? [],
};
