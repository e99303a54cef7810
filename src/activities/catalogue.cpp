#include "activities/catalogue.h"

#include <stdexcept>

#include "activities/group.h"
#include "engine/activity_values.h"

namespace quanji::activities {
namespace {

struct Group {
  const char* id;
  base::Sentence title;
  void (*add)(Activities& to);
};
// One line a group; each is a folder with its activities.
constexpr Group all_groups[] = {
    {"file", {"文件", "Files"}, add_file},
    {"archive", {"压缩包", "Archives"}, add_archive},
    {"text", {"文本", "Text"}, add_text},
    {"table", {"表", "Tables"}, add_table},
    {"csv", {"CSV", "CSV"}, add_csv},
    {"json", {"JSON", "JSON"}, add_json},
    {"xml", {"XML", "XML"}, add_xml},
    {"excel", {"Excel", "XLSX workbooks"}, add_excel},
    {"dbf", {"DBF", "DBF"}, add_dbf},
    {"fixed_width", {"定宽文本", "Fixed width text"}, add_fixed_width},
    {"http", {"HTTP", "HTTP"}, add_http},
    {"process", {"程序", "Programs"}, add_process},
    {"log", {"日志", "Log"}, add_log},
    {"calendar", {"日历", "Calendars"}, add_calendar},
    {"crypto", {"加密", "Cryptography"}, add_crypto},
    {"image", {"图像", "Pictures"}, add_image},
    {"asset", {"资产（参数）", "Assets"}, add_asset},
    {"credential", {"凭据", "Credentials"}, add_credential},
    {"queue", {"数据队列", "Data queues"}, add_queue},
    {"storage", {"文件库", "Stored files"}, add_storage},
    {"task", {"任务", "Tasks"}, add_task},
    {"human", {"人工", "People"}, add_human},
};

const Activities& activities() {
  static const Activities all = [] {
    Activities made;
    for (const auto& group : all_groups) group.add(made);
    return made;
  }();
  return all;
}

}  // namespace

engine::Catalogue catalogue() { return activities(); }

std::vector<flow::ActivityGroup> groups() {
  std::vector<flow::ActivityGroup> made;
  for (const auto& group : all_groups) made.push_back({group.id, {std::string(group.title.zh), std::string(group.title.en)}});
  return made;
}

const flow::Catalogue& described() {
  static const flow::Catalogue made = [] {
    auto catalogue_made = engine::flow_catalogue(groups(), catalogue());
    if (!catalogue_made) throw std::logic_error("activities contradict themselves: " + catalogue_made.error().message().en);
    return std::move(*catalogue_made);
  }();
  return made;
}

}  // namespace quanji::activities
