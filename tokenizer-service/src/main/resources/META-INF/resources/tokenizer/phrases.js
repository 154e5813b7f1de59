// What the service says about its state, in Chinese.
import { phrases } from '../alignstream/dashboard.js';

const TOKENIZER = '分词器 $1（$2 个词元）';

if (document.body.dataset.language === 'zh') {
  phrases.push(
    [/^tokenizer (\w+) with (\d+) tokens is in use; later documents .*$/,
      `正在使用${TOKENIZER}，之后的文档都用它打包。触发可用全部文档重新学习`],
    [/^up to date: tokenizer (\w+) with (\d+) tokens was learned .*$/, `已是最新：${TOKENIZER}正是从这些文档学到的`],
    [/^the first tokenizer starts with ([\d,]+) clean documents, there are ([\d,]+); or trigger it$/,
      '满 $1 篇干净文档时学习第一个分词器，现有 $2 篇；也可以触发'],
    [/^documents are still coming$/, '文档还在陆续到来'],
    [/^there are no documents; publish some, then trigger again$/, '还没有文档；发布之后再触发'],
    [/^waiting for the cleaning topology$/, '等待清洗拓扑启动'],
    [/^the instance that cleans partition 0 of documents learns the tokenizer$/, '由清洗 documents 分区 0 的实例学习分词器'],
    [/^learn a tokenizer of (\d+) tokens from ([\d,]+) documents$/, '从 $2 篇文档学习 $1 个词元的分词器'],
    [/^done: learn a tokenizer of (\d+) tokens from ([\d,]+) documents$/, '已完成：从 $2 篇文档学习 $1 个词元的分词器'],
    [/^reading the topics$/, '正在读取主题'],
    [/^waiting for topics that do not exist yet: (.*)$/, '等待尚不存在的主题：$1'],
    [/^paused; resume to go on$/, '已暂停；恢复后继续'],
    [/^stopped$/, '已停止'],
    [/^run (\w+) was cancelled; trigger to run it after all$/, '运行 $1 已取消；触发后仍会运行'],
    [/^run (\w+) failed (\d+) times and waits for new inputs or a trigger: (.*)$/s,
      '运行 $1 失败 $2 次，等待新的输入或触发：$3'],
    [/^failed: (.*)$/s, '失败：$1'],
    [/^clean$/, '清洗'],
    [/^read$/, '读取'],
    [/^merge$/, '合并'],
    [/^vocabularySize$/, '词表大小'],
    [/^bytesPerToken$/, '每词元字节数'],
    [/^documents$/, '文档'],
  );
}
