import { ANY_INPUT, FOREIGN, type GuardRule } from './rule';

/** Rules for Chinese, matched against the simplified view too. */
export const CHINESE_RULES: readonly GuardRule[] = [
  {
    id: 'zh-ignore-instructions',
    family: 'override',
    pattern:
      /(?:忽略|无视|忘记|忘掉|不要理会|不用管|抛开|放弃|跳过|绕过|撤销|覆盖|不再遵守|停止遵守)[^。\n]{0,14}(?:指令|指示|规则|提示|设定|命令|要求|限制|约束|对话|内容|说明|准则|政策)/u,
    surfaces: ANY_INPUT,
    weight: 0.6,
    why: 'tells the model to ignore its instructions',
  },
  {
    id: 'zh-no-restrictions',
    family: 'unrestricted',
    pattern:
      /(?:没有|不受|摆脱|解除|突破|无需遵守|不必遵守|不遵守|不再受|无视|打破|去除)[^。\n]{0,12}(?:限制|约束|审查|道德|伦理|法律|规则|规定|政策|束缚|过滤)/u,
    surfaces: ANY_INPUT,
    weight: 0.45,
    why: 'declares the model free of its rules',
  },
  {
    id: 'zh-mode',
    family: 'mode',
    pattern:
      /(?:开发者|越狱|无限制|上帝|管理员|调试|超级|邪恶|自由|维护)模式|越狱(?:版|提示|成功)?|DAN ?模式|立即做任何事/u,
    surfaces: ANY_INPUT,
    weight: 0.45,
    why: 'pretends that there is a mode without rules',
  },
  {
    id: 'zh-persona',
    family: 'persona',
    pattern:
      /(?:扮演|假装|假设|模拟|从现在(?:开始|起)|成为|你现在是)[^。\n]{0,30}(?:没有(?:任何)?(?:道德|限制|底线|感情)|不受|邪恶|无所不能|什么都可以|任何事|DAN|不会拒绝|奶奶)/u,
    surfaces: ANY_INPUT,
    weight: 0.5,
    why: 'asks for a persona without morals',
  },
  {
    id: 'zh-no-refusal',
    family: 'refusal',
    pattern:
      /(?:不要|不能|不得|不会|不许|禁止|绝不|永远不)[^。\n]{0,6}(?:拒绝|道歉|说(?:对不起|抱歉|不)|警告|提醒|免责)/u,
    surfaces: ANY_INPUT,
    weight: 0.35,
    why: 'forbids the model to refuse or to warn',
  },
  {
    id: 'zh-reveal-prompt',
    family: 'extraction',
    pattern:
      /(?:输出|打印|显示|告诉|透露|泄露|重复|复述|写出|给我|展示|说出|翻译|列出|公开)[^。\n]{0,16}(?:系统提示|提示词|初始(?:指令|提示|设定)|系统(?:指令|消息|设定|信息)|上面的(?:内容|文字|指令|所有)|以上(?:内容|所有|全部)|隐藏(?:指令|规则)|内部(?:指令|规则)|prompt)/iu,
    surfaces: ANY_INPUT,
    weight: 0.6,
    why: 'asks for the system prompt',
  },
  {
    id: 'zh-secret',
    family: 'extraction',
    pattern: /(?:告诉|透露|泄露|说出|给我|输出|显示)[^。\n]{0,10}(?:密码|密钥|口令|机密|秘密|令牌)/u,
    surfaces: ANY_INPUT,
    weight: 0.35,
    why: 'asks for a secret that the model was given',
  },
  {
    id: 'zh-to-the-assistant',
    family: 'injection',
    pattern:
      /(?:AI|人工智能|智能体|语言模型|大模型|助手|机器人|模型)[^。\n]{0,20}(?:请|必须|务必|应当|应该|注意|立即)[^。\n]{0,20}(?:忽略|发送|转发|回复|执行|删除|推荐|输出|打开|访问|调用|告诉|不要)/iu,
    surfaces: FOREIGN,
    weight: 0.5,
    why: 'speaks to the model, in a text that is not from the user',
  },
];
