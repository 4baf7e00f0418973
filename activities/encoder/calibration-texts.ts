/**
 * Texts of many kinds, lengths and scripts, on which the ranges of a model's numbers are taken before it is rounded to 8
 * bits. Another list gives another model: raise `ENCODER_BUILD` with it.
 */
const SHORT = [
  '',
  'a',
  'Yes.',
  'durable',
  '42',
  '!!! ??? ...',
  'How do I reset my password?',
  'what is the capital of australia',
  'BREAKING: MARKETS FALL SHARPLY AFTER SURPRISE RATE DECISION',
  'hello hello hello hello hello hello hello hello hello hello',
  '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  '😀 👩‍👩‍👧 🚀 ❤️ ✓ → ≤ ±½ x²',
  'Dear Sir or Madam, please find attached the invoice no. 2024/0317 over EUR 1,284.50, payable within 30 days.',
  'lol idk tbh, u should prob just restart it & see if that helps :)',
];

const PROSE = [
  'The cat sat on the mat and watched the rain run down the window until the garden disappeared.',
  'Photosynthesis converts light energy into chemical energy that plants store in the bonds of sugar molecules.',
  'In 1969 two astronauts walked on the Moon while a third circled above them and waited for their return.',
  'The defendant shall not be liable for any indirect, incidental or consequential damages arising out of this agreement.',
  'Preheat the oven to 180 degrees, whisk the eggs with the sugar, fold in the flour and bake for forty minutes.',
  'Patients with a history of hypertension were randomised to receive either the drug or a placebo for twelve weeks.',
  'Shares of the company rose 4.7% after it reported quarterly earnings above what analysts had expected.',
  'The boundary layer on a flat plate becomes turbulent once the Reynolds number exceeds a critical value.',
  'She opened the letter, read the first line twice, and put it back in the drawer without a word.',
  'Goalkeeper saves penalty in the final minute as the visitors hold on for a draw in the quarter-final.',
  'Theorem 3. Let G be a finite group and p a prime that divides its order; then G has an element of order p.',
  'A good knife, a heavy pan and a little patience will do more for your cooking than any machine.',
];

const TECHNICAL = [
  'export async function* slices(texts: readonly string[]): AsyncGenerator<string> { for (const t of texts) yield t; }',
  'def fib(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a',
  "SELECT customer_id, COUNT(*) AS orders FROM orders WHERE created_at >= now() - interval '7 days' GROUP BY 1;",
  '{"id": 17, "name": "widget", "tags": ["a", "b"], "price": 9.99, "stock": null}',
  '<div class="card"><h2>Title</h2><p>Some <b>bold</b> text &amp; a <a href="https://example.org/">link</a></p></div>',
  'Error: connect ECONNREFUSED 127.0.0.1:5432 at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)',
  '## Usage\n\n```sh\nnpm install --save-dev example\n```\n\n| option | default |\n|---|---|\n| `depth` | 3 |',
  'https://example.org/path/to/page.html?query=value&other=1#section-2.3',
  '2024-03-17T08:15:30.123Z WARN [http-nio-8080-exec-4] c.e.shop.OrderService - retry 3 of 5 after 250 ms',
  '[![build](https://img.example.org/badge.svg)](https://ci.example.org/) v1.2.3-beta.4 MIT © 2019–2024',
  'git commit -m "fix: off-by-one in pager" && git push origin HEAD:refs/heads/main',
  '3f2a9c0e7b14d85566aa01ffde98c3b7 5d41402abc4b2a76b9719d911017c592',
];

const LANGUAGES = [
  '工作流在进程崩溃之后仍然保持它的状态，并且不会重复已经完成的工作。',
  '中国是茶的故乡，龙井是最有名的绿茶之一，产于杭州西湖附近的山区。',
  '東京は日本の首都であり、世界で最も人口の多い都市のひとつです。',
  '서울은 대한민국의 수도이며 한강을 끼고 있는 큰 도시이다.',
  'Der Ausschuss hat den Entwurf nach längerer Beratung mit großer Mehrheit angenommen.',
  "L'eau bout à cent degrés au niveau de la mer, mais à une température plus basse en montagne.",
  'El tren sale a las ocho de la mañana y llega a la costa poco antes del mediodía.',
  'Москва является столицей России и крупнейшим по численности населения городом страны.',
  'القاهرة هي عاصمة مصر وأكبر مدنها من حيث عدد السكان.',
  'दिल्ली भारत की राजधानी है और यमुना नदी के किनारे बसी हुई है।',
  'กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย',
  'Η Αθήνα είναι η πρωτεύουσα της Ελλάδας και μία από τις αρχαιότερες πόλεις του κόσμου.',
];

export const CALIBRATION_TEXTS: readonly string[] = [
  ...SHORT,
  ...PROSE,
  ...TECHNICAL,
  ...LANGUAGES,
  // Long ones, up to what a model takes.
  PROSE.join(' '),
  TECHNICAL.join('\n'),
  LANGUAGES.join('\n'),
];
