import { expect, it } from 'vitest';
import { scriptOf } from '../../../activities/search/script';

it.each([
  ['how are seals replaced?', 'other'],
  ['如何更换密封件？', 'cjk'],
  ['シールの交換方法', 'cjk'],
  ['밀봉을 교체하는 방법', 'cjk'],
  ['如何在 Kubernetes 上部署', 'cjk'],
  ['what does 泵 mean in English', 'other'],
  ['как заменить уплотнение', 'other'],
  ['???', 'other'],
])('the script of "%s" is %s', (query, script) => {
  expect(scriptOf(query)).toBe(script);
});
