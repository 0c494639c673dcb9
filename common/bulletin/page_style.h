// The style sheet of a bulletin's page: GB/T 9704-2012 on paper, the same sheets on a screen.
//
// Paper: A4, text block 156 × 225 mm, 22 lines of 28 characters. 3号 is 16 pt, but 28 of them are wider than the block; 15.75 pt fits. A line is a
// hair lower than 225 mm / 22, because 22 rounded lines must never be higher than the page. Office fonts come first; where there are none, Noto CJK.
#pragma once

#include <string_view>

namespace anju::bulletin {

inline constexpr std::string_view kPageStyle = R"css(
@font-face{font-family:"anju title";src:local("Noto Serif CJK SC Bold"),local("NotoSerifCJKsc-Bold"),local("Noto Serif SC Bold"),local("Source Han Serif SC Bold"),local("SimSun")}
@font-face{font-family:"anju hei";src:local("Noto Sans CJK SC Bold"),local("NotoSansCJKsc-Bold"),local("Noto Sans SC Bold"),local("Source Han Sans SC Bold"),local("Microsoft YaHei")}
@page{size:210mm 297mm;margin:37mm 26mm 35mm 28mm}
@page wide{size:297mm 210mm;margin:28mm 37mm 26mm 35mm}
@page :right{@bottom-right{content:"—\00a0" counter(page) "\00a0—";vertical-align:top;padding:5.5mm 14pt 0 0;font:14pt "宋体","SimSun","Songti SC","Noto Serif CJK SC",serif}}
@page :left{@bottom-left{content:"—\00a0" counter(page) "\00a0—";vertical-align:top;padding:5.5mm 0 0 14pt;font:14pt "宋体","SimSun","Songti SC","Noto Serif CJK SC",serif}}
:root{--line:10.22mm;--block:225mm;
--fang:"仿宋_GB2312","FangSong_GB2312","仿宋","FangSong","STFangsong","FandolFang R","Noto Serif CJK SC","Noto Serif SC","Source Han Serif SC",serif;
--kai:"楷体_GB2312","KaiTi_GB2312","楷体","KaiTi","STKaiti","FandolKai","Noto Serif CJK SC","Noto Serif SC",serif;
--hei:"黑体","SimHei","Heiti SC","STHeiti","anju hei","Noto Sans CJK SC",sans-serif;
--title:"方正小标宋简体","方正小标宋_GBK","FZXiaoBiaoSong-B05S","FZXiaoBiaoSong-B05","小标宋","STZhongsong","anju title","Noto Serif CJK SC",serif}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{margin:0;color:#000;background:#fff;font:15.75pt/var(--line) var(--fang);text-spacing-trim:space-all;text-autospace:no-autospace;font-synthesis:none;
font-variant-numeric:lining-nums;overflow-wrap:anywhere;orphans:1;widows:1}
p,h1,h2,h3,h4,ol,table,caption{margin:0;padding:0;font:inherit}
data{unicode-bidi:isolate}
.sheet{break-before:page}
.sheet:first-child{break-before:auto}
.wide{page:wide;--block:156mm}
.last{display:grid;grid-template-columns:minmax(0,1fr);grid-template-rows:1fr auto}
.letterhead{padding-top:35mm;text-align:center;break-inside:avoid}
.office{color:#d7000f;font-family:var(--title);line-height:1.3;font-size:var(--office)}
.office span{display:block;white-space:nowrap}
.number{margin-top:calc(var(--line)*1.5);padding-bottom:4mm;border-bottom:.6mm solid #d7000f}
.draft .number{color:#777}
h1{font:22pt/11.6mm var(--title);text-align:center;text-wrap:balance}
.w{display:inline-block;max-width:100%}
.first h1{padding:calc(var(--line)*1.2) 0 var(--line)}
h2{font-family:var(--hei);text-indent:2em;break-after:avoid}
h3{font-family:var(--kai);text-indent:2em;break-after:avoid}
.body p{text-indent:2em;text-align:justify;line-break:strict}
.attached{display:grid;grid-template-columns:3em max-content minmax(0,1fr);margin:var(--line) 0 0 2em}
.attached b{font-weight:inherit}
.signed{display:flex;flex-direction:column;width:max-content;max-width:100%;margin:calc(var(--line)*2) 2em 0 auto;text-align:center;break-inside:avoid;break-before:avoid}
.label{font-family:var(--hei);padding-bottom:var(--line)}
.sub{font-family:var(--kai);text-align:center}
.unit{font-size:12pt;text-align:right;line-height:8mm}
.label,.annex h1,.sub,.unit{break-after:avoid}
.scroll{padding-top:1.5mm}
table{width:100%;border-collapse:collapse;line-height:1.35;font-size:var(--type)}
thead{display:table-header-group}
tr{break-inside:avoid}
th,td{border:.25mm solid #000;padding:var(--pad) .3em;text-align:center;vertical-align:middle}
th{font-family:var(--hei);font-weight:400}
.n{white-space:nowrap;font-variant-numeric:lining-nums tabular-nums}
.total td{font-family:var(--hei)}
.total{break-before:avoid}
.left{text-align:left}
.changes{margin:2mm 0}
.note{font-size:12pt;line-height:7mm;padding-top:1.5mm}
.tail{break-inside:avoid;padding-top:5mm}
.evidence{font:6.6pt/3.3mm "Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#444;padding-bottom:3mm}
.evidence p{padding-left:6em;text-indent:-6em}
.evidence b{display:inline-block;width:6em;font-weight:400;text-indent:0;color:#000}
.evidence code{font:6.1pt/3.3mm "Noto Sans Mono CJK SC","DejaVu Sans Mono",Consolas,monospace}
.imprint{font-size:14pt;line-height:8.2mm;border-top:.35mm solid #000;border-bottom:.35mm solid #000}
.imprint div{padding:.6mm 1em}
.imprint .copies{padding-left:4em;text-indent:-3em;border-bottom:.25mm solid #000}
.imprint .issue{display:flex;justify-content:space-between;gap:1em}
.imprint .issue span:last-child{white-space:nowrap}
.stamp{position:fixed;z-index:9;top:50%;left:50%;transform:translate(-50%,-50%) rotate(-30deg);font:110pt/1 var(--hei);letter-spacing:.3em;white-space:nowrap;
color:rgba(200,0,0,.09);border:2mm solid rgba(200,0,0,.09);border-radius:5mm;padding:6mm 0 6mm .3em;margin-top:12mm;pointer-events:none}
@media screen{
body{background:#e6e6e3;padding:8mm 0}
.sheet{background:#fff;width:210mm;min-height:297mm;margin:0 auto 8mm;padding:37mm 26mm 35mm 28mm;box-shadow:0 1px 6px rgba(0,0,0,.3)}
.wide{width:297mm;min-height:210mm;padding:28mm 37mm 26mm 35mm}
data{cursor:help}
data:hover{background:#fff0b3;outline:1px solid #e8c84a}
}
@media screen and (max-width:300mm){.wide{width:100%}}
@media screen and (max-width:212mm){
body{padding:0;font-size:17px;line-height:1.85;--line:1.85em}
.sheet,.wide{width:100%;min-height:0!important;margin-bottom:8px;padding:8vw 5vw}
.letterhead{padding-top:0}
.office{font-size:min(var(--office),var(--small))}
h1{font-size:22px;line-height:1.5}
.scroll{overflow-x:auto}
.scroll table{width:auto;min-width:100%;font-size:14px}
.scroll td,.scroll th{padding:5px 6px}
td:not(.n){min-width:5em}
.unit,.note{font-size:13px;line-height:1.7}
.evidence,.evidence code{font-size:10px;line-height:1.6}
.imprint{font-size:15px;line-height:1.7}
.stamp{font-size:18vw}
}
@media print{
.sheet{min-height:var(--high,0)}
}
)css";

}  // namespace anju::bulletin
