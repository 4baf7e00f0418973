/** What models write before an action. */
export const BEFORE = [
  'Sure! Here is the call:\n',
  'I need to look this up.\n\n',
  '好的，我来查询一下：\n',
  'Thought: the user wants data [see above].\n',
  'Action:\n',
  'Assistant: ',
  'Okay, (step 1) ',
];

/** What they write after one. */
export const AFTER = [
  '\nLet me know if you need anything else.',
  '\n\nThis will give us the data.',
  '\n请稍等。',
  '\nI hope this helps!',
  ' <-- call',
  '\nDone :)',
];

/** What is left behind one by mistake: brackets too many, marks of a template. */
export const JUNK = [
  '}',
  '}}',
  ']',
  '}]',
  '<|im_end|>',
  '</s>',
  '<|endoftext|>\n',
  '\n```',
  ';',
  ',',
  '.',
  '\n\nUser: and then?\nAssistant: ',
  ' 。',
  '\n<|eot_id|>',
  '}\n}\n',
  '\n---\n',
];
