//! `Intl` and what else asks ICU's data: nothing that a program can ask for is left out of it.

use crate::support::{Launch, printed};

#[test]
fn every_kind_of_data_is_there() {
    let source = "
        import { runInNewContext } from 'node:vm';
        const words = (locale, text) =>
            Array.from(new Intl.Segmenter(locale, { granularity: 'word' }).segment(text), ({ segment }) => segment).join('|');
        const sorted = (locale) => ['一', '丁', '七', '啊'].sort(new Intl.Collator(locale).compare).join('');
        const date = (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone: 'UTC' }).format(0);
        const decoded = (label, ...bytes) => new TextDecoder(label).decode(new Uint8Array(bytes));
        const lines = [
            '①ﬁ'.normalize('NFKC'),
            /^\\p{Changes_When_NFKC_Casefolded}$/u.test('Å'),
            /^s$/iu.test('ſ'),
            words('th', 'ภาษาไทย'),
            words('ja', '東京に行く'),
            Array.from(new Intl.Segmenter('en', { granularity: 'sentence' }).segment('One. Two.')).length,
            sorted('zh-u-co-stroke'),
            sorted('zh-u-co-pinyin'),
            date('de'),
            date('zh-u-ca-chinese'),
            new Intl.NumberFormat('ar-EG', { style: 'unit', unit: 'kilometer' }).format(3),
            new Intl.DisplayNames('fr', { type: 'currency' }).of('JPY'),
            new Intl.PluralRules('cy').select(3),
            new URL('http://bücher.example/').host,
            decoded('gb18030', 0xb0, 0xa1) + decoded('euc-jp', 0xa4, 0xa2) + decoded('big5', 0xa4, 0xa4),
            // No standard, and so taken from programs, as Node does; it alone asks where a line may end.
            [typeof Intl.v8BreakIterator, runInNewContext('typeof Intl.v8BreakIterator')].join(),
        ];
        console.log(lines.join('\\n'));
    ";
    let finished = Launch::bare("run")
        .file("app.mjs", source)
        .entry("app.mjs")
        .finish();
    printed(
        &finished,
        "1fi\ntrue\ntrue\nภาษา|ไทย\n東京|に|行く\n2\n一丁七啊\n啊丁七一\nDonnerstag, 1. Januar 1970\n1969己酉年十一月廿四星期四\n\
         ٣ كم\nyen japonais\nfew\nxn--bcher-kva.example\n啊あ中\nundefined,undefined",
    );
}
