#include "gtn/report/table.h"

#include <gmock/gmock.h>

#include <limits>

#include "tests/report/support.h"

namespace gtn {
namespace {

TEST(Table, aligns_words_left_and_numbers_right) {
  const Table table{{"learner", "synthetic, %", "gain"},
                    {{"base_fc", "78.1 ± 0.4", "+6.1"}, {"mlp", "9.8", "-"}, {"x4", "nan", "-12"}}};
  EXPECT_EQ(format_table(table),
            "learner  synthetic, %  gain\n"
            "---------------------------\n"
            "base_fc    78.1 ± 0.4  +6.1\n"
            "mlp               9.8     -\n"
            "x4                nan   -12\n");
}

TEST(Table, one_word_makes_a_column_text_and_no_line_ends_in_a_space) {
  EXPECT_EQ(format_table({{"a", "value"}, {{"1", "2"}, {"10", "none"}}}), " a  value\n---------\n 1  2\n10  none\n");
  EXPECT_EQ(format_table({{"a", "b"}, {{"-", ""}}}), "a  b\n----\n-\n");
}

TEST(Table, refuses_a_row_of_another_length) {
  EXPECT_THAT(message_of<std::invalid_argument>([] {
                format_table({{"a", "b"}, {{"1"}}});
              }),
              testing::HasSubstr("a row of 1 cells under a header of 2"));
}

TEST(Fixed, rounds_and_names_what_is_no_number) {
  EXPECT_EQ(fixed(71.26, 1), "71.3");
  EXPECT_EQ(fixed(-0.5, 2), "-0.50");
  EXPECT_EQ(fixed(1e300, 0).size(), 301u);
  EXPECT_EQ(fixed(-std::numeric_limits<double>::quiet_NaN(), 1), "nan");
  EXPECT_EQ(fixed(-std::numeric_limits<double>::infinity(), 1), "-inf");
}

}  // namespace
}  // namespace gtn
