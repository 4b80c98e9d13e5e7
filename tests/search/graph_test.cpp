#include "gtn/search/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gtn/nets/spec.h"

namespace gtn {
namespace {

using testing::HasSubstr;

int64_t count_of(const std::string& text, const std::string& word) {
  int64_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(Graph, draws_a_row_as_one_box) {
  const std::string dot = dot_graph(*make_net("conv(4) relu maxpool(2) flatten linear(classes)", {1, 8, 8}, 10));
  EXPECT_EQ(count_of(dot, "->"), 1);
  EXPECT_THAT(dot, HasSubstr("conv(4, k=3)\\nrelu\\nmaxpool(2)\\nflatten\\nlinear(10)\\n[10]"));
  EXPECT_THAT(dot, HasSubstr("690 parameters"));  // 4 * 9 + 4 + 64 * 10 + 10
}

TEST(Graph, draws_what_meets_and_parts) {
  const std::string dot =
      dot_graph(*make_net("conv(4) res{ conv(4) relu conv(4) } relu gap linear(classes)", {1, 8, 8}, 10));
  EXPECT_EQ(count_of(dot, "->"), 4);  // image, body, and two into the sum
  EXPECT_THAT(dot, HasSubstr("n1 -> n2"));
  EXPECT_THAT(dot, HasSubstr("n0 -> n2"));
}

}  // namespace
}  // namespace gtn
