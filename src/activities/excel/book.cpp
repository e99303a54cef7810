#include "activities/excel/book.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/encodings.h"
#include "base/files.h"
#include "values/names.h"
#include "workbook/new_file.h"
#include "workbook/xlsx_write.h"

namespace quanji::activities::excel {

using namespace documents;
using base::Code;
using base::Text;
using engine::ActivityContext;
using engine::business_failure;
using engine::ErrorCode;
using engine::Failure;
using engine::Outcome;
using engine::system_failure;
using flow::ErrorKind;
using workbook::Workbook;
using workbook::WorkbookEditor;

namespace {

// Old .xls files and workbooks with a password are both compound files; the encrypted one holds a stream of this name, in UTF-16.
enum class Compound : std::uint8_t { no, encrypted, old };
Compound compound_kind(const std::string& path) {
  const base::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::string head(64U << 10U, '\0');
  const auto got = fd.get() < 0 ? 0 : ::pread(fd.get(), head.data(), head.size(), 0);
  head.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  if (!head.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) return Compound::no;
  std::string name;
  for (const char c : std::string_view("EncryptedPackage")) name += {c, '\0'};
  if (head.find(name) != std::string::npos) return Compound::encrypted;
  // The directory may stand behind the first pieces.
  const auto whole = base::read_whole(fd.get(), std::size_t{64} << 20U);
  return whole.ok() && whole->find(name) != std::string::npos ? Compound::encrypted : Compound::old;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Failure read_failure(const base::Error& error, const std::string& path) {
  const auto name = shown_name(path);
  if (error.code() == Code::invalid_field) switch (compound_kind(path)) {
      case Compound::encrypted:
        return business_failure("wrong_password", Text(fmt::format("工作簿 {} 有打开密码；请另存为不带密码的 .xlsx", name),
                                                       fmt::format("the workbook {} has a password; save it without one as .xlsx", name)));
      case Compound::old:
        return system_failure("not_supported", Text(fmt::format("{} 是旧的 .xls；先用 excel.convert 转成 .xlsx", name),
                                                    fmt::format("{} is an old .xls; convert it to .xlsx by excel.convert first", name)));
      case Compound::no:
        break;
    }
  return documents::document_failure(error);
}
Failure sheet_failure(const base::Error& error) {
  auto failure = engine::failure_of(error);
  if (error.code() == Code::not_found || error.code() == Code::name_taken || error.code() == Code::too_large)
    failure.kind = ErrorKind::business;
  if (error.code() == Code::invalid_field) {
    failure.code = "bad_value";
    failure.kind = ErrorKind::business;
  }
  return failure;
}
Failure edit_failure(const base::Error& error) {
  auto failure = documents::document_failure(error);
  if (error.code() == Code::invalid_field) {
    failure.code = "not_supported";
    failure.kind = ErrorKind::system;
  }
  return failure;
}
Failure argument_failure(const base::Error& error) {
  auto failure = engine::failure_of(error);
  failure.code = "invalid_argument";
  return failure;
}

std::vector<ErrorCode> workbook_reading_errors() {
  return reading_errors() +
         std::vector<ErrorCode>{
             {"not_found", ErrorKind::business, {"没有这个文件或工作表；会说出有哪些", "No such file or sheet; those there are are told"}},
             {"unreadable",
              ErrorKind::business,
              {"不是 .xlsx 或已损坏；说明部件、单元格和原因", "No .xlsx, or damaged: part, cell and reason are told"}},
             {"wrong_password", ErrorKind::business, {"有打开密码；另存为不带密码的", "It has a password; save it without one"}},
             {"too_large",
              ErrorKind::business,
              {"超过格数或字节上限；读小一些的区域", "Beyond a limit of cells or bytes; read a smaller range"}},
             {"not_supported",
              ErrorKind::system,
              {"旧 .xls 等格式；先用 excel.convert 转换", "An old .xls and its like; convert it by excel.convert first"}}};
}
std::vector<ErrorCode> workbook_changing_errors() {
  return workbook_reading_errors() +
         std::vector<ErrorCode>{{"bad_value",
                                 ErrorKind::business,
                                 {"值写不进单元格（列表、映射、过长的文本）；先取出需要的部分",
                                  "A value that fits into no cell (a list, a map, a text too long); take out the part you need"}},
                                {"not_supported",
                                 ErrorKind::system,
                                 {"改了会丢内容的地方不改：合并区域内部、数组公式、表格对象的列名、签名的文件；说明单元格",
                                  "What cannot be kept is not changed: inside of merged blocks, array formulas, names of table objects, "
                                  "signed files; the cell is told"}}} +
         writing_errors();
}

// ---- the resource ----

Outcome<std::unique_ptr<OpenBook>> OpenBook::open(ActivityContext& context, const std::string& path, bool make) {
  const auto draft =
      fmt::format("{}/.{}-{}.draft", context.work_folder(), context.step_key().substr(0, 60), context.random().below(1'000'000'000));
  std::string clean = draft;
  for (auto& c : clean)
    if (&c > clean.data() + context.work_folder().size() && c == '/') c = '-';
  std::unique_ptr<OpenBook> book(new OpenBook(path, std::move(clean)));
  book->there_ = ::stat(path.c_str(), &book->opened_) == 0;
  if (!book->there_ && make) {
    book->blank_ = true;
    return book;
  }
  // Whether it can be read and changed is said here, not at its end.
  QUANJI_TRY(auto* opened, book->editor());
  (void)opened;
  book->editor_.reset();
  book->changed_ = false;
  return book;
}
OpenBook::~OpenBook() {
  if (drafted_) ::unlink(draft_.c_str());
}
Outcome<void> OpenBook::begin(const std::string& sheet) {
  if (auto made = make_workbook(draft_, sheet); !made.ok()) return documents::document_failure(made.error());
  drafted_ = true;
  blank_ = false;
  changed_ = true;
  return {};
}
Outcome<WorkbookEditor*> OpenBook::editor() {
  if (blank_) QUANJI_DO(begin("Sheet1"));
  if (!editor_) {
    const auto& from = drafted_ ? draft_ : path_;
    auto opened = WorkbookEditor::open(from);
    if (!opened.ok()) return drafted_ ? edit_failure(opened.error()) : read_failure(opened.error(), path_);
    editor_ = std::move(*opened);
  }
  changed_ = true;
  return &*editor_;
}
Outcome<std::string> OpenBook::settled() {
  if (blank_) QUANJI_DO(begin("Sheet1"));
  if (editor_) {
    auto editor = std::move(*editor_);
    editor_.reset();
    if (auto saved = editor.save(draft_, workbook::Existing::replace); !saved.ok()) return edit_failure(saved.error());
    drafted_ = true;
  }
  return drafted_ ? draft_ : path_;
}
Outcome<void> OpenBook::replace(const std::function<base::Status(const std::string& from, const std::string& to)>& change) {
  QUANJI_TRY(const auto from, settled());
  if (auto changed = change(from, draft_); !changed.ok()) return edit_failure(changed.error());
  drafted_ = true;
  changed_ = true;
  return {};
}
Outcome<void> OpenBook::same_as_opened() const {
  struct stat now = {};
  const bool there = ::stat(path_.c_str(), &now) == 0;
  if (there == there_ && (!there || same_file(now, opened_))) return {};
  const auto name = shown_name(path_);
  return system_failure("file_busy",
                        Text(fmt::format("工作簿 {} 打开期间被其他程序改动，没有覆盖它", name),
                             fmt::format("another program changed the workbook {} while it was open; it was not overwritten", name)));
}
Outcome<void> OpenBook::close(ActivityContext&) {
  if (abandoned_ || (!changed_ && !blank_)) {
    editor_.reset();
    return {};
  }
  QUANJI_TRY(auto* editor, this->editor());
  QUANJI_DO(same_as_opened());
  auto saved = editor->save(path_, there_ ? workbook::Existing::replace : workbook::Existing::refuse);
  editor_.reset();
  if (!saved.ok()) return edit_failure(saved.error());
  return {};
}

// ---- path or resource ----

Outcome<Book> Book::of(ActivityContext& context, const values::Value& file) {
  switch (file.type()) {
    case values::Type::text:
      if (!file.text().empty() && file.text().find('\0') == std::string::npos) return Book(context.path_of(file.text()));
      break;
    case values::Type::file:
      return Book(context.path_of(file.file().path));
    case values::Type::handle: {
      QUANJI_TRY(auto lease, context.find<OpenBook>(file.handle()));
      Book book(lease->path());
      book.lease_ = std::move(lease);
      return book;
    }
    default:
      break;
  }
  return wrong_argument(fmt::format("file 应为路径、文件，或由 excel.open_workbook 打开的工作簿，现为 {}", word_of(file.type())),
                        fmt::format("file is a path, a file or a workbook opened by excel.open_workbook, not a {}", word_of(file.type())));
}
Outcome<bool> Book::begin(const std::string& sheet) {
  if (!lease_ || !(*lease_)->is_blank()) return false;
  QUANJI_DO((*lease_)->begin(sheet));
  return true;
}
Outcome<std::string> Book::settled() {
  if (lease_) return (*lease_)->settled();
  return path_;
}
Outcome<Workbook> Book::read() {
  QUANJI_TRY(const auto at, settled());
  auto book = Workbook::open(at);
  if (!book.ok()) return read_failure(book.error(), at);
  return std::move(*book);
}
Outcome<void> Book::edit(ActivityContext& context, const std::function<Outcome<void>(WorkbookEditor&)>& set,
                         const std::optional<std::string>& make) {
  if (lease_) {
    if ((*lease_)->is_blank() && make) QUANJI_DO((*lease_)->begin(*make));
    QUANJI_TRY(auto* editor, (*lease_)->editor());
    return set(*editor);
  }
  struct stat there = {};
  if (make && ::stat(path_.c_str(), &there) != 0 && errno == ENOENT) {
    QUANJI_TRY(auto made, OpenBook::open(context, path_, true));
    QUANJI_DO(made->begin(*make));
    QUANJI_TRY(auto* editor, made->editor());
    QUANJI_DO(set(*editor));
    return made->close(context);
  }
  auto opened = WorkbookEditor::open(path_);
  if (!opened.ok()) return read_failure(opened.error(), path_);
  QUANJI_DO(set(*opened));
  QUANJI_DO(context.go_on());
  if (auto saved = opened->save(path_, workbook::Existing::replace); !saved.ok()) return edit_failure(saved.error());
  return {};
}
Outcome<void> Book::replace(const std::function<base::Status(const std::string& from, const std::string& to)>& change) {
  if (lease_) return (*lease_)->replace(change);
  if (auto changed = change(path_, path_); !changed.ok()) return edit_failure(changed.error());
  return {};
}

base::Status make_workbook(const std::string& path, const std::string& sheet) {
  QUANJI_TRY(auto writer, workbook::WorkbookWriter::create(path, workbook::Existing::replace, written_at));
  workbook::SheetWriting writing;
  writing.name = sheet;
  writing.header = workbook::SheetHeader::none;
  writing.columns = {{.name = "A", .width = 8.43, .look = {}, .formula = {}}};
  QUANJI_DO(writer.begin_sheet({"A"}, writing));
  QUANJI_DO(writer.end_sheet());
  QUANJI_DO(writer.close());
  return {};
}

Outcome<std::string> sheet_of(const std::vector<workbook::SheetInfo>& sheets, const std::optional<std::string>& name) {
  if (!name) {
    const auto seen =
        std::ranges::find_if(sheets, [](const auto& one) { return one.state == workbook::SheetState::visible && one.has_cells; });
    if (seen != sheets.end()) return seen->name;
    const auto any = std::ranges::find_if(sheets, [](const auto& one) { return one.has_cells; });
    if (any != sheets.end()) return any->name;
  }
  const auto wanted = name.value_or("");
  const auto found = std::ranges::find_if(
      sheets, [&](const auto& one) { return std::ranges::equal(one.name, wanted, [](char a, char b) { return lower(a) == lower(b); }); });
  if (found != sheets.end()) return found->name;
  std::vector<std::string> names;
  for (const auto& sheet : sheets) names.push_back(sheet.name);
  return business_failure("not_found", values::no_such_name({"工作表", "sheet"}, wanted, names));
}
Outcome<workbook::Cell> cell_of(const std::string& text) {
  auto cell = workbook::parse_cell(text);
  if (!cell.ok()) return argument_failure(cell.error());
  return *cell;
}
Outcome<Place> place_of(Workbook& book, const std::optional<std::string>& sheet, const std::optional<std::string>& range) {
  QUANJI_TRY(auto name, sheet_of(book.sheets(), sheet));
  if (!range || range->empty()) return Place{std::move(name), std::nullopt};
  if (auto block = workbook::parse_range(*range); block.ok()) return Place{std::move(name), *block};
  auto named = book.named_range(*range, name);
  if (!named.ok()) return named.error().code() == Code::not_found ? sheet_failure(named.error()) : argument_failure(named.error());
  const std::optional<std::string> its(named->sheet);
  QUANJI_TRY(auto its_name, sheet_of(book.sheets(), its));
  if (sheet && its_name != name)
    return wrong_argument(fmt::format("“{}”在工作表“{}”上，不在“{}”上", *range, its_name, name),
                          fmt::format("\"{}\" lies on the sheet \"{}\", not on \"{}\"", *range, its_name, name));
  return Place{std::move(its_name), named->range};
}

}  // namespace quanji::activities::excel
