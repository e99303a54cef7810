#include "activities/reference.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "activities/catalogue.h"
#include "engine/testing.h"
#include "values/field_values.h"

namespace quanji::activities {
namespace {

enum class Colour : std::uint8_t { red, green };
struct Paint {
  struct Input {
    std::string wall;
    Colour colour = Colour::red;
    std::optional<std::int64_t> coats;
    std::vector<std::string> rooms;
    static const base::FieldList& fields();
  };
  struct Output {
    bool done = false;
    static const base::FieldList& fields();
  };
  static engine::ActivityInfo info() {
    engine::ActivityInfo info;
    info.id = "wall.paint";
    info.title = {"刷墙", "Paint a wall"};
    info.sentence = {"刷一面墙。", "Paints a wall."};
    info.effect = flow::Effect::repeatable;
    info.capabilities = {"files"};
    info.errors = {{"no_paint", flow::ErrorKind::business, {"没有漆了：去买", "no paint | buy some"}}};
    info.examples = {{{"北墙", "The north wall"},
                      "- do: wall.paint\n  with: {wall: north}\n  save: done\n- return: {done: =done}\n",
                      R"({"done":true})"}};
    return info;
  }
  static engine::Outcome<Output> run(engine::ActivityContext&, const Input&) { return Output{true}; }
};

}  // namespace
}  // namespace quanji::activities
QUANJI_ENUM(quanji::activities::Colour, "red", "green");
namespace quanji::activities {
namespace {

QUANJI_FIELDS(Paint::Input, QF(wall, "哪面墙", "Which wall"), QF(colour, "颜色", "The colour", .fallback = "\"red\""),
              QF(coats, "几遍", "How many coats", .min = 1, .max = 9), QF(rooms, "房间", "Rooms", .fallback = "[]"))
QUANJI_FIELDS(Paint::Output, QF(done, "已刷", "Whether it is painted"))

std::vector<GeneratedFile> pages() {
  const engine::Activity* const activities[] = {engine::activity<Paint>()};
  return reference_pages({{"empty", {"空", "Empty"}}, {"wall", {"墙", "Walls"}}}, activities);
}

TEST(Reference, AGroupHasAPageWithWhatItsActivitiesTakeGiveAndFailWith) {
  const auto made = pages();
  ASSERT_EQ(made.size(), 2U) << "an index and the group that has activities";
  EXPECT_EQ(made[0].name, "README.md");
  EXPECT_EQ(made[1].name, "wall.md");
  const auto& page = made[1].text;
  for (const char* piece : {
           "# `wall` 墙 · Walls",
           "- [`wall.paint`](#wallpaint) 刷墙 · Paint a wall",
           "刷一面墙。<br>Paints a wall.",
           "| `wall` | text | 是 yes |  |  | 哪面墙<br>Which wall |",
           "| `colour` | text |  | `red` | `red` `green` | 颜色<br>The colour |",
           "| `coats` | integer 1…9 |  |  |  |",
           "| `rooms` | list (text) |  | `[]` |",
           "| `done` | bool | 已刷<br>Whether it is painted |",
           "- 影响 effect: `repeatable`",
           "- 需要的能力 capabilities: `files`",
           R"(| `no_paint` | business | 没有漆了：去买<br>no paint \| buy some |)",
           "```yaml\n- do: wall.paint\n",
           R"(返回 returns：`{"done":true}`)",
       })
    EXPECT_NE(page.find(piece), std::string::npos) << piece << "\n" << page;
  EXPECT_LT(page.find("刷墙"), page.find("Paint a wall")) << "Chinese first";
}
TEST(Reference, TheIndexNamesEachGroupThatHasActivities) {
  const auto index = pages().front().text;
  EXPECT_NE(index.find("| [`wall`](wall.md) | 墙 · Walls | `wall.paint` |"), std::string::npos) << index;
  EXPECT_EQ(index.find("empty"), std::string::npos) << index;
}
TEST(Reference, TheContractIsReadBackAsTheCatalogueItWasMadeFrom) {
  const auto files = activity_contracts(described());
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].name, "activities.json");
  const auto read = flow::read_catalogue(files[0].text);
  ASSERT_TRUE(read) << read.error().message().en;
  EXPECT_EQ(read->json(), described().json());
  for (const auto& file : files) EXPECT_TRUE(file.text.ends_with("}\n")) << file.name;
}
TEST(Reference, EveryPageIsWrittenIntoItsFolder) {
  engine::TemporaryFolder folder;
  ASSERT_TRUE(write_contracts(folder.path() + "/contracts", folder.path() + "/pages").ok());
  for (const auto& file : reference_pages(groups(), catalogue())) {
    std::ostringstream text;
    text << std::ifstream(folder.path() + "/pages/" + file.name).rdbuf();
    EXPECT_EQ(text.str(), file.text) << file.name;
  }
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/contracts/flow.schema.json"));
  std::ofstream(folder.path() + "/file") << "x";
  EXPECT_FALSE(write_contracts(folder.path() + "/file", folder.path() + "/pages").ok());
}

}  // namespace
}  // namespace quanji::activities
