import { readGroups } from './groups';

/** Characters that say little by themselves: grammar, and verbs of being. */
export const FUNCTION_CHARACTERS: ReadonlySet<string> = new Set(
  '的了着过地得之其此该这那它他她们您你我是在和与及或也就都而且并则被把将由于对从向以等为所乃即又还再便却仍已曾会可能要应须需来去到自至因故但若如虽然时间者每各另某有做作使让给令个些吗呢吧啊呀嘛矣焉哉按照据跟同随着经通过关于至于均皆亦更最很太较比'.split(
    '',
  ),
);

/** Characters that deny. */
export const NEGATION_CHARACTERS: ReadonlySet<string> = new Set('不没未無无非勿'.split(''));

/** Words in which such a character denies nothing, or the whole is a word of its own. */
export const NOT_NEGATIONS =
  /不过|不仅|不但|不单|不只|不论|不管|不同|不少|不久|不断|不禁|不得不|不丹|不锈|不等|不错|不良|不动产|不及|不如|不满|无线|无论|无锡|无人机|无疑|无数|无不|[乙丁己辛癸]未|未来|未知|未必|未婚|非常|非洲|非凡|非法|没收|是否|不列颠|无限|无穷|无名|不朽|不幸|不安/g;

/** Words of one side mean about the same; sides exclude each other. */
export const GROUPS_TEXT = `
增加 增长 上升 提高 提升 升高 增多 上涨 扩大 加大 | 减少 下降 降低 减低 下跌 缩小 减小
最大 | 最小
最高 | 最低
最多 | 最少
最早 | 最晚 最迟
最长 | 最短
最新 | 最旧 最老
第一 首 | 最后 末
较大 更大 | 较小 更小
较高 更高 | 较低 更低
较多 更多 | 较少 更少
大型 | 小型 | 中型
大量 许多 很多 不少 众多 多个 | 少量 少数 少许
多数 大部分 大多数 大多 | 少数 小部分 极少数
所有 全部 一切 全体 | 部分 一些 有些 若干 某些
总是 一直 始终 永远 | 有时 偶尔 间或
经常 常常 时常 往往 通常 | 很少 极少 偶尔
必须 必定 一定 必然 | 可能 或许 也许 大概
开始 起初 最初 起先 展开 | 结束 终止 停止 完结 告终
成功 | 失败
胜利 获胜 战胜 取胜 | 失利 战败 落败 失败
支持 赞成 拥护 | 反对 抵制
允许 准许 许可 | 禁止 不准
接受 | 拒绝
承认 | 否认
进口 输入 | 出口 输出
收入 | 支出
购买 买入 收购 | 出售 卖出 销售
公开 | 秘密 保密
公共 公立 公营 | 私人 私立 私营
国内 境内 本国 | 国外 境外 海外 外国
男性 男子 | 女性 女子
男 | 女
中 内 里 | 外
上 | 下
前 | 后
总 全
大 | 小
多 | 少
高 | 低
长 | 短
新 | 旧
早 | 晚
东 | 西 | 南 | 北
左 | 右
胜 | 败 负
父亲 爸爸 | 母亲 妈妈
丈夫 | 妻子
儿子 长子 次子 | 女儿 长女 次女
哥哥 兄长 | 弟弟 | 姐姐 | 妹妹
祖父 | 祖母
国王 | 王后 女王
北部 北方 北面 北侧 北边 以北 | 南部 南方 南面 南侧 南边 以南 | 东部 东方 东面 东侧 东边 以东 | 西部 西方 西面 西侧 西边 以西 | 中部 中央
东北 | 西北 | 东南 | 西南
左侧 左边 | 右侧 右边
上方 上面 上部 | 下方 下面 下部
内部 里面 以内 | 外部 外面 以外
前面 前方 前部 | 后面 后方 后部
以上 超过 多于 高于 逾 | 以下 低于 少于 不足
以前 之前 此前 | 以后 之后 后来 此后 其后 后
早期 初期 前期 | 晚期 后期 末期 | 中期
上午 早上 早晨 | 下午 | 晚上 夜间 夜晚
白天 | 夜晚
春季 | 夏季 | 秋季 | 冬季
春天 | 夏天 | 秋天 | 冬天
快速 迅速 急速 | 缓慢 慢速
简单 容易 | 复杂 困难
重要 主要 首要 | 次要
相同 一样 同样 | 不同 相异
安全 | 危险
增强 加强 | 减弱 削弱
扩张 扩展 | 收缩
加入 参加 参与 | 退出 离开
出生 生于 出生于 诞生 | 去世 逝世 过世 死亡 病逝 死于 辞世 卒
建立 创建 成立 创立 创办 设立 | 解散 撤销 废除
建造 修建 兴建 建设 建成 | 拆除 摧毁 拆毁
开放 开通 启用 开业 | 关闭 停用 封闭
合法 | 非法 违法
优点 优势 长处 | 缺点 劣势 短处
正面 积极 | 负面 消极
真实 | 虚假 虚构
古代 古老 | 现代 近代 当代
城市 | 农村 乡村
升级 | 降级
上任 就任 就职 | 卸任 离职 辞职
进攻 攻击 | 防守 防御
盈利 | 亏损
批准 通过 | 否决 驳回
位于 坐落于 地处 坐落 处于 位处
使用 采用 运用 利用 应用
因此 所以 因而 于是 故此
但是 然而 不过 可是 但
由于 因为
著名 知名 有名 闻名 出名
认为 觉得 以为
目前 现在 如今 现时 当前 现今
拥有 具有 具备
获得 取得 赢得 得到 荣获
制作 制造 生产 出品
发布 公布 发表 推出
担任 出任 任
包括 包含 包括有 涵盖
称为 叫做 称作 叫作 名为 称之为 称呼
以及 和 及 与 并
属于 归于 隶属 隶属于
提供 供应
导致 造成 引起 引发
其中 当中
改编自 取材自
大约 约 大概 左右 约为 近 将近
最终 最后 终于
生活 居住
表示 声称 宣称 指出 称
分布于 分布在
随后 接着 之后 然后
开发 研发 研制
计划 规划 打算
负责 主管
发生 出现
帮助 协助
学校 院校
家庭 家族
原因 缘故
方法 方式 办法
特点 特征 特色
作品 著作
创作 撰写 编写 写作
上映 公映
播出 播放 播映
发现 察觉
喜欢 喜爱
需要 须要
组成 构成
影响 作用
面积 占地
人口 居民
举行 举办
培养 培育
保护 维护
研究 探究
方面 层面
任务 使命
比赛 赛事
队伍 球队
员工 职员 雇员
顾客 客户
价格 价钱
电影 影片
故事 剧情 情节
主角 主人公
`;
export const GROUPS = readGroups(GROUPS_TEXT);

