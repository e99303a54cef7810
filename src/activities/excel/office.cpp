#include "activities/excel/office.h"

#include <fmt/format.h>
#include <poll.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "activities/documents.h"
#include "activities/excel/book.h"
#include "activities/excel/excel.h"
#include "base/encodings.h"
#include "devices/program.h"
#include "workbook/new_file.h"

namespace quanji::activities::excel {

using namespace documents;
using base::Text;
using engine::ActivityContext;
using engine::ActivityInfo;
using engine::business_failure;
using engine::Outcome;
using engine::system_failure;

namespace {

// Formulas are worked out anew whoever saved the file last; nothing is asked, nothing is fetched.
constexpr std::string_view settings = R"(<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>1</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
)";

constexpr std::uint64_t most_bytes = std::uint64_t{2} << 30U;

std::string ending_of(std::string_view path) {
  const auto name = workbook::name_of(std::string(path));
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) return {};
  auto ending = name.substr(dot + 1);
  std::ranges::transform(ending, ending.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return ending;
}
engine::ErrorCode missing_office() {
  return {"requirement_missing",
          flow::ErrorKind::system,
          {"没有安装 LibreOffice；在机器人上安装 libreoffice-calc-nogui",
           "LibreOffice is not installed; install libreoffice-calc-nogui on the robot"}};
}
std::vector<engine::ErrorCode> office_errors() {
  return reading_errors() + writing_errors() +
         std::vector<engine::ErrorCode>{
             missing_office(),
             {"unreadable",
              flow::ErrorKind::business,
              {"LibreOffice 读不了这个文件；检查它能否打开", "LibreOffice can make nothing of the file; see whether it opens"}},
             {"not_supported",
              flow::ErrorKind::system,
              {"不做这种转换；看 to 的扩展名和 sheet", "This is not converted; see the ending of `to` and `sheet`"}}};
}

}  // namespace

OfficeResult::~OfficeResult() {
  std::error_code failed;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, failed);
}

Outcome<OfficeResult> run_office(ActivityContext& context, const OfficeWork& work) {
  auto folder = context.work_folder() + "/.office-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return document_failure(workbook::file_error("mkdtemp", folder));
  OfficeResult result(folder);
  std::error_code failed;
  std::filesystem::create_directories(folder + "/profile/user", failed);
  std::filesystem::create_directory(folder + "/out", failed);
  std::ofstream(folder + "/profile/user/registrymodifications.xcu") << settings;
  const auto name = "input." + ending_of(work.file), input = folder + "/" + name;
  QUANJI_TRY(const auto bytes, read_whole_file(context, work.file, most_bytes));
  std::ofstream(input, std::ios::binary) << bytes;
  devices::ProgramOptions options;
  options.program = "soffice";
  options.folder = folder;
  options.arguments = {"--headless",
                       "--norestore",
                       "--nolockcheck",
                       "--nodefault",
                       "-env:UserInstallation=file://" + folder + "/profile",
                       "--convert-to",
                       work.filter.empty() ? work.ending : work.filter,
                       "--outdir",
                       folder + "/out",
                       input};
  options.environment = {{"HOME", folder}, {"SAL_USE_VCLPLUGIN", "svp"}};
  auto program = devices::Program::start(std::move(options));
  if (!program.ok()) {
    if (program.error().code() == base::Code::not_found)
      return system_failure("requirement_missing",
                            Text("没有安装 LibreOffice（找不到 soffice）；请在机器人上安装 libreoffice-calc-nogui",
                                 "LibreOffice is not installed (no soffice in PATH); install libreoffice-calc-nogui on the robot"));
    return document_failure(program.error());
  }
  auto waited = context.wait_for((*program)->settled_descriptor(), POLLIN);
  (*program)->kill();
  if (!waited) return std::move(waited).error();
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/out", failed))
    if (ending_of(entry.path().string()) == work.ending) result.found(entry.path().string());
  if (result.file().empty()) {
    const auto said = base::repair_utf8(base::utf8_beginning((*program)->error_output(), 300));
    return business_failure("unreadable", Text(fmt::format("LibreOffice 没有转换 {}：{}", shown_name(work.file), said),
                                               fmt::format("LibreOffice converted nothing of {}: {}", shown_name(work.file), said)));
  }
  return result;
}

namespace {
Outcome<ChangedFile> put(ActivityContext& context, const OfficeResult& made, FileTarget target) {
  QUANJI_TRY(const auto bytes, read_whole_file(context, made.file(), most_bytes));
  QUANJI_TRY(auto file, place_bytes(std::move(target), bytes));
  return ChangedFile{std::move(file)};
}
}  // namespace

QUANJI_FIELDS(Compute::Input, QF(file, "工作簿文件", "The workbook's file"),
              QF(to, "目标文件；不给就写回原文件", "The target; the file itself when not given"))
QUANJI_FIELDS(Convert::Input, QF(file, "文件：xls、xlsx、xlsm、ods、csv", "The file: xls, xlsx, xlsm, ods, csv"),
              QF(to, "目标文件，按扩展名：xls、xlsx、ods、csv、pdf", "The target; its ending: xls, xlsx, ods, csv, pdf"),
              QF(sheet, "转成 csv 时的工作表；不给就是第一张", "The sheet that becomes csv; the first when not given"),
              QF(if_exists, "目标已存在时", "What if the target is there", .fallback = "\"replace\""))

