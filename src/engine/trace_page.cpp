#include "engine/trace_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/encodings.h"
#include "engine/trace_read.h"

namespace quanji::engine {
namespace {

constexpr std::size_t shown_rounds = 100;  // from each end of a loop
constexpr std::size_t most_shown = 20'000;
constexpr std::size_t most_picture = std::size_t{4} << 20;

// Two spans, of which the chosen language's is shown.
std::string both(std::string_view zh, std::string_view en) {
  return fmt::format(R"(<span lang="zh">{}</span><span lang="en">{}</span>)", zh, en);
}
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : base::repair_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
  return out;
}
std::string time_of(std::int64_t micros) {
  if (micros <= 0 || micros > 9'000'000'000'000'000) return "–";
  const auto text = base::to_text(base::Time{micros});
  return text.substr(11, 12);
}
std::string moment_of(std::int64_t micros) {
  if (micros <= 0 || micros > 9'000'000'000'000'000) return "–";
  auto text = base::to_text(base::Time{micros});
  text[10] = ' ';
  return text.substr(0, 19) + " " + text.substr(23);
}
std::string duration_of(std::int64_t micros) {
  if (micros < 0) micros = 0;
  if (micros < 1'000'000) return fmt::format("{:.1f} ms", static_cast<double>(micros) / 1'000);
  if (micros < 60'000'000) return fmt::format("{:.2f} s", static_cast<double>(micros) / 1e6);
  return fmt::format("{} min {:02} s", micros / 60'000'000, micros / 1'000'000 % 60);
}

constexpr std::string_view style = R"(
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5d6877;--line:#d8dee7;--page:#f6f7f9;--card:#fff;--ok:#1f7a4d;--bad:#b42318;--warn:#9a6700;--bar:#3f6fb5}
@media(prefers-color-scheme:dark){:root{--ink:#e5e9ef;--soft:#9aa6b5;--line:#333c49;--page:#14181f;--card:#1c222b;--ok:#58c48d;--bad:#ff8a7a;--warn:#e0b04c;--bar:#6d9be0}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:14px/1.5 system-ui,"Noto Sans CJK SC","Source Han Sans SC",sans-serif}
header,main{max-width:1180px;margin:0 auto;padding:16px 20px}h1{font-size:20px;margin:0 0 4px}h2{font-size:15px;margin:24px 0 8px}
.facts{display:flex;flex-wrap:wrap;gap:4px 28px;color:var(--soft);margin:8px 0 0}.facts b{color:var(--ink);font-weight:600}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 16px}.card+.card{margin-top:8px}.bad{border-color:var(--bad)}
.state{display:inline-block;border-radius:10px;padding:0 9px;font-size:13px;border:1px solid currentColor}
.done{color:var(--ok)}.failed{color:var(--bad)}.went_on,.open,.warn{color:var(--warn)}.passed_over{color:var(--soft)}.error{color:var(--bad)}
.tree{padding:4px 0 4px 24px}.row{display:grid;grid-template-columns:minmax(0,1fr) 96px 92px 240px;gap:12px;align-items:center;padding:3px 14px 3px 6px;border-top:1px solid var(--line)}
details>summary{cursor:pointer;list-style-position:outside}summary .row,summary{outline-offset:-2px}
details details,details .leaf{margin-left:22px}summary::marker{color:var(--soft)}
.name{overflow-wrap:anywhere}.name code,.place{font-size:12px;color:var(--soft)}.when,.took{font-variant-numeric:tabular-nums;font-size:12.5px;color:var(--soft);text-align:right}
.track{height:9px;background:color-mix(in srgb,var(--line) 55%,transparent);border-radius:4px;position:relative}.track i{position:absolute;top:0;bottom:0;min-width:2px;border-radius:4px;background:var(--bar)}
.failed-step .track i{background:var(--bad)}.more{padding:6px 14px 10px 26px;border-top:1px dashed var(--line)}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:2px 12px 2px 0;border:0}td:last-child{white-space:pre-wrap;overflow-wrap:anywhere;max-width:760px}
.said td:first-child{white-space:nowrap;font-variant-numeric:tabular-nums;color:var(--soft);width:104px}.said td:nth-child(2){width:56px}
pre{margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere}img{max-width:100%;border:1px solid var(--line);border-radius:4px;margin:6px 0}
input[name=language]{accent-color:var(--bar)}.language{float:right}span[lang=en]{display:none}
body:has(#en:checked) span[lang=en]{display:inline}body:has(#en:checked) span[lang=zh]{display:none}
@media(max-width:760px){.row{grid-template-columns:minmax(0,1fr) 80px}.when,.track{display:none}}
)";

class Page {
 public:
  Page(const TraceTree& tree, const TracePageOptions& options) : tree_(tree), options_(options) {
    length_ = std::max<std::int64_t>(1, tree_.ended - tree_.begun);
  }
  std::string run() {
    head();
    failures();
    out_ += "<h2>" + both("时间线", "Time line") + R"(</h2><div class="card tree">)";
    if (tree_.root.inside.empty()) out_ += R"(<p class="leaf">)" + both("没有执行任何步骤。", "No step was run.") + "</p>";
    inside(tree_.root);
    out_ += "</div>";
    if (!tree_.root.said.empty()) {
      out_ += "<h2>" + both("运行日志", "Log of the run") + R"(</h2><div class="card">)";
      said(tree_.root);
      out_ += "</div>";
    }
    if (tree_.left_out > 0 || tree_.unreadable > 0)
      out_ += "<p>" +
              both(fmt::format("有 {} 条记录太多未保留，{} 行无法辨认。", tree_.left_out, tree_.unreadable),
                   fmt::format("{} records were too many to keep, {} lines make no sense.", tree_.left_out, tree_.unreadable)) +
              "</p>";
    out_ += "</main></body></html>\n";
    return std::move(out_);
  }

 private:
  struct State {
    std::string_view css, zh, en;
  };
  static State state_of(const TraceNode& node) {
    if (node.how == "done") return {"done", "完成", "done"};
    if (node.how == "failed") return {"failed", "失败", "failed"};
    if (node.how == "went_on") return {"went_on", "失败后继续", "failed, went on"};
    if (node.how == "passed_over") return {"passed_over", "跳过", "passed over"};
    return {"open", "未结束", "not ended"};
  }
  static State state_of_run(std::string_view outcome) {
    if (outcome == "success") return {"done", "成功", "succeeded"};
    if (outcome == "business_failure") return {"failed", "业务异常", "business failure"};
    if (outcome == "system_failure") return {"failed", "系统异常", "system failure"};
    if (outcome == "stopped") return {"went_on", "已停止", "stopped"};
    if (outcome == "timed_out") return {"failed", "超时", "timed out"};
    if (outcome == "suspended") return {"went_on", "等待人工", "waits for a person"};
    return {"open", "未结束（进程中断）", "not ended (the process was cut off)"};
  }
  void head() {
    const auto state = state_of_run(tree_.outcome);
    out_ +=
        R"(<!doctype html><html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">)"
        R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">)";
    out_ += "<title>" + escaped(tree_.flow) + " · 券机</title><style>";
    out_ += style;
    out_ += "</style></head><body><header>";
    out_ += R"(<div class="language"><label><input type="radio" name="language" id="zh" checked> 中文</label> )"
            R"(<label><input type="radio" name="language" id="en"> English</label></div>)";
    out_ += fmt::format(R"(<h1>{} <span class="state {}">{}</span></h1>)", escaped(tree_.flow), state.css, both(state.zh, state.en));
    const auto fact = [&](std::string_view zh, std::string_view en, const std::string& value) {
      out_ += "<span>" + both(zh, en) + " <b>" + value + "</b></span>";
    };
    out_ += R"(<div class="facts">)";
    fact("开始", "begun", moment_of(tree_.begun));
    fact("历时", "took", duration_of(tree_.ended - tree_.begun));
    fact("步骤", "steps", std::to_string(tree_.steps));
    fact("执行次数", "attempts", std::to_string(tree_.attempts));
    out_ += "</div></header><main>";
  }
  // The steps where a failure began: those that failed with nothing failed inside.
  struct Failed {
    const TraceNode* node;
    bool handled;  // something around it went on
  };
  static void find_failed(const TraceNode& node, bool handled, std::vector<Failed>& found) {
    for (const auto& one : node.inside) find_failed(*one, handled || node.how == "done", found);
    const bool deeper = std::any_of(node.inside.begin(), node.inside.end(), [](const auto& one) { return has_failed(*one); });
    if (node.failed() && node.error && !deeper) found.push_back({&node, handled || node.how == "went_on"});
  }
  static bool has_failed(const TraceNode& node) {
    return node.failed() || std::any_of(node.inside.begin(), node.inside.end(), [](const auto& one) { return has_failed(*one); });
  }
  void failures() {
    std::vector<Failed> failed;
    find_failed(tree_.root, false, failed);
    std::stable_partition(failed.begin(), failed.end(), [](const Failed& one) { return !one.handled; });
    if (failed.empty()) return;
    out_ += "<h2>" + both("出了什么问题", "What went wrong") + "</h2>";
    for (std::size_t i = 0; i < failed.size() && i < 20; ++i) {
      const auto& node = *failed[i].node;
      const bool handled = failed[i].handled;
      out_ +=
          fmt::format(R"(<div class="card{}"><b class="{}">{}</b> · {} · <span class="place">{}:{} · {}</span>{})", handled ? "" : " bad",
                      handled ? "warn" : "error", escaped(node.error->code), escaped(node.title.empty() ? node.act : node.title),
                      escaped(node.file), node.line, escaped(node.at), handled ? " · " + both("流程已处理", "handled by the flow") : "");
      out_ += "<pre>" + both(escaped(node.error->zh), escaped(node.error->en)) + "</pre>";
      pictures(node);
      out_ += "</div>";
    }
    if (failed.size() > 20)
      out_ +=
          "<p>" + both(fmt::format("另有 {} 处失败。", failed.size() - 20), fmt::format("{} more failures.", failed.size() - 20)) + "</p>";
  }
  void inside(const TraceNode& node) {
    const auto count = node.inside.size();
    std::size_t left_out = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto& one = *node.inside[i];
      const bool middle = count > 2 * shown_rounds && i >= shown_rounds && i + shown_rounds < count && !has_failed(one);
      if (middle || shown_ > most_shown) {
        ++left_out;
        continue;
      }
      if (left_out > 0) gap(left_out);
      left_out = 0;
      row(one);
    }
    if (left_out > 0) gap(left_out);
  }
  void gap(std::size_t left_out) {
    out_ += R"(<p class="leaf">)" +
            both(fmt::format("… 中间 {} 项未列出", left_out), fmt::format("… {} in between are not listed", left_out)) + "</p>";
  }
  static std::int64_t begin_of(const TraceNode& node) {
    if (node.begun > 0 || node.inside.empty()) return node.begun;
    return begin_of(*node.inside.front());
  }
  static std::int64_t end_of(const TraceNode& node) {
    if (node.ended > 0 || node.inside.empty()) return node.ended;
    return end_of(*node.inside.back());
  }
  void row(const TraceNode& node) {
    ++shown_;
    const bool more = !node.inside.empty() || !node.set.empty() || !node.said.empty() || !node.evidence.empty() || node.error;
    const bool wrong = has_failed(node);
    const auto begun = begin_of(node), ended = std::max(end_of(node), begun);
    const auto state = node.round ? State{"", "", ""} : state_of(node);
    out_ += more ? fmt::format("<details{}><summary>", wrong ? " open" : "") : R"(<div class="leaf">)";
    out_ += fmt::format(R"(<div class="row{}"><div class="name">)", wrong && !node.round ? " failed-step" : "");
    if (node.round)
      out_ += both(fmt::format("第 {} 轮", *node.round), fmt::format("round {}", *node.round));
    else
      out_ += fmt::format(R"({} <code>{}</code> <span class="place">{}:{}</span> <span class="{}">{}</span>{})",
                          escaped(node.title.empty() ? node.act : node.title), node.title.empty() ? "" : escaped(node.act),
                          escaped(node.file), node.line, state.css, both(state.zh, state.en),
                          node.tried_again > 0 ? " " + both(fmt::format("重试 {} 次", node.tried_again),
                                                            fmt::format("tried again {} times", node.tried_again))
                                               : "");
    const auto from = 100.0 * static_cast<double>(std::max<std::int64_t>(0, begun - tree_.begun)) / static_cast<double>(length_);
    const auto wide = 100.0 * static_cast<double>(ended - begun) / static_cast<double>(length_);
    out_ += fmt::format(
        R"(</div><div class="when">{}</div><div class="took">{}</div><div class="track"><i style="left:{:.2f}%;width:{:.2f}%"></i></div></div>)",
        time_of(begun), begun > 0 ? duration_of(ended - begun) : "–", std::min(from, 99.0), std::min(wide, 100.0 - std::min(from, 99.0)));
    if (!more) {
      out_ += "</div>";
      return;
    }
    out_ += "</summary>";
    details(node);
    inside(node);
    out_ += "</details>";
  }
  void details(const TraceNode& node) {
    if (node.set.empty() && node.said.empty() && node.evidence.empty() && !node.error) return;
    out_ += R"(<div class="more">)";
    if (node.error)
      out_ += fmt::format(R"(<p><b class="error">{}</b> {}</p>)", escaped(node.error->code),
                          both(escaped(node.error->zh), escaped(node.error->en)));
    if (!node.set.empty()) {
      out_ += "<table><tr><th>" + both("变量", "variable") + "</th><th>" + both("值", "value") + "</th></tr>";
      const auto count = node.set.size();
      for (std::size_t i = 0; i < count; ++i) {
        if (count > 60 && i >= 30 && i + 30 < count) continue;
        out_ += "<tr><td>" + escaped(node.set[i].first) + "</td><td>" + escaped(node.set[i].second) + "</td></tr>";
      }
      out_ += "</table>";
    }
    said(node);
    pictures(node);
    out_ += "</div>";
  }
  void said(const TraceNode& node) {
    if (node.said.empty()) return;
    out_ += R"(<table class="said">)";
    const auto count = node.said.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (count > 400 && i >= 200 && i + 200 < count) continue;
      const auto& one = node.said[i];
      out_ += fmt::format(R"(<tr><td>{}</td><td class="{}">{}</td><td>{}</td></tr>)", time_of(one.at),
                          one.level == "error"  ? "error"
                          : one.level == "warn" ? "warn"
                                                : "",
                          escaped(one.level), escaped(one.text));
    }
    out_ += "</table>";
    if (count > 400)
      out_ += "<p>" + both(fmt::format("中间 {} 行未列出", count - 400), fmt::format("{} lines in between are not listed", count - 400)) +
              "</p>";
  }
  void pictures(const TraceNode& node) {
    for (const auto& path : node.evidence) {
      const auto name = path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
      const bool png = path.ends_with(".png"), jpg = path.ends_with(".jpg") || path.ends_with(".jpeg");
      std::optional<std::string> bytes;
      if ((png || jpg) && options_.picture && pictures_ < 50) bytes = options_.picture(path);
      if (bytes && bytes->size() <= most_picture) {
        ++pictures_;
        out_ += fmt::format(R"(<p>{}<br><img alt="{}" src="data:image/{};base64,{}"></p>)", escaped(name), escaped(name),
                            png ? "png" : "jpeg", base::base64(base::bytes_of(*bytes)));
      } else {
        out_ += "<p>" + both("证据", "evidence") + ": " + escaped(path) + "</p>";
      }
    }
  }

  const TraceTree& tree_;
  const TracePageOptions& options_;
  std::int64_t length_ = 1;
  std::size_t shown_ = 0, pictures_ = 0;
  std::string out_;
};

}  // namespace

std::string trace_page(std::string_view lines, const TracePageOptions& options) {
  const auto tree = read_trace(lines);
  return Page(tree, options).run();
}

}  // namespace quanji::engine
