#include <gtest/gtest.h>

#include <fstream>

#include "activities/testing.h"
#include "workbook/xlsx_read.h"
#include "workbook/zip_testing.h"

namespace quanji::activities {
namespace {

using workbook::ZipEntry;

class Excel : public testing::Test {
 protected:
  ActivityWorld world{ActivityWorld::Time::real};

  std::string outputs(const std::string& steps) {
    const auto finished = world.run_steps(steps, ActivityWorld::returned_by(steps));
    message = finished.error ? finished.error->message : "";
    return finished.error ? finished.error->code : finished.outputs.text;
  }
  std::string bytes_of(const std::string& name) {
    std::ifstream file(world.file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void put(const std::string& name, const std::vector<ZipEntry>& entries) {
    std::ofstream(world.file(name), std::ios::binary) << zip_of(entries);
  }
  std::string part(const std::string& name, std::string_view part) {
    auto parts = workbook::ZipParts::open(world.file(name), {});
    if (!parts.ok()) return "";
    auto whole = parts->whole(part, 1U << 24U);
    return whole.ok() ? *whole : "";
  }
  std::string cell(const std::string& file, const std::string& at, const std::string& more = "") {
    return outputs("- do: excel.read_cell\n  with: {file: " + file + ", cell: " + at + more + "}\n  save: v\n- return: {v: =v}\n");
  }
  std::size_t files() { return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(world.work.path()), {})); }
  std::string message;
};

TEST_F(Excel, AWorkbookIsReadBackTheSame) {
  EXPECT_EQ(outputs(R"yaml(- set:
    rows:
      - {代码: '000001', 大数: 1234567890123456789, 金额: =Decimal('1234567.10'), 日期: "=datetime.date(2026, 11, 20)", 时刻: "=datetime.datetime(2026, 11, 20, 9, 30, 15)", 标记: true, 文: " =1+1"}
      - {代码: '0', 大数: 1, 金额: =Decimal('-0.01'), 日期: "=datetime.date(1900, 1, 1)", 时刻: "=datetime.datetime(2026, 1, 1, 0, 0, 1)", 标记: false, 文: "==SUM(A1)"
}
- do: excel.write_workbook
  with: {sheets: {S: =rows}, to: a.xlsx}
  save: file
- do: excel.read_table
  with:
    file: =file
    columns: {代码: text, 大数: integer, 金额: decimal, 日期: date, 时刻: datetime, 标记: bool, 文: text}
  save: table
- return: {same: "=[dict(row) for row in table] == rows", n: =len(table)}
)yaml"),
            R"({"n":2,"same":true})")
      << message;
}
TEST_F(Excel, TheSameTablesMakeTheSameBytesSoAStepCanBeDoneTwice) {
  const auto write = [&](const char* value, const char* if_exists) {
    return outputs("- do: excel.write_workbook\n  with: {sheets: {S: [{a: " + std::string(value) +
                   "}]}, to: a.xlsx, if_exists: " + if_exists + "}\n- return: {}\n");
  };
  EXPECT_EQ(write("1", "fail"), "{}");
  const auto bytes = bytes_of("a.xlsx");
  EXPECT_EQ(write("1", "fail"), "{}") << message;
  EXPECT_EQ(write("2", "fail"), "file_exists");
  EXPECT_EQ(write("2", "skip"), "{}");
  EXPECT_EQ(bytes_of("a.xlsx"), bytes);
  EXPECT_EQ(files(), 1U);
}
TEST_F(Excel, AnEditKeepsChartsMacrosAndOtherSheets) {
  auto entries = workbook::workbook_entries(R"(<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>)");
  entries.push_back({"xl/charts/chart1.xml", "<chart/>"});
  entries.push_back({"xl/vbaProject.bin", std::string("\0\1macros", 8)});
  entries.push_back({"xl/worksheets/sheet9.xml", "<worksheet>other</worksheet>"});
  put("a.xlsx", entries);
  EXPECT_EQ(outputs("- do: excel.write_cell\n  with: {file: a.xlsx, cell: B1, value: '007'}\n- return: {}\n"), "{}") << message;
  for (const auto& entry : entries) {
    if (entry.name == "xl/worksheets/sheet1.xml" || entry.name == "xl/workbook.xml") continue;
    EXPECT_EQ(part("a.xlsx", entry.name), entry.bytes) << entry.name;
  }
  EXPECT_EQ(cell("a.xlsx", "B1"), R"({"v":"007"})");
  EXPECT_EQ(cell("a.xlsx", "A1"), R"({"v":1})");
}
TEST_F(Excel, StepsInsideAnOpenWorkbookTakePlaceTogetherOrNotAtAll) {
  const std::string begin = "- do: excel.write_workbook\n  with: {sheets: {S: [{a: 1}]}, to: a.xlsx}\n";
  const std::string open =
      "- do: excel.open_workbook\n  with: {file: a.xlsx}\n  as: book\n  steps:\n"
      "    - do: excel.write_cell\n      with: {file: =book, cell: A2, value: 2}\n"
      "    - do: excel.read_cell\n      with: {file: =book, cell: A2}\n      save: seen\n"
      "    - do: excel.add_sheet\n      with: {file: =book, sheet: T}\n"
      "    - do: excel.read_cell\n      with: {file: a.xlsx, cell: A2}\n      save: outside\n";
  EXPECT_EQ(outputs(begin + open + "- return: {seen: =seen, outside: =outside}\n"), R"({"outside":1,"seen":2})") << message;
  EXPECT_EQ(cell("a.xlsx", "A2"), R"({"v":2})");
  EXPECT_EQ(files(), 1U);
  outputs(begin);
  const auto before = bytes_of("a.xlsx");
  EXPECT_EQ(outputs(open + "    - fail: {code: no, message: no}\n"), "no");
  EXPECT_EQ(bytes_of("a.xlsx"), before);
  EXPECT_EQ(files(), 1U);
}
TEST_F(Excel, AStepThatFailedInsideLeavesTheWorkbookAsItWas) {
  EXPECT_EQ(outputs(R"(- do: excel.write_workbook
  with: {sheets: {S: [{a: 1}]}, to: a.xlsx}
- do: excel.open_workbook
  with: {file: a.xlsx}
  as: book
  steps:
    - try:
        - do: excel.write_range
          with: {rows: [[7], [[8]]], file: =book, cell: A2}
      catch:
        - save: problem
          steps: []
- do: excel.read_cell
  with: {file: a.xlsx, cell: A2}
  save: v
- return: {v: =v, code: =problem.code}
)"),
            R"({"code":"bad_value","v":1})")
      << message;
}
TEST_F(Excel, AWorkbookChangedMeanwhileIsNotOverwritten) {
  EXPECT_EQ(outputs(R"(- do: excel.write_workbook
  with: {sheets: {S: [{a: 1}]}, to: a.xlsx}
- do: excel.open_workbook
  with: {file: a.xlsx}
  as: book
  steps:
    - do: excel.write_cell
      with: {file: =book, cell: A2, value: 2}
    - do: excel.write_workbook
      with: {sheets: {S: [{a: 3}, {a: 4}]}, to: a.xlsx}
)"),
            "file_busy");
  EXPECT_EQ(cell("a.xlsx", "A3"), R"({"v":4})");
}
TEST_F(Excel, AWorkbookThatIsMadeIsThereOnlyWhenItsStepsWentWell) {
  const std::string open =
      "- do: excel.open_workbook\n  with: {file: new.xlsx, if_missing: make}\n  as: book\n  steps:\n    - do: excel.add_sheet\n      with: "
      "{file: =book, sheet: 数据}\n";
  EXPECT_EQ(outputs(open + "    - fail: {code: no, message: no}\n"), "no");
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(
      outputs(open + "- do: excel.list_sheets\n  with: {file: new.xlsx}\n  save: s\n- return: {s: \"=[row['name'] for row in s]\"}\n"),
      R"({"s":["数据"]})")
      << message;
  EXPECT_EQ(outputs("- do: excel.open_workbook\n  with: {file: none.xlsx}\n  as: b\n  steps: [{set: {x: 1}}]\n"), "not_found");
}
TEST_F(Excel, ReadingATableChoosesColumnsSkipsRowsAndTellsBadValues) {
  put("a.xlsx",
      workbook::workbook_entries(
          R"(<sheetData><row r="2"><c r="A2" t="str"><v>标题</v></c></row><row r="4"><c r="A4" t="str"><v>a</v></c><c r="B4" t="str"><v>b</v></c></row>)"
          R"(<row r="5"><c r="A5"><v>1</v></c><c r="B5" t="str"><v>x</v></c></row><row r="6"><c r="A6" t="str"><v>nine</v></c></row></sheetData>)"));
  const auto table = [&](const std::string& more) {
    return outputs("- do: excel.read_table\n  with: {file: a.xlsx, skip: 2" + more +
                   "}\n  save: t\n- return: {t: '=[dict(r) for r in t]'}\n");
  };
  EXPECT_EQ(table(""), R"({"t":[{"a":1,"b":"x"},{"a":"nine","b":null}]})") << message;
  EXPECT_EQ(table(", columns: [b]"), R"({"t":[{"b":"x"},{"b":null}]})");
  EXPECT_EQ(table(", columns: {a: integer}"), "bad_value");
  EXPECT_NE(message.find("A6"), std::string::npos) << message;
  EXPECT_EQ(table(", columns: {a: integer}, if_bad: nothing"), R"({"t":[{"a":1},{"a":null}]})");
  EXPECT_EQ(table(", columns: [c]"), "not_found");
  EXPECT_EQ(table(", sheet: T"), "not_found");
  EXPECT_EQ(table(", columns: 3"), "invalid_argument");
  EXPECT_EQ(table(", range: 'A4:B5', header: false"), R"({"t":[]})");
}
TEST_F(Excel, NamesOfBlocksAndTablesAreRanges) {
  auto entries = workbook::workbook_entries(
      R"(<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row></sheetData>)", {},
      R"(<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets><definedNames><definedName name="率">S!$B$1</definedName><definedName name="怪">1+1</definedName></definedNames>)");
  put("a.xlsx", entries);
  const auto range = [&](const std::string& name) {
    return outputs("- do: excel.read_range\n  with: {file: a.xlsx, range: " + name + "}\n  save: r\n- return: {r: =r}\n");
  };
  EXPECT_EQ(range("率"), R"({"r":[[2]]})") << message;
  EXPECT_EQ(range("无"), "not_found");
  EXPECT_EQ(range("怪"), "invalid_argument");
  EXPECT_EQ(range("'A:A'"), R"({"r":[[1]]})");
}
TEST_F(Excel, FormulasAreReadMovedToTheirCells) {
  put("a.xlsx",
      workbook::workbook_entries(
          R"(<sheetData><row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1*2</f><v>4</v></c></row><row r="2"><c r="A2"><f t="shared" si="0"/><v>6</v></c></row></sheetData>)"));
  EXPECT_EQ(cell("a.xlsx", "A2", ", what: formula"), R"({"v":"B2*2"})") << message;
  EXPECT_EQ(outputs("- do: excel.read_range\n  with: {file: a.xlsx, what: formula}\n  save: r\n- return: {r: =r}\n"),
            R"({"r":[["B1*2"],["B2*2"]]})");
  EXPECT_EQ(outputs("- do: excel.write_cell\n  with: {file: a.xlsx, cell: A1, value: 1}\n- return: {}\n"), "not_supported");
}
TEST_F(Excel, WhatIsNoWorkbookIsToldApart) {
  const auto read = [&](const std::string& name, std::string_view bytes) {
    std::ofstream(world.file(name), std::ios::binary) << bytes;
    return outputs("- do: excel.list_sheets\n  with: {file: " + name + "}\n- return: {}\n");
  };
  EXPECT_EQ(read("a.xlsx", "hello"), "unreadable");
  EXPECT_EQ(read("b.xls", std::string("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") + std::string(600, 'x')), "not_supported");
  std::string encrypted = std::string("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") + std::string(600, 'x');
  for (const char c : std::string_view("EncryptedPackage")) encrypted += {c, '\0'};
  EXPECT_EQ(read("c.xlsx", encrypted), "wrong_password");
  EXPECT_EQ(outputs("- do: excel.list_sheets\n  with: {file: 3}\n- return: {}\n"), "invalid_argument");
}
TEST_F(Excel, AppendedRowsGoByTheHeader) {
  EXPECT_EQ(outputs(R"(- do: excel.open_workbook
  with: {file: a.xlsx, if_missing: make}
  as: book
  steps:
    - do: excel.append_rows
      with: {table: [{b: 1, a: 2}], file: =book}
    - do: excel.append_rows
      with: {table: [{a: 4}, {a: 5}], file: =book}
      save: n
- do: excel.read_range
  with: {file: a.xlsx}
  save: r
- return: {n: =n, r: =r}
)"),
            R"({"n":2,"r":[["b","a"],[1,2],[null,4],[null,5]]})")
      << message;
  EXPECT_EQ(outputs("- do: excel.append_rows\n  with: {table: [{c: 1}], file: a.xlsx}\n"), "not_found");
}
TEST_F(Excel, SheetsAreRenamedCopiedAndDeletedWithWhatNamesThem) {
  EXPECT_EQ(outputs(R"(- do: excel.write_workbook
  with: {sheets: {A: [{x: 1}], B: [{y: 0}]}, to: a.xlsx}
- do: excel.write_cell
  with: {file: a.xlsx, sheet: B, cell: A2, formula: 'A!A2+"A!A2"'}
- do: excel.rename_sheet
  with: {file: a.xlsx, sheet: a, name: "It's"}
- do: excel.read_cell
  with: {file: a.xlsx, sheet: B, cell: A2, what: formula}
  save: f
- return: {f: =f}
)"),
            R"json({"f":"'It''s'!A2+\"A!A2\""})json")
      << message;
  EXPECT_EQ(outputs("- do: excel.delete_sheet\n  with: {file: a.xlsx, sheet: \"It's\"}\n"), "not_supported");
  EXPECT_NE(message.find("#REF!"), std::string::npos);
  EXPECT_EQ(outputs("- do: excel.rename_sheet\n  with: {file: a.xlsx, sheet: B, name: \"IT'S\"}\n"), "name_taken");
  EXPECT_EQ(outputs("- do: excel.rename_sheet\n  with: {file: a.xlsx, sheet: B, name: 'a/b'}\n"), "invalid_argument");
  EXPECT_EQ(outputs("- do: excel.rename_sheet\n  with: {file: a.xlsx, sheet: C, name: D}\n"), "not_found");
  EXPECT_EQ(
      outputs(
          "- do: excel.copy_sheet\n  with: {file: a.xlsx, sheet: B, name: C}\n- do: excel.delete_sheet\n  with: {file: a.xlsx, sheet: B}\n"
          "- do: excel.list_sheets\n  with: {file: a.xlsx}\n  save: s\n- return: {s: \"=[row['name'] for row in s]\"}\n"),
      R"json({"s":["It's","C"]})json")
      << message;
  EXPECT_EQ(outputs("- do: excel.delete_sheet\n  with: {file: a.xlsx, sheet: none}\n- return: {}\n"), "{}");
  EXPECT_EQ(outputs("- do: excel.delete_sheet\n  with: {file: a.xlsx, sheet: none, if_missing: fail}\n"), "not_found");
}
TEST_F(Excel, LooksAreSetReadAndCleared) {
  EXPECT_EQ(outputs(R"(- do: excel.write_workbook
  with: {sheets: {S: [{a: 1234.5, b: 1}]}, to: a.xlsx}
- do: excel.set_style
  with: {file: a.xlsx, range: 'A2:C3', style: {number_format: '#,##0.00', italic: true, colour: '#FF0000', border: medium, align: right, wrap: true, size: 14}}
- do: excel.set_style
  with: {file: a.xlsx, range: 'B:B', style: {width: 30, hidden: true}}
- do: excel.set_style
  with: {file: a.xlsx, range: 'D5:E6', style: {merge: true}}
- do: excel.read_cell
  with: {file: a.xlsx, cell: A2, what: style}
  save: s
- do: excel.read_cell
  with: {file: a.xlsx, cell: B2, what: style}
  save: b
- do: excel.read_cell
  with: {file: a.xlsx, cell: E6, what: style}
  save: e
- return: {s: "=[s['number_format'], s['italic'], s['bold'], s['colour'], s['border'], s['align'], s['wrap'], s['size']]", b: "=[b['width'], b['hidden']]", e: "=e['merge']"}
)"),
            R"({"b":[{"$decimal":"30"},true],"e":true,"s":["#,##0.00",true,false,"#FF0000","medium","right",true,{"$decimal":"14"}]})")
      << message;
  EXPECT_EQ(cell("a.xlsx", "A2"), R"({"v":{"$decimal":"1234.5"}})");
  EXPECT_EQ(outputs("- do: excel.set_style\n  with: {file: a.xlsx, range: 'E6:F7', style: {merge: true}}\n"), "not_supported");
  EXPECT_EQ(outputs("- do: excel.set_style\n  with: {file: a.xlsx, range: A1, style: {bolt: true}}\n"), "invalid_argument");
  EXPECT_EQ(outputs("- do: excel.set_style\n  with: {file: a.xlsx, range: A1, style: {hidden: true}}\n"), "invalid_argument");
  EXPECT_EQ(outputs("- do: excel.clear_range\n  with: {file: a.xlsx, range: 'A2:B2', what: style}\n- return: {}\n"), "{}") << message;
  EXPECT_EQ(outputs("- do: excel.read_cell\n  with: {file: a.xlsx, cell: A2, what: style}\n  save: s\n- return: {s: "
                    "\"=[s['number_format'], s['italic']]\"}\n"),
            R"({"s":["General",false]})");
  EXPECT_EQ(cell("a.xlsx", "A2"), R"({"v":{"$decimal":"1234.5"}})");
}

}  // namespace
}  // namespace quanji::activities
