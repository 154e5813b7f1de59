// What rules and outcomes are called, and why a document was dropped, in the page's language.

const chinese = document.body.dataset.language === 'zh';

const NAMES = {
  kept: 'kept', poison: 'unreadable', empty: 'empty', duplicate: 'duplicates', 'near-duplicate': 'near duplicates',
};

const CHINESE = {
  kept: ['保留', '已发布到 clean-documents'],
  poison: ['无法读取', '不是有效的文档，连同原因存放在 documents.dead-letters'],
  mojibake: ['乱码修复', '用错编码解出的文字重新解码'],
  'control-characters': ['控制字符', '去掉控制字符，统一换行'],
  'unicode-nfc': ['Unicode NFC', '把字符合成为标准形式'],
  'boilerplate-lines': ['模板行', '去掉导航、Cookie 提示、版权声明等行'],
  'c4-terminal-punctuation': ['行末标点', '去掉没有句末标点的行'],
  empty: ['空文本', '规范化之后没有文字'],
  'broken-encoding': ['编码损坏', '太多字符在解码时丢失'],
  language: ['语言不符', '不是需要的语言，或者无法确定'],
  'gopher-words': ['篇幅', '词数（中文为字数）太少或太多'],
  'gopher-word-length': ['词长', '词的平均长度太短或太长'],
  'gopher-symbols': ['符号', '井号或省略号太多'],
  'gopher-bullets': ['项目符号', '太多行以项目符号开头'],
  'gopher-ellipses': ['省略号', '太多行以省略号结尾'],
  'gopher-alphabetic': ['字母', '含有字母的词太少'],
  'gopher-stop-words': ['虚词', '几乎没有连接句子的词'],
  'gopher-repeated-lines': ['重复的行', '太多行出现不止一次'],
  'gopher-repeated-paragraphs': ['重复的段落', '太多段落出现不止一次'],
  'gopher-top-ngram': ['最常见的短语', '一个短语占去太多篇幅'],
  'gopher-repeated-ngrams': ['重复的短语', '重复的短语占去太多篇幅'],
  'c4-sentences': ['句子', '句子太少'],
  'c4-placeholder': ['占位文字', '占位文字或程序代码'],
  'fineweb-line-punctuation': ['行末标点的比例', '以标点结尾的行太少'],
  'fineweb-repeated-lines': ['重复行的字符', '重复的行占去太多篇幅'],
  'fineweb-short-lines': ['短行', '短行太多'],
  contaminated: ['与评测集重合', '与评测集有共同的语句'],
  'personal-data': ['个人信息', '遮盖邮箱、电话、身份证、银行卡号和 IP 地址'],
  duplicate: ['重复', '规范化之后与更早的文档完全相同'],
  'near-duplicate': ['近似重复', '与更早的文档几乎相同'],
};

const CHINESE_FIGURES = [
  [/^(\d+) of (\d+) characters are lost$/, '$2 个字符中丢失了 $1 个'],
  [/^no characters$/, '没有字符'],
  [/^no lines but boilerplate$/, '只有模板行'],
  [/^a curly bracket$/, '有花括号'],
  [/^like the document at (.+)$/, '与 $1 的文档相同或相近'],
  [/^share of one phrase of (\d+) words /, '一个 $1 词短语的占比 '],
  [/^share of one phrase of (\d+) characters /, '一个 $1 字短语的占比 '],
  [/^share of repeated phrases of (\d+) words /, '$1 词重复短语的占比 '],
  [/^share of repeated phrases of (\d+) characters /, '$1 字重复短语的占比 '],
  [/^share of characters in repeated lines /, '重复行中字符的占比 '],
  [/^share of characters in repeated paragraphs /, '重复段落中字符的占比 '],
  [/^share of repeated lines /, '重复行的占比 '],
  [/^share of repeated paragraphs /, '重复段落的占比 '],
  [/^share of lines with a bullet /, '带项目符号的行的占比 '],
  [/^share of lines with an ellipsis /, '以省略号结尾的行的占比 '],
  [/^share of lines with punctuation /, '以标点结尾的行的占比 '],
  [/^share of short lines /, '短行的占比 '],
  [/^share with a letter /, '含字母的占比 '],
  [/^characters between punctuation marks /, '标点之间的字数 '],
  [/^letters a word /, '每词字母数 '],
  [/^symbols a word /, '每词符号数 '],
  [/^symbols a character /, '每字符号数 '],
  [/^line ends a word /, '每词换行数 '],
  [/^line ends a character /, '每字换行数 '],
  [/^different connectives /, '不同虚词数 '],
  [/^sentences /, '句子数 '],
  [/^words /, '词数 '],
  [/^characters /, '字数 '],
];

const languages = new Intl.DisplayNames([document.body.dataset.language], { type: 'language' });

/** The name of a language by its ISO 639-1 code. */
export function languageName(code) {
  if (code === 'und') {
    return chinese ? '未知' : 'unknown';
  }
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}

/** A short name of a rule or outcome. */
export function nameOf(id) {
  return chinese ? CHINESE[id]?.[0] ?? id : NAMES[id] ?? id;
}

/** What a rule does; `english` as the service says it. */
export function descriptionOf(id, english) {
  return chinese ? CHINESE[id]?.[1] ?? english : english;
}

/** What did not pass; `english` as the service says it. */
export function figureOf(english) {
  const language = /^([a-z]{2,3}) with confidence ([\d.]+)$/.exec(english);
  if (language) {
    return chinese
      ? `${languageName(language[1])}，置信度 ${language[2]}`
      : `${languageName(language[1])} with confidence ${language[2]}`;
  }
  const known = chinese ? CHINESE_FIGURES.find(([pattern]) => pattern.test(english)) : undefined;
  return known ? english.replace(known[0], known[1]) : english;
}
