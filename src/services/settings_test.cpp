#include "services/settings.h"

#include "services/identity_testing.h"

namespace quanji::services {
namespace {

using base::Code;
using testing::code_of;
using testing::House;

base::Patch<SettingChange> to(std::string name, std::optional<std::string> json) {
  base::Patch<SettingChange> patch;
  patch.value.name = std::move(name);
  if (json) patch.value.value = base::JsonText{std::move(*json)};
  patch.value.reason = "why";
  patch.given = 0b110;
  return patch;
}
std::int64_t failures(House& house) {
  std::int64_t n = 0;
  EXPECT_TRUE(house
                  .view([&](const View& v) -> Status {
                    QUANJI_TRY(n, settings::integer(v, "security.max_failures"));
                    return {};
                  })
                  .ok());
  return n;
}

TEST(Settings, AreDeclaredSortedWithDefaultsWithinTheirLimits) {
  House house;
  std::string_view before;
  for (const auto& row : settings::declared()) {
    EXPECT_LT(before, row.name);
    before = row.name;
    ASSERT_TRUE(house.change([&](Change& c) { return settings::put(c, row.name, row.fallback); }).ok()) << row.name;
  }
}

TEST(Settings, AChangeIsReadAtOnceAndRefusedOutsideTheLimits) {
  House house;
  EXPECT_EQ(failures(house), 5);
  const auto system = house.as(house.system, "setting.change");
  const auto changed = house.run(system, &change_setting, to("security.max_failures", "7"));
  ASSERT_TRUE(changed.ok()) << testing::en(changed.error());
  EXPECT_EQ(changed->value.text, "7");
  EXPECT_FALSE(changed->is_default);
  EXPECT_EQ(changed->revision, 1);
  EXPECT_EQ(house.last_note.before, "5");
  EXPECT_EQ(failures(house), 7);
  for (const auto* bad : {"0", "21", "\"7\"", "7.5", "null", "[]", "{"})
    EXPECT_NE(code_of(house.run(system, &change_setting, to("security.max_failures", bad))), Code::ok) << bad;
  EXPECT_EQ(failures(house), 7);
  ASSERT_TRUE(house.run(system, &change_setting, to("security.max_failures", {})).ok());
  EXPECT_EQ(failures(house), 5);
  EXPECT_EQ(code_of(house.run(system, &change_setting, to("security.no_such", "1"))), Code::not_found);
}

TEST(Settings, WhatAChangeReadAndRolledBackIsNotRemembered) {
  House house;
  settings::forget();
  const auto failed = house.change([](Change& c) -> Status {
    QUANJI_DO(settings::put(c, "security.max_failures", "9"));
    QUANJI_TRY(const auto seen, settings::integer(c, "security.max_failures"));
    EXPECT_EQ(seen, 9);
    return base::Error(Code::wrong_state);
  });
  EXPECT_EQ(code_of(failed), Code::wrong_state);
  EXPECT_EQ(failures(house), 5);
}

TEST(Settings, WhoDoesNotAskTheTableKnowsAChangeOfThisNodeAtOnce) {
  House house;
  ASSERT_TRUE(house.view([](const View& v) { return refresh_epoch(v); }).ok());
  ASSERT_TRUE(house.change([](Change& c) { return settings::put(c, "security.idle_minutes", "20"); }).ok());
  EXPECT_EQ(settings::known_integer("security.idle_minutes"), 20);
  EXPECT_FALSE(house
                   .change([](Change& c) -> Status {
                     QUANJI_DO(settings::put(c, "security.idle_minutes", "30"));
                     return base::Error(Code::wrong_state);
                   })
                   .ok());
  EXPECT_EQ(settings::known_integer("security.idle_minutes"), 20);
}

TEST(Settings, OtherNodesLearnOfAChangeFromTheEpoch) {
  House house;
  ASSERT_TRUE(house.view([](const View& v) { return refresh_epoch(v); }).ok());
  EXPECT_EQ(settings::known_integer("security.idle_minutes"), 15);
  // Another node's change: written without this process being told.
  ASSERT_TRUE(house
                  .change([](Change& c) -> Status {
                    static const storage::Query put{"t_put",
                                                    {"insert into settings (name, value, created_at, created_by, updated_at, updated_by, "
                                                     "revision) values ('security.idle_minutes', '20', 0, 'x', 0, 'x', 1)",
                                                     {}},
                                                    {"select 1", {}}};
                    static const storage::Query raise{
                        "t_raise", {"update epochs set value = value + 1 where name = 'settings'", {}}, {"select 1", {}}};
                    QUANJI_DO(c.run(put));
                    QUANJI_DO(c.run(raise));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(settings::known_integer("security.idle_minutes"), 15);
  ASSERT_TRUE(house.view([](const View& v) { return refresh_epoch(v); }).ok());
  EXPECT_EQ(settings::known_integer("security.idle_minutes"), 20);
}

TEST(Settings, ANameOfNoSettingOrAnotherTypeIsABug) {
  House house;
  EXPECT_THROW(settings::known_integer("security.no_such"), std::logic_error);
  EXPECT_EQ(code_of(house.view([](const View& v) -> Status {
              QUANJI_DO(settings::integer(v, "approvals.required"));
              return {};
            })),
            Code::bug);
}

TEST(Settings, AreForTheSystemAdministratorToChange) {
  House house;
  EXPECT_EQ(code_of(house.run(house.as(house.security, "setting.change"), &change_setting, to("security.max_failures", "9"))),
            Code::not_permitted);
  EXPECT_TRUE(house.ask(house.as(house.security, "setting.read"), &list_settings, base::Nothing{}).ok());
  EXPECT_EQ(code_of(house.ask(house.as(house.auditor, "setting.read"), &read_setting, SettingRef{"security.max_failures"})),
            Code::not_found);
}

}  // namespace
}  // namespace quanji::services