/** Words of two or more characters that stand in a group, by their first one, the longest first: each is one token. */
const WORDS = new Map<string, string[]>();
for (const word of [...GROUPS.keys()].sort((a, b) => b.length - a.length)) {
  if (word.length > 1) WORDS.set(word.charAt(0), [...(WORDS.get(word.charAt(0)) ?? []), word]);
}

/** The longest word of the lexicon that stands there. */
export const wordAt = (text: string, at: number): string | undefined =>
  WORDS.get(text.charAt(at))?.find((word) => text.startsWith(word, at));

/** Characters that end names of things of a kind: two that differ before it are two things. */
export const KINDS: ReadonlySet<string> = new Set(
  '国省市县区州京岛山河江湖海洋洲镇村乡路街站场学院校司团行党军队族语人朝代教寺庙宫殿桥塔馆社部局厅会奖杯赛剧片歌曲书报刊星球车机船舰号系线王帝后公侯伯爵将相皇年月日说影画师员家者长士医官兵业科目属种鱼鸟树花草酒茶色币文字史法派制城港湾门楼园店厂'.split(
    '',
  ),
);

/** Characters of verbs that stand with others in one word: 返回 and 退回, 负担 and 承担. */
export const BOUND_VERBS: ReadonlySet<string> = new Set(
  '回担立建造用取得到成展加现入动作止束始续持护助导定认示述告布表达送给予供受收付买放接连组合并变改换选举办理管治战击守救保留存失获生育养教写著编译录记录载称命属归含包括拥带领率引起发推进促提交传递移转迁住居处设置配备修复整调查研究分析讨论解释描绘'.split(
    '',
  ),
);
