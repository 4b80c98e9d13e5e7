// Tables as data sets.
#include "gtn/data/csv_reader.h"

#include <gmock/gmock.h>

#include "gtn/data/dataset.h"
#include "tests/data/files.h"

namespace gtn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(const std::string& text, char separator = ',') {
  Rows rows;
  read_csv(text, separator, "t.csv", [&](int64_t, const std::vector<std::string>& cells) {
    rows.push_back(cells);
    return true;
  });
  return rows;
}

TEST(Csv, quotes_blanks_and_line_ends_are_read) {
  EXPECT_EQ(rows_of("\xef\xbb\xbf"
                    "a, b ,c\r\n1,\"x, \"\"y\"\"\nz\",\n\n,,\n7"),
            (Rows{{"a", "b", "c"}, {"1", "x, \"y\"\nz", ""}, {"", "", ""}, {"7"}}));
  EXPECT_EQ(rows_of("a\tb\n\t2", '\t'), (Rows{{"a", "b"}, {"", "2"}}));
  EXPECT_EQ(rows_of("1,"), (Rows{{"1", ""}}));
  EXPECT_EQ(rows_of(""), Rows{});
  EXPECT_EQ(csv_separator("a;b;\"c,d,e,f\"\n1,2,3,4,5"), ';');
  EXPECT_THAT(message_of([] { rows_of("a\n\"b"); }), HasSubstr("t.csv: the quote in line 2 never ends"));
  EXPECT_THAT(message_of([] { rows_of(std::string("a\0b", 3)); }), HasSubstr("is no text"));
  EXPECT_THAT(message_of([] { rows_of("a\n" + std::string(2'000'000, ',')); }),
              HasSubstr("the row in line 2 has more than 2000000 cells"));
}

class OwnTable : public testing::Test {
 protected:
  Splits open(const std::string& text, const std::string& label = "", const std::string& name = "t.csv") const {
    write_file_atomic(folder_ / name, text);
    return open_dataset((folder_ / name).string(), {}, std::nullopt, {.data = {.label = label}});
  }
  std::string fault(const std::string& text, const std::string& label = "") const {
    return message_of([&] { open(text, label); });
  }
  // Six rows of two classes with these columns.
  static std::string table(const std::string& header) {
    std::string text = header + "\n";
    for (int i = 0; i < 6; ++i)
      text += std::to_string(i) + ".5," + (i % 2 == 0 ? "no" : "yes") + "," + std::to_string(-1000 * i) + "\n";
    return text;
  }

  TemporaryFolder folder_;
};

TEST_F(OwnTable, columns_become_channels_in_their_own_units) {
  const Splits splits = open(table("height,label,weight"));
  EXPECT_THAT(splits.train.class_names, ElementsAre("no", "yes"));
  EXPECT_EQ(shape_of(splits.train.images), (Shape{2, 2, 1, 1}));
  const Tensor values = at::cat({splits.train.images, splits.validation.images, splits.test.images}).div(255);
  EXPECT_TRUE(at::allclose(std::get<0>(values.select(1, 0).flatten().sort()), at::arange(6).to(at::kFloat) + 0.5));
  EXPECT_TRUE(at::allclose(values.select(1, 1), (values.select(1, 0) - 0.5) * -1000, 1e-5, 1e-3));
  const Tensor units = splits.normalization.apply(splits.train.images);
  EXPECT_TRUE(at::allclose(units.mean(0).flatten(), at::zeros({2}), 0, 1e-5));
  EXPECT_TRUE(at::allclose(units.std(0, false).flatten(), at::ones({2}), 0, 1e-5));
  EXPECT_TRUE(at::allclose(splits.normalization.invert(units), splits.train.images / 255, 1e-5, 1e-3))
      << "values of a table know no bounds";
}

TEST_F(OwnTable, has_no_pictures_to_scale) {
  write_file_atomic(folder_ / "t.csv", table("height,label,weight"));
  EXPECT_THAT(message_of([&] { open_dataset((folder_ / "t.csv").string(), {}, {}, {.data = {.size = 8}}); }),
              HasSubstr("data.size is for folders of pictures; leave it out"));
}

