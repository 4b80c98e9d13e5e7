#include "gtn/report/csv.h"

#include <gmock/gmock.h>

#include "gtn/core/json.h"
#include "tests/report/support.h"

namespace gtn {
namespace {

TEST(Csv, quotes_only_what_needs_it) {
  EXPECT_EQ(
      format_csv({{"id", "a name"}, {{"1", "plain |x~0|"}, {"2", "one, two"}, {"3", "say \"no\""}, {"", "a\nb"}}}),
      "id,a name\r\n1,plain |x~0|\r\n2,\"one, two\"\r\n3,\"say \"\"no\"\"\"\r\n,\"a\nb\"\r\n");
  EXPECT_EQ(format_csv({{"only"}, {{""}, {"x"}}}), "only\r\n\"\"\r\nx\r\n");
}

TEST(Csv, another_reader_gets_back_what_was_written) {
  const TemporaryFolder folder;
  const Table table{
      {"a", "b,c", "\"d\""},
      {{"", ",", "\r\n"}, {"\"", "\"\"", "',;\t"}, {" x ", "é 𝄞", R"({"k": [1, "v"]})"}, {"\r", "\n", "x"}}};
  write_file_atomic(folder / "table.csv", format_csv(table));
  const CommandResult read =
      run_python(folder,
                 "import csv, json, sys\n"
                 "print(json.dumps(list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8')))))",
                 folder / "table.csv");
  ASSERT_EQ(read.code, 0) << read.output;
  Json rows = table.rows;
  rows.insert(rows.begin(), table.header);
  EXPECT_EQ(Json::parse(read.output), rows);
}

TEST(Csv, refuses_a_row_of_another_length) {
  EXPECT_THAT(message_of<std::invalid_argument>([] {
                format_csv({{"a", "b"}, {{"1"}}});
              }),
              testing::HasSubstr("format_csv: a row of 1 cells under a header of 2"));
}

}  // namespace
}  // namespace gtn
