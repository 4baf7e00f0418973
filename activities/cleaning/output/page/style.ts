/** The whole look of a report: light, dark and on paper, without anything from elsewhere. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1a2233; --soft: #5b6579; --line: #dfe4ee; --paper: #fff; --tint: #f4f6fa;
  --main: #3a5fcd; --lost: #e07a5f; --warn: #9a3412; --warn-tint: #fff3ea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf3; --soft: #9aa5bb; --line: #2c3446; --paper: #12161f;
  --tint: #1a2130; --main: #7c9bff; --lost: #f0957c; --warn: #ffb98f; --warn-tint: #32221a; } }
* { box-sizing: border-box; }
body { font: 15px/1.55 system-ui, -apple-system, 'Segoe UI', sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1 { font-size: 2rem; line-height: 1.15; margin: 0; letter-spacing: -.015em; }
h2 { font-size: 1.2rem; margin: 0 0 .3rem; letter-spacing: -.005em; }
section { margin-top: 2.75rem; } p { margin: .3rem 0; } .lead, .soft, .sub { color: var(--soft); } .lead { margin-bottom: .9rem; }
code { font: .9em ui-monospace, 'Cascadia Mono', Menlo, monospace; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.3rem, 1fr)); gap: .75rem; padding: 0; margin: 1.5rem 0 0; list-style: none; }
.tiles li { background: var(--tint); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem .9rem; color: var(--soft); font-size: .85rem; }
.tiles b { display: block; font-size: 1.5rem; line-height: 1.25; color: var(--ink); font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.notice { margin-top: 1.5rem; padding: .8rem 1rem; border-left: 4px solid var(--warn); border-radius: .3rem; background: var(--warn-tint); }
.notice b { color: var(--warn); }
table { border-collapse: collapse; width: 100%; } th, td { padding: .28rem .6rem .28rem 0; text-align: left; font-weight: 400; vertical-align: middle; }
thead th { color: var(--soft); font-size: .8rem; border-bottom: 1px solid var(--line); } .n, thead .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars th[scope] { width: 1%; white-space: nowrap; padding-right: 1rem; } .bars .n { width: 1%; padding-left: .6rem; }
.bar { min-width: 6rem; white-space: nowrap; font-size: 0; } .bar i { display: inline-block; height: .95rem; background: var(--main); border-radius: 2px; }
.bar .lost { background: var(--lost); } .sum th, .sum td { font-weight: 650; border-top: 1px solid var(--line); }
.rules td, .rules th { border-bottom: 1px solid var(--line); } .rules .none { color: var(--soft); } .rules .moved td { color: var(--warn); font-weight: 600; }
.rules tr.group th { padding-top: 1.1rem; font-weight: 650; } .scroll { overflow-x: auto; }
figure { margin: 1.1rem 0 0; } figcaption { font-weight: 600; font-size: .95rem; } svg { display: block; width: 100%; height: auto; margin-top: .4rem; }
svg line { stroke: var(--line); } svg text { font: 10.5px system-ui, sans-serif; fill: var(--soft); text-anchor: middle; } svg .most { text-anchor: start; }
rect.kept { fill: var(--main); } rect.lost { fill: var(--lost); }
.legend { font-weight: 400; color: var(--soft); font-size: .85rem; margin-left: .6rem; } .legend span { margin-right: .8rem; }
.legend i { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .35rem; background: var(--main); } .legend i.lost { background: var(--lost); }
details { border-bottom: 1px solid var(--line); padding: .45rem 0; } summary { cursor: pointer; } summary code { font-weight: 600; } summary .n { color: var(--soft); float: right; }
blockquote { margin: .6rem 0; padding: .5rem .8rem; border-left: 3px solid var(--line); background: var(--tint); white-space: pre-wrap; overflow-wrap: anywhere; font-size: .88rem; max-height: 11rem; overflow-y: auto; }
cite { display: block; color: var(--soft); font-style: normal; font-size: .8rem; margin-bottom: .2rem; }
.verdict { margin-top: 1.5rem; padding: .8rem 1rem; border-left: 4px solid var(--main); border-radius: .3rem; background: var(--tint); } .verdict b { color: var(--main); }
.verdict ul, .notice ul { margin: .3rem 0 0; padding-left: 1.2rem; } .hash { overflow-wrap: anywhere; white-space: normal; }
.forest th, .forest td { padding-block: 0; } .forest td:last-child { white-space: nowrap; padding-left: .4rem; } .forest thead th { padding-block: .28rem; } .forest .whole th { font-weight: 650; }
.forest th[scope] { max-width: 15rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.forest .plot { width: 45%; min-width: 9rem; } .forest svg { height: 1.75rem; margin: 0; } .forest svg line { vector-effect: non-scaling-stroke; }
.forest svg .zero { stroke: var(--soft); } .forest svg .margin { stroke: var(--lost); stroke-dasharray: 4 3; } .forest .sure, .forest .unsure, .forest .worse { stroke-width: 2; }
.forest .sure { stroke: var(--main); fill: var(--main); } .forest .unsure { stroke: var(--soft); fill: var(--soft); color: var(--soft); } .forest .worse { stroke: var(--lost); fill: var(--lost); color: var(--warn); }
.forest .axis div { position: relative; height: 1.3rem; color: var(--soft); font-size: .8rem; } .forest .axis span { position: absolute; transform: translateX(-50%); }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 0 .75rem; }
footer { margin-top: 3.5rem; padding-top: .8rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; }
@media print { :root { --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --tint: #fff; --main: #3a5fcd; --lost: #e07a5f; --warn: #7c2d12; --warn-tint: #fff; }
  body { max-width: none; padding: 0; font-size: 10.5pt; } section { margin-top: 1.5rem; } tr, figure, blockquote, .tiles li { break-inside: avoid; } h2 { break-after: avoid; }
  .bar i, rect, .legend i { print-color-adjust: exact; -webkit-print-color-adjust: exact; } details::details-content { content-visibility: visible; } blockquote { max-height: none; } }
`;