TEST_F(OwnTable, the_class_is_found_by_name_by_place_or_as_asked) {
  EXPECT_EQ(open("5.1,3,setosa\n4,3,virginica\n5,3,setosa\n6,3,virginica\n7,3,setosa\n8,3,virginica\n").train.classes(),
            2)
      << "no header";
  std::string numbers = "a,class,b\n";
  for (int i = 0; i < 33; ++i) numbers += "1," + std::to_string(i % 11) + ",2\n";
  EXPECT_EQ(open(numbers).train.class_names.back(), "10") << "by size, not by letters";
  EXPECT_EQ(open(table("height,what,weight"), "what").train.class_names.front(), "no");
  EXPECT_THAT(fault(table("height,what,weight"), "waht"), HasSubstr("did you mean \"what\"?"));
}

TEST_F(OwnTable, the_other_columns_keep_their_names) {
  const auto columns = [&](const std::string& text) {
    write_file_atomic(folder_ / "named.csv", text);
    return open_with_sources((folder_ / "named.csv").string(), {}).columns;
  };
  EXPECT_THAT(columns(table("height,label,weight")), ElementsAre("height", "weight"));
  EXPECT_THAT(columns(table("\"he\nght\",label,\xff")), ElementsAre("\"he\\nght\"", testing::Not("\xff")));
  EXPECT_THAT(columns("1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,1,a\n2,3,b\n"), ElementsAre("column 1", "column 2"));
}

TEST_F(OwnTable, a_test_table_may_stand_beside) {
  const std::string folder = (folder_ / "both").string();
  std::filesystem::create_directories(folder);
  write_file_atomic(folder + "/train.csv", table("height,label,weight"));
  write_file_atomic(folder + "/test.csv", "height,label,weight\n1,yes,2\n");
  EXPECT_EQ(open_dataset(folder, {}).train.size(), 4);
  EXPECT_EQ(open_dataset(folder, {}).test.size(), 1);
  write_file_atomic(folder + "/test.csv", "height,label,weight\n1,maybe,2\n");
  EXPECT_THAT(message_of([&] { open_dataset(folder, {}); }), HasSubstr("labels that are no class of the training: 1"));
  write_file_atomic(folder + "/test.csv", "weight,label,height\n1,yes,2\n");
  EXPECT_THAT(message_of([&] { open_dataset(folder, {}); }), HasSubstr("have different columns"));
}

TEST_F(OwnTable, all_faults_are_listed_at_once) {
  const std::string text = fault("a,b,label\n1,2,x\n1,,x\n?,NA,x\n1,two,y\n1,+-5,y\n1,1e999,y\n1,2\n1,2,\n1,2,y\n");
  EXPECT_THAT(text,
              AllOf(HasSubstr("4 faults"),
                    HasSubstr("missing cells: 4 (t.csv line 3, \"b\", t.csv line 4, \"a\", t.csv line 4, \"b\", "),
                    HasSubstr("no numbers: 2 (t.csv line 5, \"b\": \"two\", t.csv line 6, \"b\": \"+-5\")"),
                    HasSubstr("infinite or too large: 1 (t.csv line 7, \"b\": \"1e999\")"),
                    HasSubstr("rows of another length than the first: 1 (t.csv line 8: 2 cells)")));
  EXPECT_THAT(fault(",a,a,label\n1,2,3,x\n"), AllOf(HasSubstr("without a name"), HasSubstr("two columns \"a\"")));
  std::string wide = "c";
  for (int i = 1; i < 1'000'000; ++i) wide += ",c" + std::to_string(i);
  EXPECT_THAT(fault(wide + "\n"), HasSubstr("has 1000000 columns, but 2 to 10001"));
  EXPECT_THAT(fault("a,label\n1,x\n2,y\n3,y\n4,y\n"), HasSubstr("classes of fewer than 3 examples"));
  EXPECT_THAT(fault(""), HasSubstr("holds no rows"));
}

}  // namespace
}  // namespace gtn
