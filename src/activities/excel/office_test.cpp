// LibreOffice as a tool of flows, and as the judge of what the other activities write.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "activities/testing.h"

namespace quanji::activities {
namespace {

bool has_office() {
  for (const char* folder : {"/usr/bin", "/usr/local/bin", "/bin"})
    if (std::filesystem::exists(std::string(folder) + "/soffice")) return true;
  return false;
}

class Office : public testing::Test {
 protected:
  ActivityWorld world{ActivityWorld::Time::real};
  std::string outputs(const std::string& steps) {
    const auto finished = world.run_steps(steps, ActivityWorld::returned_by(steps));
    message = finished.error ? finished.error->message : "";
    return finished.error ? finished.error->code : finished.outputs.text;
  }
  std::string message;
};

TEST_F(Office, WithoutLibreOfficeItIsSaidWhatIsMissing) {
  const std::string before = std::getenv("PATH") ? std::getenv("PATH") : "";
  ::setenv("PATH", world.work.path().c_str(), 1);
  const auto code =
      outputs("- do: excel.write_workbook\n  with: {sheets: {S: [{a: 1}]}, to: a.xlsx}\n- do: excel.compute\n  with: {file: a.xlsx}\n");
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_EQ(code, "requirement_missing");
  EXPECT_NE(message.find("libreoffice-calc-nogui"), std::string::npos) << message;
  // Nothing of the try is left.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(world.work.path()), {}), 1);
}
TEST_F(Office, WhatIsNotConvertedIsRefusedBeforeAnythingStarts) {
  const std::string begin = "- do: excel.write_workbook\n  with: {sheets: {S: [{a: 1}]}, to: a.xlsx}\n- do: excel.convert\n  with: ";
  EXPECT_EQ(outputs(begin + "{file: a.xlsx, to: a.docx}\n"), "not_supported");
  EXPECT_EQ(outputs(begin + "{file: a.xlsx, to: a.pdf, sheet: S}\n"), "not_supported");
  EXPECT_EQ(outputs(begin + "{file: a.xlsx, to: a.csv, sheet: T}\n"), "not_found");
  EXPECT_EQ(outputs(begin + "{file: a.xlsx, to: a.xlsx, if_exists: skip}\n- return: {}\n"), "{}");
}
TEST_F(Office, LibreOfficeOpensWhatWasEditedAndComputesTheSame) {
  if (!has_office()) GTEST_SKIP() << "LibreOffice is not installed";
  EXPECT_EQ(outputs(R"yaml(- python: |
    import struct
    with open(folder + '/seal.bmp', 'wb') as file:
        file.write(b'BM' + struct.pack('<IIIIiiHHIIiiII', 78, 0, 54, 40, 4, 2, 1, 24, 0, 24, 0, 0, 0, 0) + bytes(24))
  with: {folder: ")yaml" +
                    world.work.path() + R"yaml("}
- do: excel.write_workbook
  with: {sheets: {数据: [{代码: '000001', 数: 3}, {代码: '600000', 数: 5}], 汇总: [{合计: 0}]}, to: a.xlsx}
- do: excel.open_workbook
  with: {file: a.xlsx}
  as: book
  steps:
    - do: excel.write_cell
      with: {file: =book, sheet: 汇总, cell: A2, formula: 'SUM(数据!B2:B9)'}
    - do: excel.rename_sheet
      with: {file: =book, sheet: 数据, name: "11月 '26"}
    - do: excel.append_rows
      with: {table: [{数: 7, 代码: '000002'}], file: =book, sheet: "11月 '26"}
    - do: excel.set_style
      with: {file: =book, sheet: 汇总, range: A2, style: {number_format: '0.00', bold: true, border: true, background: '#FFEEDD', align: center}}
    - do: excel.add_chart
      with: {file: =book, sheet: 汇总, cell: C3, name: 图, range: 'A1:A2', kind: line}
    - do: excel.add_image
      with: {picture: seal.bmp, file: =book, sheet: 汇总, cell: C20, name: 章, scale: 4}
    - do: excel.copy_sheet
      with: {file: =book, sheet: "11月 '26", name: 副本}
    - do: excel.add_sheet
      with: {file: =book, sheet: 封面, before: "11月 '26"}
- do: excel.compute
  with: {file: a.xlsx, to: b.xlsx}
- do: excel.read_cell
  with: {file: b.xlsx, sheet: 汇总, cell: A2}
  save: sum
- do: excel.list_sheets
  with: {file: b.xlsx}
  save: sheets
- do: excel.convert
  with: {file: a.xlsx, to: a.csv, sheet: 副本}
- do: excel.convert
  with: {file: a.xlsx, to: a.pdf}
- return: {sheets: "=[row['name'] for row in sheets]", sum: "=int(sum)"}
)yaml"),
            R"json({"sheets":["封面","11月 '26","汇总","副本"],"sum":15})json")
      << message;
  std::ifstream csv(world.file("a.csv"), std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(csv), {}), "代码,数\n000001,3\n600000,5\n000002,7\n");
  std::ifstream pdf(world.file("a.pdf"), std::ios::binary);
  std::string head(5, '\0');
  pdf.read(head.data(), 5);
  EXPECT_EQ(head, "%PDF-");
}

}  // namespace
}  // namespace quanji::activities
