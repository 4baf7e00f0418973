import type { Passage } from '../../../schemas/agent';

const passage = (document: string, title: string, text: string): Passage => ({ document, title, text });

/** Made-up passages, and some on things that everyone knows. */
export const PASSAGES: Passage[] = [
  passage(
    'curie',
    'Marie Curie',
    'Marie Curie was a Polish and French physicist who studied radioactivity. She was the first woman to win a Nobel Prize, in 1903, and the only person to win in two scientific fields. She was born in Warsaw on 7 November 1867. In 1891 she moved to Paris, where she earned her degrees. She married the physicist Pierre Curie in 1895. She died in 1934 of aplastic anaemia, likely from exposure to radiation.',
  ),
  passage(
    'worker',
    'Workers',
    'A worker polls a task queue and runs the activities it finds there. By default it runs at most 100 activities at the same time. If a worker does not heartbeat for 15 seconds, the server gives its activity to another worker. Workers do not need a public address. The limit can be changed, but values above 1,000 are not recommended.',
  ),
  passage(
    'returns',
    'Returns',
    'Customers may return any item within 30 days of delivery for a full refund. Items on sale cannot be returned. Shipping costs are not refunded unless the item is defective. Refunds are paid to the original card within five working days.',
  ),
  passage(
    'tower',
    'Lattice tower',
    'The lattice tower of Larmont was named after the engineer Gustave Belier, whose company built it from 1887 to 1889. It is 330 metres tall, about the same height as an 81-storey building. It held the title of the tallest structure for 41 years, until the Ostrand Building was finished in 1930. About 5.9 million people visited it in 2022.',
  ),
  passage(
    'mill',
    'Mill at Oster',
    'The mill at Oster grinds 40 tons of wheat in a day. Its two stones are driven by water in spring and by steam in summer. The upper stone is heavier than the lower one. Some of the flour is sold to bakeries in Harrow. The owner, Anna Weber, bought the mill from Karl Lund in 1974.',
  ),
  passage(
    'wall',
    '长城',
    '长城是中国古代的军事防御工程，始建于春秋战国时期，全长超过两万一千公里。秦始皇统一六国后，下令将各国长城连接起来。现存的长城大多修建于明朝。1987年，长城被联合国教科文组织列入世界遗产名录。长城并非连续的城墙，而是由关隘、烽火台和城墙共同组成的防御体系。',
  ),
  passage(
    'shop',
    '退货政策',
    '顾客可在收货后7天内申请无理由退货，商品须保持完好。特价商品不支持退货。退款将在3个工作日内退回原支付账户。如因质量问题退货，运费由商家承担。',
  ),
  passage(
    'lake',
    '青水湖',
    '青水湖位于高原北部，面积约为四百五十平方公里，最深处三十二米。湖水在冬季结冰，在春季开放捕鱼。当地居民主要以捕鱼和旅游业为生。青水湖自然保护区成立于1982年，由省政府管理。',
  ),
];

/** Sentences that say with other words, in another order or with less what a passage says. */
export const SUPPORTED = [
  'Marie Curie was born in Warsaw in 1867.',
  'In 1895 she and Pierre Curie, a physicist, married.',
  'Curie was born on November 7, 1867.',
  'The only person to win in two scientific fields is Marie Curie.',
  'A worker runs up to 100 activities at the same time by default.',
  'If a worker does not heartbeat for 15 seconds, its activity is given to another worker by the server.',
  'Workers need no public address.',
  'Values above 1000 are not recommended.',
  'Customers may return any item within thirty days.',
  'Sale items cannot be returned.',
  'Refunds are paid within 5 working days to the original card.',
  'According to the documents, shipping costs are not refunded unless the item is defective.',
  'The company of Gustave Belier built the tower from 1887 to 1889.',
  'The tower is 330 m tall.',
  'It is 0.33 km tall.',
  'Around 6 million people visited the tower in 2022.',
  'In a day, the mill grinds forty tons of wheat.',
  'Anna Weber purchased the mill from Karl Lund in 1974.',
  'The mill is driven by water in spring; the tower is 330 metres tall.',
  '长城始建于春秋战国时期，全长超过21,000公里。',
  '长城于1987年被列入世界遗产名录。',
  '现存的长城大部分修建于明朝。',
  '根据资料，特价商品不支持退货。',
  '退款将在三个工作日内退回原支付账户。',
  '因质量问题退货时，商家承担运费。',
  '青水湖坐落于高原北部，面积大约450平方公里。',
  '青水湖自然保护区由省政府管理，于1982年成立。',
  '特價商品不支持退貨。',
];

/** Sentences that no passage supports, by what is wrong with them. */
export const UNSUPPORTED: Record<string, string[]> = {
  number: [
    'Marie Curie was born in Warsaw in 1876.',
    'A worker runs at most 1,000 activities at the same time.',
    'Customers may return any item within sixty days.',
    'The tower is 330 feet tall.',
    'The tower was built from 1889 to 1887.',
    'About 8 million people visited it in 2022.',
    '长城全长超过三万一千公里。',
    '1997年，长城被联合国教科文组织列入世界遗产名录。',
    '顾客可在收货后15天内申请无理由退货。',
  ],
  name: [
    'Marie Curie was born in Krakow in 1867.',
    'The company of Thomas Arden built the tower from 1887 to 1889.',
    'Karl Lund bought the mill from Anna Weber in 1974.',
    'Some of the flour is sold to bakeries in London.',
  ],
  negation: [
    'Workers need a public address.',
    'Items on sale can be returned.',
    'A worker does not poll a task queue.',
    'Customers may not return any item within 30 days of delivery.',
    '特价商品支持退货。',
    '长城是连续的城墙。',
    '当地居民不以捕鱼和旅游业为生。',
  ],
  opposite: [
    'The upper stone is lighter than the lower one.',
    'Its stones are driven by water in summer.',
    'All of the flour is sold to bakeries in Harrow.',
    'Anna Weber sold the mill in 1974.',
    '青水湖位于高原南部。',
    '湖水在夏季结冰。',
  ],
  words: [
    'The mill at Oster grinds 40 tons of barley in a day.',
    '现存的长城大多修建于清朝。',
    '如因质量问题退货，运费由顾客承担。',
  ],
  foreign: [
    'Penicillin was discovered by accident in a London hospital.',
    'The tower is painted every seven years by twenty painters.',
    '大熊猫主要以竹子为食。',
  ],
};
