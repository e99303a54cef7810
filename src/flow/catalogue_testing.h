// A small catalogue for tests: some of everything an activity can declare.
#pragma once
#include "flow/activity_info.h"

namespace quanji::flow {

inline constexpr const char* test_catalogue_json = R"json({
"groups": [
  {"id": "asset", "title": {"zh": "资产", "en": "Assets"}},
  {"id": "browser", "title": {"zh": "浏览器", "en": "Browser"}},
  {"id": "credential", "title": {"zh": "凭据", "en": "Credentials"}},
  {"id": "database", "title": {"zh": "数据库", "en": "Database"}},
  {"id": "dbf", "title": {"zh": "DBF", "en": "DBF"}},
  {"id": "file", "title": {"zh": "文件", "en": "Files"}},
  {"id": "human", "title": {"zh": "人工", "en": "People"}},
  {"id": "log", "title": {"zh": "日志", "en": "Log"}},
  {"id": "queue", "title": {"zh": "队列", "en": "Queues"}},
  {"id": "table", "title": {"zh": "表", "en": "Tables"}}],
"activities": [
  {"id": "asset.get", "title": {"zh": "取资产", "en": "Get an asset"}, "sentence": {"zh": "取资产的值", "en": "The value of an asset"},
   "inputs": [{"name": "name", "type": "text", "names": "asset", "title": {"zh": "名称", "en": "Name"}, "sentence": {"zh": "", "en": ""}}],
   "outputs": [{"name": "value", "type": "any", "sentence": {"zh": "", "en": ""}}], "effect": "none", "example": ""},
  {"id": "browser.open", "title": {"zh": "打开浏览器", "en": "Open a browser"}, "sentence": {"zh": "打开浏览器", "en": "Opens a browser"},
   "inputs": [{"name": "url", "type": "text", "required": false, "title": {"zh": "网址", "en": "Address"}, "sentence": {"zh": "", "en": ""}},
              {"name": "password", "type": "secret", "required": false, "title": {"zh": "密码", "en": "Password"}, "sentence": {"zh": "", "en": ""}}],
   "outputs": [], "opens": "browser", "effect": "none", "example": ""},
  {"id": "browser.click", "title": {"zh": "点击", "en": "Click"}, "sentence": {"zh": "点击元素", "en": "Clicks an element"},
   "inputs": [{"name": "in", "type": "browser", "required": false, "title": {"zh": "浏览器", "en": "Browser"}, "sentence": {"zh": "", "en": ""}},
              {"name": "target", "type": "map", "title": {"zh": "目标", "en": "Target"}, "sentence": {"zh": "元素", "en": "The element"}}],
   "outputs": [], "effect": "repeatable",
   "errors": [{"code": "element_not_found", "kind": "system", "sentence": {"zh": "没找到", "en": "Not found"}},
              {"code": "popup_unknown", "kind": "system", "sentence": {"zh": "弹窗", "en": "A pop-up"}}], "example": ""},
  {"id": "credential.get", "title": {"zh": "取凭据", "en": "Get a credential"}, "sentence": {"zh": "取凭据", "en": "A credential"},
   "inputs": [{"name": "name", "type": "text", "names": "credential", "title": {"zh": "名称", "en": "Name"}, "sentence": {"zh": "", "en": ""}}],
   "outputs": [{"name": "user", "type": "text", "sentence": {"zh": "", "en": ""}}, {"name": "password", "type": "secret", "sentence": {"zh": "", "en": ""}}],
   "effect": "none", "example": ""},
  {"id": "database.open", "title": {"zh": "打开数据库", "en": "Open a database"}, "sentence": {"zh": "打开数据库", "en": "Opens a database"},
   "inputs": [], "outputs": [], "opens": "database", "effect": "none", "capabilities": ["database"], "example": ""},
  {"id": "database.query", "title": {"zh": "查询", "en": "Query"}, "sentence": {"zh": "查询", "en": "Queries"},
   "inputs": [{"name": "in", "type": "database", "title": {"zh": "数据库", "en": "Database"}, "sentence": {"zh": "", "en": ""}},
              {"name": "sql", "type": "text", "title": {"zh": "SQL", "en": "SQL"}, "sentence": {"zh": "", "en": ""}}],
   "outputs": [{"name": "rows", "type": "table", "sentence": {"zh": "", "en": ""}}], "effect": "none", "example": ""},
  {"id": "dbf.read_table", "title": {"zh": "读 DBF", "en": "Read a DBF file"}, "sentence": {"zh": "把 DBF 文件读成表", "en": "Reads a DBF file as a table"},
   "inputs": [{"name": "file", "type": "file", "title": {"zh": "文件", "en": "File"}, "sentence": {"zh": "要读的文件", "en": "The file to read"}},
              {"name": "encoding", "type": "text", "required": false, "fallback": "gb18030", "title": {"zh": "编码", "en": "Encoding"},
               "sentence": {"zh": "文本的编码", "en": "How its text is encoded"},
               "choices": [{"word": "gb18030", "title": {"zh": "国标", "en": "Chinese"}}, {"word": "gbk", "title": {"zh": "GBK", "en": "GBK"}},
                           {"word": "utf-8", "title": {"zh": "UTF-8", "en": "UTF-8"}}]},
              {"name": "rows", "type": "integer", "required": false, "title": {"zh": "行数", "en": "Rows"}, "sentence": {"zh": "", "en": ""}}],
   "outputs": [{"name": "table", "type": "table", "sentence": {"zh": "表", "en": "The table"}}], "effect": "none",
   "capabilities": ["files"],
   "errors": [{"code": "file_not_found", "kind": "business", "sentence": {"zh": "没有文件", "en": "No such file"}}], "example": ""},
  {"id": "file.wait_stable", "title": {"zh": "等文件", "en": "Wait for a file"}, "sentence": {"zh": "等文件写完", "en": "Waits for a file"},
   "inputs": [{"name": "file", "type": "file", "title": {"zh": "文件", "en": "File"}, "sentence": {"zh": "", "en": ""}},
              {"name": "quiet", "type": "duration", "required": false, "title": {"zh": "安静", "en": "Quiet"}, "sentence": {"zh": "", "en": ""}},
              {"name": "on", "type": "date", "required": false, "title": {"zh": "日期", "en": "Date"}, "sentence": {"zh": "", "en": ""}}],
   "outputs": [], "effect": "none", "example": ""},
  {"id": "human.ask", "title": {"zh": "问人", "en": "Ask a person"}, "sentence": {"zh": "问人", "en": "Asks a person"},
   "inputs": [{"name": "form", "type": "text", "title": {"zh": "表单", "en": "Form"}, "sentence": {"zh": "", "en": ""}},
              {"name": "picture", "type": "any", "required": false, "title": {"zh": "图", "en": "Picture"}, "sentence": {"zh": "", "en": ""}}],
   "outputs": [{"name": "answer", "type": "map", "sentence": {"zh": "", "en": ""}}], "suspends": true, "effect": "once", "example": ""},
  {"id": "log.write", "title": {"zh": "写日志", "en": "Write to the log"}, "sentence": {"zh": "写一行日志", "en": "Writes a line to the log"},
   "inputs": [{"name": "message", "type": "text", "title": {"zh": "内容", "en": "Message"}, "sentence": {"zh": "", "en": ""}},
              {"name": "level", "type": "text", "required": false, "title": {"zh": "级别", "en": "Level"}, "sentence": {"zh": "", "en": ""},
               "choices": [{"word": "info", "title": {"zh": "信息", "en": "Info"}}, {"word": "warning", "title": {"zh": "警告", "en": "Warning"}}]}],
   "outputs": [], "effect": "none", "example": ""},
  {"id": "queue.add_item", "title": {"zh": "加入队列", "en": "Add to a queue"}, "sentence": {"zh": "加入队列", "en": "Adds an item"},
   "inputs": [{"name": "queue", "type": "text", "names": "queue", "title": {"zh": "队列", "en": "Queue"}, "sentence": {"zh": "", "en": ""}},
              {"name": "payload", "type": "map", "title": {"zh": "内容", "en": "Payload"}, "sentence": {"zh": "", "en": ""}}],
   "outputs": [{"name": "item", "type": "text", "sentence": {"zh": "", "en": ""}}], "effect": "once", "example": ""},
  {"id": "table.group", "title": {"zh": "分组", "en": "Group"}, "sentence": {"zh": "分组汇总", "en": "Groups rows"},
   "inputs": [{"name": "table", "type": "table", "title": {"zh": "表", "en": "Table"}, "sentence": {"zh": "", "en": ""}},
              {"name": "by", "type": "list", "title": {"zh": "按", "en": "By"}, "sentence": {"zh": "", "en": ""}}],
   "outputs": [{"name": "table", "type": "table", "sentence": {"zh": "", "en": ""}}], "effect": "none", "example": ""}]
})json";

inline const Catalogue& test_catalogue() {
  static const Catalogue catalogue = read_catalogue(test_catalogue_json).value();
  return catalogue;
}

}  // namespace quanji::flow
