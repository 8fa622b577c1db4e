/** The style sheet of a report: a page of text, not a dashboard. Colours keep 4.5:1 in light and in dark. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1d1d1f;--soft:#55575c;--line:#d5d7da;--good:#00583f;--bad:#a32d00;--unsure:#6b4b00;--bar:#0072b2}
@media (prefers-color-scheme:dark){:root{--paper:#151618;--ink:#ececec;--soft:#b3b6bb;--line:#3d4045;--good:#6fd3a8;--bad:#ff9d76;--unsure:#f0c35a;--bar:#5ab4ec}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:58rem;padding:1rem;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI","Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR",NanumGothic,"Noto Sans CJK KR",sans-serif;word-break:keep-all;overflow-wrap:anywhere}
h1{font-size:1.9rem;line-height:1.25;margin:.2rem 0 .6rem}
h2{font-size:1.2rem;margin:2.6rem 0 .8rem;padding-top:.8rem;border-top:1px solid var(--line)}
p,ul,ol{margin:.4rem 0}ul{padding-left:1.1rem}
.product,.note,.utc{color:var(--soft);font-size:.9rem}
.verdict{border-left:.4rem solid;padding:.2rem 0 .2rem 1rem;margin:1rem 0}
.verdict.verified,.state.verified{border-color:var(--good)}.verdict.failed{border-color:var(--bad)}.verdict.could-not-verify{border-color:var(--unsure)}
.verified h1,.state.verified{color:var(--good)}.failed h1,.state.failed{color:var(--bad)}.could-not-verify h1,.state.could-not-verify{color:var(--unsure)}
.state{white-space:nowrap;font-weight:600}.state.not-run{color:var(--soft)}
dl{display:grid;grid-template-columns:12rem 1fr;gap:.3rem 1rem;margin:0}dt{color:var(--soft)}dd{margin:0}
code,pre,.name{font-family:ui-monospace,"SF Mono",Consolas,"DejaVu Sans Mono",NanumGothicCoding,monospace;font-size:.88em;overflow-wrap:anywhere;word-break:break-all}
.key{display:block}
pre{white-space:pre-wrap;border:1px solid var(--line);padding:.7rem}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.45rem .6rem .45rem 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600}tbody th{font-weight:500}
td ul{list-style:none;padding:0;margin:0}
summary{cursor:pointer;padding:.4rem 0}
:focus-visible{outline:3px solid var(--bar);outline-offset:2px}
.chart{background:#fff;border:1px solid var(--line);padding:.5rem}.chart svg{display:block;max-width:100%;height:auto}.chart text{font-family:inherit!important}.narrow{display:none}
.bar{position:relative;height:.9rem;background:var(--line);margin:.15rem 0 .2rem}.bar span{position:absolute;inset:0 auto 0 0;min-width:3px;background:var(--bar)}.bar .missed{background:var(--bad)}.bar i{position:absolute;top:-.2rem;bottom:-.2rem;width:3px;background:var(--ink)}
fieldset{border:0;padding:0;margin:0;display:contents}legend{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.switch{display:inline-block;margin-right:1.2rem;padding:.3rem 0}
body:has(#show-ko:checked) article.en,body:has(#show-en:checked) article.ko{display:none}
@media (max-width:44rem){.wide{display:none}.narrow{display:block}dl{grid-template-columns:1fr}dt{margin-top:.5rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}table,tbody{display:block}tr{display:block;border-bottom:1px solid var(--line);padding:.6rem 0}th,td{display:block;border:0;padding:.1rem 0}td[data-label]::before{content:attr(data-label) " ";color:var(--soft);font-size:.85em;margin-right:.4em}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--good:#00583f;--bad:#a32d00;--unsure:#6b4b00;--bar:#0072b2}body{max-width:none}nav{display:none}h2{break-after:avoid}tr,.chart{break-inside:avoid}details::details-content{content-visibility:visible;block-size:auto}*{print-color-adjust:exact}}
`;