ActivityInfo Compute::info() {
  ActivityInfo info;
  info.id = "excel.compute";
  info.title = {"重算公式", "Compute formulas"};
  info.sentence = {"用 LibreOffice 重算全部公式。结果由 LibreOffice 保存：宏和它不认识的内容会丢；要保留请给 to，另存一份。",
                   "Computes all formulas through LibreOffice, which saves the result: macros and what it does not know are lost; give "
                   "`to` to keep the original."};
  info.effect = flow::Effect::repeatable;
  info.errors = office_errors();
  info.examples = {{{"求和", "A sum"},
                    R"(- do: excel.write_workbook
  with: {sheets: {S: [{a: 1}, {a: 2}]}, to: book.xlsx}
- do: excel.write_cell
  with: {file: book.xlsx, cell: B1, formula: 'SUM(A2:A3)'}
- try:
    - do: excel.compute
      with: {file: book.xlsx, to: computed.xlsx}
      timeout: 2m
      save: file
    - do: excel.read_cell
      with: {file: =file, cell: B1}
      save: sum
  catch:
    - error: [requirement_missing]
      steps:
        - set: {sum: 3}
- return: {sum: =sum}
)",
                    R"({"sum":3})"}};
  return info;
}
Outcome<Compute::Output> Compute::run(ActivityContext& context, const Input& input) {
  const auto from = documents::place_of(context, input.file), to = input.to ? documents::place_of(context, *input.to) : from;
  if (ending_of(from) != "xlsx" || ending_of(to) != "xlsx")
    return system_failure("not_supported", Text("excel.compute 只处理 .xlsx", "excel.compute takes .xlsx only"));
  QUANJI_TRY(auto target, FileTarget::of(context, input.to.value_or(input.file), IfExists::replace));
  QUANJI_TRY(const auto made, run_office(context, {from, "xlsx", "xlsx:Calc MS Excel 2007 XML"}));
  return put(context, made, std::move(target));
}

ActivityInfo Convert::info() {
  ActivityInfo info;
  info.id = "excel.convert";
  info.title = {"转换文件", "Convert a file"};
  info.sentence = {"用 LibreOffice 转换：xls、xlsx、ods、csv、pdf（按 to 的扩展名）。csv 是 UTF-8，内容如显示。",
                   "Converts by LibreOffice, by the ending of `to`: xls, xlsx, ods, csv, pdf. A csv is UTF-8, with what is shown."};
  info.effect = flow::Effect::repeatable;
  info.errors = office_errors();
  info.examples = {{{"转成 csv", "To csv"},
                    R"(- do: excel.write_workbook
  with: {sheets: {S: [{a: 1}]}, to: book.xlsx}
- set: {made: true}
- try:
    - do: excel.convert
      with: {file: book.xlsx, to: book.csv}
      timeout: 2m
  catch:
    - error: [requirement_missing]
      steps:
        - set: {made: true}
- return: {made: =made}
)",
                    R"({"made":true})"}};
  return info;
}
Outcome<Convert::Output> Convert::run(ActivityContext& context, const Input& input) {
  const auto from = documents::place_of(context, input.file), to = documents::place_of(context, input.to);
  QUANJI_TRY(auto target, FileTarget::of(context, input.to, input.if_exists));
  if (target.stays()) return Output{target.file()};
  const auto ending = ending_of(to), its = ending_of(from);
  struct Way {
    std::string_view ending, filter;
  };
  constexpr Way ways[] = {{"xlsx", "xlsx:Calc MS Excel 2007 XML"},
                          {"xls", "xls:MS Excel 97"},
                          {"ods", "ods:calc8"},
                          {"pdf", "pdf:calc_pdf_Export"},
                          {"csv", "csv"}};
  const auto way = std::ranges::find(ways, ending, &Way::ending);
  constexpr std::string_view taken[] = {"xls", "xlsx", "xlsm", "ods", "csv"};
  if (way == std::end(ways) || std::ranges::find(taken, its) == std::end(taken))
    return system_failure(
        "not_supported",
        Text(fmt::format("不会从 .{} 转成 .{}：只有 xls、xlsx、xlsm、ods、csv 转成 xls、xlsx、ods、csv、pdf", its, ending),
             fmt::format("a .{} does not become a .{}: xls, xlsx, xlsm, ods, csv become xls, xlsx, ods, csv, pdf", its, ending)));
  OfficeWork work{from, ending, std::string(way->filter)};
  if (input.sheet && ending != "csv") return system_failure("not_supported", Text("sheet 只在转成 csv 时有用", "sheet is for csv only"));
  if (ending == "csv") {
    std::size_t number = 1;
    if (input.sheet) {
      if (its != "xlsx" && its != "xlsm")
        return system_failure("not_supported", Text("给 sheet 时，文件应为 .xlsx；先转成 .xlsx",
                                                    "with a sheet the file is an .xlsx; convert it to .xlsx first"));
      auto book = workbook::Workbook::open(from);
      if (!book.ok()) return read_failure(book.error(), from);
      QUANJI_TRY(const auto sheet, sheet_of(book->sheets(), input.sheet));
      number = static_cast<std::size_t>(std::ranges::find(book->sheets(), sheet, &workbook::SheetInfo::name) - book->sheets().begin()) + 1;
    }
    // Comma, quotation mark, UTF-8, from the first line on, as shown, the sheet by its number.
    work.filter = fmt::format("csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,{}", number);
  }
  QUANJI_TRY(const auto made, run_office(context, work));
  return put(context, made, std::move(target));
}

}  // namespace quanji::activities::excel
