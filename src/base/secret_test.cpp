#include "base/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <sstream>
#include <type_traits>

#include "base/log.h"
#include "base/random.h"

namespace quanji::base {
namespace {

template <class T>
concept Printable = requires(std::ostringstream& out, const T& value) {
  out << value;
};
template <class T>
concept BecomesJson = requires(boost::json::value& json, const T& value) {
  tag_invoke(boost::json::value_from_tag{}, json, value);
};
template <class T>
concept BecomesText = requires(const T& value) {
  to_text(value);
};
template <class T>
concept Loggable = requires(const T& value) {
  log::Field{"key", value};
};

// The promise is that these do not compile; each has a twin that does, so that the test itself can fail.
static_assert(Printable<std::string> && !Printable<Secret>);
static_assert(fmt::is_formattable<std::string>::value && !fmt::is_formattable<Secret>::value);
static_assert(!BecomesJson<Secret>);
static_assert(!boost::json::has_value_from<Secret>::value && boost::json::has_value_from<std::string>::value);
static_assert(!BecomesText<Secret>);
static_assert(Loggable<std::string> && !Loggable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view> && !std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret> && std::is_nothrow_move_constructible_v<Secret>);

TEST(Secret, WipingOverwritesEveryByte) {
  Secret secret(std::string_view("correct horse battery staple"));
  wipe(secret.writable());
  EXPECT_EQ(secret.size(), 28U);
  EXPECT_TRUE(std::ranges::all_of(secret.reveal_bytes(), [](std::uint8_t b) { return b == 0; }));
}

TEST(Secret, TakingATextWipesThePlaceItStoodIn) {
  std::string text = "a password that is longer than any small-string buffer";
  text += "!";
  const char* place = text.data();
  const auto length = text.size();
  const auto secret = Secret::take(text);
  EXPECT_EQ(secret.size(), length);
  EXPECT_TRUE(text.empty());
  // The buffer is still the text's own, so it may be looked at.
  ASSERT_EQ(place, text.data());
  text.resize(length);
  EXPECT_EQ(text.find_first_not_of('\0'), std::string::npos);
}

TEST(Secret, MovingLeavesNothingBehind) {
  Secret a(std::string_view("one"));
  Secret b(std::move(a));
  EXPECT_TRUE(a.empty());
  EXPECT_EQ(b.reveal(), "one");
  Secret c(std::string_view("two"));
  c = std::move(b);
  EXPECT_TRUE(b.empty());
  EXPECT_EQ(c.reveal(), "one");
}

TEST(Secret, EqualityLooksAtLengthAndBytes) {
  const Secret a(std::string_view("same"));
  EXPECT_TRUE(a == a.clone());
  EXPECT_FALSE(a == Secret(std::string_view("samE")));
  EXPECT_FALSE(a == Secret(std::string_view("same ")));
  EXPECT_TRUE(Secret() == Secret(std::string_view("")));
}

TEST(Secret, RandomOnesDiffer) {
  SystemRandom random;
  EXPECT_FALSE(Secret::random(random, 32) == Secret::random(random, 32));
}

}  // namespace
}  // namespace quanji::base
