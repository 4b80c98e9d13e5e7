#include "gtn/core/json.h"

#include <gtest/gtest.h>

namespace gtn {
namespace {

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ParseJson, what_is_json_is_read_and_the_rest_discarded) {
  EXPECT_EQ(parse_json(R"({"b": [1, 2.5, null], "a": "text"})").dump(), R"({"b":[1,2.5,null],"a":"text"})");
  for (const char* text : {"", "{", "[1,]", "nul", "{\"a\": }", "\xff"})
    EXPECT_TRUE(parse_json(text).is_discarded()) << text;
}

TEST(ParseJson, deep_nesting_is_discarded) {
  EXPECT_FALSE(parse_json(nested(64)).is_discarded());
  for (const size_t depth : {65, 1'000'000}) EXPECT_TRUE(parse_json(nested(depth)).is_discarded()) << depth;
  EXPECT_FALSE(parse_json("[\"" + nested(100) + "\\\"" + nested(100) + "\"]").is_discarded()) << "in a text";
  EXPECT_TRUE(parse_json("{\"flat\": 1, \"deep\": " + nested(100) + "}").is_discarded());
}

}  // namespace
}  // namespace gtn
